using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static ModelZoo.Models.Resnet.Convolutions;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Resnet;

/// <summary>
/// The residual networks for ImageNet: a 7×7 stem, four stages of blocks that add their input to what they compute, a global average, one linear layer.
/// Keys equal torchvision's.
/// </summary>
/// <remarks>
/// K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", CVPR 2016, table 1 (v1: a bottleneck's stride is in its first 1×1; v1.5,
/// torchvision's, has it in the 3×3, where no activation is passed over). S. Zagoruyko, N. Komodakis, "Wide residual networks", BMVC 2016, table 9: the
/// bottleneck's inner width doubled. S. Xie, R. Girshick, P. Dollár, Z. Tu, K. He, "Aggregated residual transformations for deep neural networks", CVPR 2017,
/// table 1: 32 paths, as a grouped 3×3; section 5.3: for CIFAR a 3×3 stem and three stages of three bottlenecks. J. Hu, L. Shen, G. Sun,
/// "Squeeze-and-excitation networks", CVPR 2018, table 1: gates, on v1; not SE-ResNet-18.
/// </remarks>
/// <param name="Name">The name in the catalog.</param>
/// <param name="Summary">One line for people.</param>
/// <param name="Bottleneck">1×1, 3×3, 1×1 with four times the channels at the end, instead of two 3×3.</param>
/// <param name="Blocks">Blocks of each stage.</param>
/// <param name="Groups">Groups of the bottleneck's 3×3.</param>
/// <param name="GroupWidth">Channels of each of them in the first stage.</param>
/// <param name="StrideFirst">Whether the stride is in the bottleneck's first 1×1 (v1).</param>
/// <param name="Reduction">r of squeeze and excitation: channels per unit of the gate's inner layer; 0: no gates.</param>
/// <param name="Cntk">Whether it is the network that Microsoft trained with CNTK (<see cref="CntkWeights"/>): it begins with a mean image.</param>
/// <param name="CifarWidth">Channels of a 3×3 stem without pooling, for CIFAR; 0: the 7×7 stem of 64.</param>
public sealed record ResNetVariant(string Name, string Summary, bool Bottleneck, IReadOnlyList<int> Blocks, int Groups = 1, int GroupWidth = 64,
    bool StrideFirst = false, int Reduction = 0, bool Cntk = false, int CifarWidth = 0)
{
    /// <summary>The published variants.</summary>
    public static IReadOnlyList<ResNetVariant> All { get; } =
    [
        new("resnet18", "ResNet-18: basic blocks", Bottleneck: false, [2, 2, 2, 2]),
        new("resnet18_cntk", "ResNet-18 as Microsoft trained it with CNTK: a ninth block, a mean image", Bottleneck: false, [2, 2, 2, 3], Cntk: true),
        new("resnet34", "ResNet-34: basic blocks", Bottleneck: false, [3, 4, 6, 3]),
        new("resnet50_v1", "ResNet-50 as published: stride in the first 1×1", Bottleneck: true, [3, 4, 6, 3], StrideFirst: true),
        new("resnet101_v1", "ResNet-101 as published: stride in the first 1×1", Bottleneck: true, [3, 4, 23, 3], StrideFirst: true),
        new("resnet152_v1", "ResNet-152 as published: stride in the first 1×1", Bottleneck: true, [3, 8, 36, 3], StrideFirst: true),
        new("resnet50", "ResNet-50 v1.5: stride in the 3×3, as torchvision's", Bottleneck: true, [3, 4, 6, 3]),
        new("resnet101", "ResNet-101 v1.5: stride in the 3×3, as torchvision's", Bottleneck: true, [3, 4, 23, 3]),
        new("resnet152", "ResNet-152 v1.5: stride in the 3×3, as torchvision's", Bottleneck: true, [3, 8, 36, 3]),
        new("wide_resnet50_2", "ResNet-50 with bottlenecks twice as wide inside", Bottleneck: true, [3, 4, 6, 3], GroupWidth: 128),
        new("wide_resnet101_2", "ResNet-101 with bottlenecks twice as wide inside", Bottleneck: true, [3, 4, 23, 3], GroupWidth: 128),
        new("resnext50_32x4d", "ResNeXt-50: 32 paths of 4 channels", Bottleneck: true, [3, 4, 6, 3], Groups: 32, GroupWidth: 4),
        new("resnext101_32x8d", "ResNeXt-101: 32 paths of 8 channels", Bottleneck: true, [3, 4, 23, 3], Groups: 32, GroupWidth: 8),
        // The paper's is 64 wide and has 8 paths of 64 channels: 34.4 M parameters.
        new("resnext29_8x4d", "ResNeXt-29 for CIFAR, a quarter as wide: 8 paths of 4 channels", Bottleneck: true, [3, 3, 3], Groups: 8, GroupWidth: 16,
            CifarWidth: 16),
        new("se_resnet18", "ResNet-18 with squeeze and excitation", Bottleneck: false, [2, 2, 2, 2], StrideFirst: true, Reduction: 16),
        new("se_resnet50", "ResNet-50 with squeeze and excitation", Bottleneck: true, [3, 4, 6, 3], StrideFirst: true, Reduction: 16),
        new("se_resnet101", "ResNet-101 with squeeze and excitation", Bottleneck: true, [3, 4, 23, 3], StrideFirst: true, Reduction: 16),
        new("se_resnet152", "ResNet-152 with squeeze and excitation", Bottleneck: true, [3, 8, 36, 3], StrideFirst: true, Reduction: 16),
    ];

    /// <summary>Output channels of a block per channel of its stage's 64, 128, 256, 512.</summary>
    public int Expansion => Bottleneck ? 4 : 1;

    /// <summary>Whether it is for CIFAR: a 3×3 stem, and as many stages as it has blocks for.</summary>
    public bool Cifar => CifarWidth > 0;

    /// <summary>Where it was published.</summary>
    public string Source => (Groups, GroupWidth, Reduction) switch
    {
        _ when Cntk => CntkWeights.Source,
        (_, _, > 0) => "Hu, Shen, Sun: Squeeze-and-excitation networks, CVPR 2018, table 1",
        (1, 64, _) => "He, Zhang, Ren, Sun: Deep residual learning for image recognition, CVPR 2016, table 1",
        (1, _, _) => "Zagoruyko, Komodakis: Wide residual networks, BMVC 2016, section 3.4",
        _ => "Xie, Girshick, Dollár, Tu, He: Aggregated residual transformations for deep neural networks, CVPR 2017, "
            + (Cifar ? "section 5.3" : "table 1"),
    };
}

