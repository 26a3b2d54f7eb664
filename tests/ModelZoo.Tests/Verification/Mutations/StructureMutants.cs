using ModelZoo.Layers;
using ModelZoo.Models;
using ModelZoo.Registry;
using TorchSharp;
using TorchSharp.Modules;
using static ModelZoo.Tests.Verification.Mutations.Plant;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Verification.Mutations;

/// <summary>Networks that are not what they should be although every layer computes what it says: settings, layers and numbers of blocks.</summary>
internal static class StructureMutants
{
    public static IEnumerable<Mutant> All => [
        // Stride, padding, dilation, groups.
        new("stride", "resnet18", "the stage's stride left out", m =>
            In<Conv2d>(m, "layer2.0.conv1").stride = [1, 1], "layer2.0.conv1", "stride 1 instead of 2"),
        new("stride", "resnet50", "stride in the first 1×1, as in v1", m =>
            (In<Conv2d>(m, "layer2.0.conv1").stride, In<Conv2d>(m, "layer2.0.conv2").stride) = ([2, 2], [1, 1]), "layer2.0.conv1", "stride 2 instead of 1"),
        new("stride", "lenet5", "overlapping windows", m => In<MaxPool2d>(m, "pool2").stride = [1, 1], "pool2", "stride 1 instead of 2"),
        new("stride", "mobilenet_v1", "the last depthwise layer as table 1 prints it", m =>
            In<Conv2d>(m, "features.13.depthwise").stride = [2, 2], "features.13.depthwise", "stride 2 instead of 1"),
        new("stride", "wrn_16_8", "a projection's stride", m =>
            In<Conv2d>(m, "layer3.0.downsample").stride = [1, 1], "layer3.0.downsample", "stride 1 instead of 2"),
        new("padding", "vgg11", "no padding", m => In<Conv2d>(m, "features.3").SetPadding([0, 0]), "features.3", "padding 0 instead of 1"),
        new("padding", "zfnet", "padding at the second convolution", m => In<Conv2d>(m, "conv2").SetPadding([1, 1]), "conv2", "padding 1 instead of 0"),
        new("padding", "densenet121", "no padding", m =>
            In<Conv2d>(m, "features.denseblock2.denselayer3.conv2").SetPadding([0, 0]), "features.denseblock2.denselayer3.conv2", "padding 0 instead of 1"),
        new("padding", "encdec_nearest", "mirrored borders", m =>
            In<Conv2d>(m, "dec1").padding_mode = PaddingModes.Reflect, "dec1", "padding_mode reflect instead of zeros"),
        new("padding", "nasnet_mobile", "the shifted half is not shifted", m =>
            In<ZeroPad2d>(m, "cell_stem_1.path_2.pad").padding = [0, 0, 0, 0], "cell_stem_1.path_2.pad", "sides 0.0.0.0 instead of") { AsBuiltFor = 224 },
        new("dilation", "conv_dilated", "no gaps", m => In<Conv2d>(m, "block1.0").dilation = [1, 1], "block1.0", "dilation 1 instead of 2"),
        new("dilation", "resnet34", "gaps where there should be none", m =>
            Dilate(In<Conv2d>(m, "layer4.2.conv2")), "layer4.2.conv2", "dilation 2 instead of 1"),
        new("groups", "resnext50_32x4d", "one path", m =>
            Replace(m, "layer1.0.conv2", _ => nn.Conv2d(128, 128, 3, padding: 1, bias: false)), "layer1.0.conv2", "groups 1 instead of 32"),
        new("groups", "alexnet_original", "one GPU", m => Replace(m, "conv2", _ => nn.Conv2d(96, 256, 5, padding: 2)), "conv2", "groups 1 instead of 2"),
        new("groups", "conv_depthwise_separable", "filters see all channels", m =>
            Replace(m, "block2.0", _ => nn.Conv2d(16, 16, 3, padding: 1, bias: false)), "block2.0", "groups 1 instead of 16"),

        // ceil_mode and the borders of pools.
        new("ceil_mode", "googlenet", "rounds down", m => In<MaxPool2d>(m, "maxpool3").ceil_mode = false, "maxpool3", "ceil_mode false instead of true"),
        new("ceil_mode", "zfnet", "rounds down", m => In<MaxPool2d>(m, "pool1").ceil_mode = false, "pool1", "ceil_mode false instead of true"),
        new("ceil_mode", "nasnet_mobile", "the padding counts", m => In<AvgPool2d>(m, "cell_stem_0.comb_iter_2_left").count_include_pad = true,
            "cell_stem_0.comb_iter_2_left", "count_include_pad true instead of false") { AsBuiltFor = 224 },

        // eps and momentum.
        new("eps", "googlenet", "PyTorch's", m =>
            In<BatchNorm2d>(m, "inception4c.branch2.1.bn").eps = 1e-5, "inception4c.branch2.1.bn", "eps 1e-05 instead of 0.001"),
        new("eps", "nasnet_mobile", "PyTorch's", m =>
            In<BatchNorm2d>(m, "cell_stem_0.conv_1x1.bn").eps = 1e-5, "cell_stem_0.conv_1x1.bn", "eps 1e-05 instead of 0.001") { AsBuiltFor = 224 },
        new("eps", "efficientnet_b0", "TensorFlow's", m => In<BatchNorm2d>(m, "features.8.1").eps = 1e-3, "features.8.1", "eps 0.001 instead of 1e-05"),
        new("momentum", "resnet18", "TensorFlow's, turned round", m =>
            In<BatchNorm2d>(m, "layer4.1.bn2").momentum = 0.9, "layer4.1.bn2", "momentum 0.9 instead of 0.1"),
        new("momentum", "preact_resnet18", "half", m => In<BatchNorm2d>(m, "layer3.1.bn2").momentum = 0.05, "layer3.1.bn2", "momentum 0.05 instead of 0.1"),

        // Response normalization, dropout, activations, channel weights.
        new("response norm", "alexnet_original", "the paper's alpha as PyTorch's", m =>
            In<LocalResponseNorm>(m, "norm1").alpha = 1e-4, "norm1", "alpha 0.0001 instead of 0.0005"),
        new("response norm", "googlenet_paper", "AlexNet's k", m => In<LocalResponseNorm>(m, "norm2").k = 2, "norm2", "k 2 instead of 1"),
        new("dropout", "googlenet", "the paper's 40 %", m => In<Dropout>(m, "dropout").p = 0.4, "dropout", "p 0.4 instead of 0.2"),
        new("dropout", "googlenet", "an auxiliary head's", m => In<Dropout>(m, "aux1.dropout").p = 0.5, "aux1.dropout", "p 0.5 instead of 0.7"),
        new("dropout", "efficientnet_b0", "stochastic depth the same everywhere", m =>
            Replace(m, "features.3.1.stochastic_depth", _ => new StochasticDepth(0.2)), "features.3.1.stochastic_depth", "probability 0.2 instead of 0.05"),
        new("activation", "efficientnet_b0", "rectifiers", m => Replace(m, "features.0.2", _ => nn.ReLU()), "features.0.2", "a ReLU instead of a SiLU"),
        new("activation", "lenet5_classic", "plain tanh", m =>
            new Rewired(m, (w, x) => w.Chain(x, Lenet.Classic), ("squash3", nn.Tanh())), "squash3", "a Tanh instead of a ScaledTanh"),
        new("activation", "mobilenet_v1", "a rectifier that stops at 6", m =>
            Replace(m, "features.4.relu2", _ => nn.ReLU6()), "features.4.relu2", "a ReLU6 instead of a ReLU"),
        new("bias", "resnet18", "a bias beside the normalization", m =>
            Replace(m, "layer1.1.conv1", _ => nn.Conv2d(64, 64, 3, padding: 1)), "layer1.1.conv1", "a bias too many"),
        new("kernel", "googlenet_bn", "3×3 where this one has 5×5",
            m => Replace(m, "inception3a.branch3.1.conv", _ => nn.Conv2d(16, 32, 3, padding: 1, bias: false)), "inception3a.branch3.1.conv",
            "kernel 3 instead of 5"),
        new("unpooling", "encdec_unpool", "beds of nails", m =>
            Catalog.Models.Find("encdec_nails").Create(), "pool1", "a MaxPool2d instead of a MaxPoolWithIndices"),
        new("unpooling", "encdec_transposed", "one row and column less", m =>
            In<ConvTranspose2d>(m, "dec2").output_padding = [0, 0], "dec2", "output_padding 0 instead of 1"),
        new("connection table", "lenet5_classic", "the fifteenth map sees other maps", m =>
            Replace(m, "c3", _ => new TableConvolution(6, Lenet.WrongTable, 5)), "c3", "table"),

        // Numbers of blocks.
        new("blocks", "resnet34", "a block left out", m => Remove(m, "layer3.5"), "layer3.5.conv1", "stage layer3 has 5 blocks instead of 6"),
        new("blocks", "resnet20", "the deeper variant", m =>
            Catalog.Models.Find("resnet32").Create(), "layer1.3.conv1", "stage layer1 has 5 blocks instead of 3"),
        new("blocks", "densenet121", "the deeper variant", m => Catalog.Models.Find("densenet169").Create(m.OptionsOf(10, 32)),
            "features.denseblock3.denselayer25.norm1", "stage features.denseblock3 has 32 blocks 'denselayer…' instead of 24"),
        new("blocks", "se_resnet18", "a block left out", m => Remove(m, "layer2.1"), "layer2.1.conv1", "stage layer2 has 1 block instead of 2"),
    ];

    private static ModelOptions OptionsOf(this ZooModel model, int classes, int size) =>
        Catalog.Models.Find(model.GetName()).Defaults with { NumClasses = classes, InputHeight = size, InputWidth = size };

    private static void Dilate(Conv2d layer)
    {
        layer.dilation = [2, 2];
        layer.SetPadding([2, 2]);
    }
}

/// <summary>The two LeNets, layer by layer.</summary>
internal static class Lenet
{
    public static string[] Modern { get; } = ["conv1", "relu1", "pool1", "conv2", "relu2", "pool2", "flatten", "fc1", "relu3", "fc2", "relu4", "fc3"];

    public static string[] Classic { get; } =
        ["c1", "squash1", "s2", "squash2", "c3", "squash3", "s4", "squash4", "c5", "squash5", "flatten", "f6", "squash6", "output", "negate"];

    public static IReadOnlyList<int[]> WrongTable { get; } = [.. TableConvolution.LeNet5.Select((maps, i) => i == 14 ? [0, 1, 3, 5] : maps)];
}