/// <summary>y = relu(se(F(x)) + shortcut(x)), F = 1×1, 3×3, 1×1; [N,in,H,W] → [N,4·planes,⌈H/stride⌉,⌈W/stride⌉].</summary>
internal sealed class Bottleneck : Module<Tensor, Tensor>
{
    private readonly Conv2d conv1;
    private readonly Module<Tensor, Tensor> bn1;
    private readonly ReLU relu1 = ReLU(inplace: true);
    private readonly Conv2d conv2;
    private readonly Module<Tensor, Tensor> bn2;
    private readonly ReLU relu2 = ReLU(inplace: true);
    private readonly Conv2d conv3;
    private readonly Module<Tensor, Tensor> bn3;
    private readonly SqueezeExcitation? se;
    private readonly Sequential? downsample;
    private readonly Add add = new();
    private readonly ReLU relu3 = ReLU(inplace: true);

    internal Bottleneck(int inputs, int planes, int stride, ResNetVariant variant, Normalization norm) : base(nameof(Bottleneck))
    {
        int width = planes * variant.GroupWidth / 64 * variant.Groups, outputs = planes * variant.Expansion;
        downsample = Projection(inputs, outputs, stride, norm);
        conv1 = Conv1x1(inputs, width, variant.StrideFirst ? stride : 1);
        bn1 = norm.Create(width);
        conv2 = Conv3x3(width, width, variant.StrideFirst ? 1 : stride, variant.Groups);
        bn2 = norm.Create(width);
        conv3 = Conv1x1(width, outputs);
        bn3 = norm.Create(outputs);
        se = SqueezeExcitation.Create(outputs, variant.Reduction);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = relu1.call(bn1.call(conv1.call(input)));
        x = relu2.call(bn2.call(conv2.call(x)));
        x = bn3.call(conv3.call(x));
        return relu3.call(add.call(se?.call(x) ?? x, downsample?.call(input) ?? input)).MoveToOuterDisposeScope();
    }
}

/// <summary>A residual network for images of ImageNet's size; see <see cref="ResNetVariant"/> for the papers.</summary>
public sealed class ResNet : ZooModel
{
    private readonly MeanImage? mean;
    private readonly Conv2d conv1;
    private readonly Module<Tensor, Tensor> bn1;
    private readonly ReLU relu = ReLU(inplace: true);
    private readonly MaxPool2d? maxpool;
    private readonly Sequential layer1;
    private readonly Sequential layer2;
    private readonly Sequential layer3;
    private readonly Sequential? layer4;
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Linear fc;

    /// <summary>Builds the network.</summary>
    /// <param name="options">Any input size will do.</param>
    /// <param name="variant">Which.</param>
    /// <param name="zeroInitResidual">
    /// Whether each block's last normalization starts with scale 0, so that the block starts as its shortcut: Goyal et al., "Accurate, large minibatch SGD",
    /// 2017, section 5.1.
    /// </param>
    /// <exception cref="ZooException">A stage's channels can't be divided into the groups that <see cref="ModelOptions.Norm"/> asks for.</exception>
    public ResNet(ModelOptions options, ResNetVariant variant, bool zeroInitResidual = false)
        : base(variant?.Name ?? throw new ArgumentNullException(nameof(variant)))
    {
        ArgumentNullException.ThrowIfNull(options);
        var norm = Normalization.Parse(options.Norm);
        mean = variant.Cntk ? CntkWeights.CreateMean() : null;
        int width = variant.Cifar ? variant.CifarWidth : 64, channels = width;
        conv1 = variant.Cifar ? Conv3x3(options.InChannels, width) : Conv7x7(options.InChannels, width);
        bn1 = norm.Create(width);
        maxpool = variant.Cifar ? null : MaxPool2d(3, stride: 2, padding: 1);
        layer1 = Stage(width, variant.Blocks[0], 1);
        layer2 = Stage(2 * width, variant.Blocks[1], 2);
        layer3 = Stage(4 * width, variant.Blocks[2], 2);
        layer4 = variant.Cifar ? null : Stage(8 * width, variant.Blocks[3], 2);
        fc = Linear(channels, options.NumClasses);
        RegisterComponents();
        string last = variant.Bottleneck ? "bn3.weight" : "bn2.weight";
        foreach (var scale in named_parameters().Where(p => zeroInitResidual && p.name.EndsWith(last, StringComparison.Ordinal)))
            WeightInit.Constant(scale.parameter, 0);

        Sequential Stage(int planes, int blocks, int stride) =>
            Sequential(Enumerable.Range(0, blocks).Select(block => Block(planes, block == 0 ? stride : 1)).ToArray());

        Module<Tensor, Tensor> Block(int planes, int stride)
        {
            (int inputs, channels) = (channels, planes * variant.Expansion);
            return variant.Bottleneck ? new Bottleneck(inputs, planes, stride, variant, norm) : BasicBlock.Of(inputs, planes, stride, variant, norm);
        }
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = mean?.call(input) ?? input;
        x = relu.call(bn1.call(conv1.call(x)));
        x = maxpool is null ? x : maxpool.call(x);            // [N,64,56,56]; CIFAR: [N,16,32,32]
        x = layer3.call(layer2.call(layer1.call(x)));         // [N,256·e,14,14], e the expansion; CIFAR: [N,64·e,8,8]
        x = layer4 is null ? x : layer4.call(x);              // [N,512·e,7,7]
        return fc.call(flatten.call(avgpool.call(x))).MoveToOuterDisposeScope();
    }

    internal static IReadOnlyList<ModelInfo> Infos { get; } = [.. ResNetVariant.All.Select(variant => new ModelInfo
    {
        Name = variant.Name,
        Family = "resnet",
        Summary = variant.Summary,
        Source = variant.Source,
        Input = variant.Cifar ? (3, 32, 32) : (3, 224, 224),
        Torchvision = variant.StrideFirst || variant.Cntk || variant.Cifar ? null : variant.Name,
        Published = variant.Cntk ? [CntkWeights.ImageNet] : TorchvisionWeights.Of(variant.Name),
        KeySchemes = ResNetKeys.Of(variant),
        Classes = variant.Cifar ? 10 : 1000,
        Preprocessing = variant.Cntk ? CntkWeights.Preprocessing : variant.Cifar ? Preprocessing.Cifar10() : Preprocessing.ImageNet(),
        Head = nameof(fc),
        Stem = nameof(conv1),
        Stages = variant.Cifar ? [nameof(layer1), nameof(layer2), nameof(layer3)] : [nameof(layer1), nameof(layer2), nameof(layer3), nameof(layer4)],
        Build = options => new ResNet(options, variant),
    })];
}
