using ModelZoo.Layers;
using TorchSharp.Modules;
using static ModelZoo.Models.Resnet.Convolutions;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Senet;

/// <summary>ResNets whose blocks weigh their channels before the addition: global average (squeeze), two small layers and a logistic gate per channel (excitation).</summary>
/// <remarks>
/// J. Hu, L. Shen, G. Sun, "Squeeze-and-excitation networks", CVPR 2018, sections 3 and 4, table 1. The ResNet beneath is the published one (v1: a bottleneck's stride is in
/// its first 1×1). SE-ResNet-18 is not in the paper's table; its blocks are gated alike.
/// </remarks>
/// <param name="Name">The name in the catalogue.</param>
/// <param name="Summary">One line for people.</param>
/// <param name="Bottleneck">1×1, 3×3, 1×1 with four times the channels at the end, instead of two 3×3.</param>
/// <param name="Blocks">Blocks of each stage.</param>
/// <param name="Reduction">r: channels per unit of the gate's inner layer.</param>
public sealed record SeResNetVariant(string Name, string Summary, bool Bottleneck, IReadOnlyList<int> Blocks, int Reduction = 16)
{
    /// <summary>The variants of the catalogue.</summary>
    public static IReadOnlyList<SeResNetVariant> All { get; } =
    [
        new("se_resnet18", "ResNet-18 with squeeze and excitation", Bottleneck: false, [2, 2, 2, 2], Reduction: 16),
        new("se_resnet50", "ResNet-50 with squeeze and excitation", Bottleneck: true, [3, 4, 6, 3], Reduction: 16),
        new("se_resnet101", "ResNet-101 with squeeze and excitation", Bottleneck: true, [3, 4, 23, 3], Reduction: 16),
        new("se_resnet152", "ResNet-152 with squeeze and excitation", Bottleneck: true, [3, 8, 36, 3], Reduction: 16),
    ];

    /// <summary>Output channels of a block per channel of its stage's 64, 128, 256, 512.</summary>
    public int Expansion => Bottleneck ? 4 : 1;
}

/// <summary>y = x · σ(W₂·relu(W₁·mean(x) + b₁) + b₂), the gates [N,C,1,1]; the fully connected layers are 1×1 convolutions of the one pixel. [N,C,H,W] → [N,C,H,W].</summary>
internal sealed class SqueezeExcitation : Module<Tensor, Tensor>
{
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Conv2d fc1;
    private readonly ReLU relu = ReLU(inplace: true);
    private readonly Conv2d fc2;
    private readonly Sigmoid sigmoid = Sigmoid();
    private readonly Multiply multiply = new();

    internal SqueezeExcitation(int channels, int reduction) : base(nameof(SqueezeExcitation))
    {
        fc1 = Conv2d(channels, channels / reduction, 1);
        fc2 = Conv2d(channels / reduction, channels, 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor inner = relu.call(fc1.call(avgpool.call(input))); // [N,C/r,1,1]
        Tensor gates = sigmoid.call(fc2.call(inner));            // [N,C,1,1]
        return multiply.call(input, gates).MoveToOuterDisposeScope();
    }
}

/// <summary>y = relu(se(F(x)) + shortcut(x)), F as in ResNet; [N,in,H,W] → [N,planes·expansion,⌈H/stride⌉,⌈W/stride⌉].</summary>
internal sealed class SeBlock : Module<Tensor, Tensor>
{
    private readonly Conv2d conv1;
    private readonly Module<Tensor, Tensor> bn1;
    private readonly ReLU relu1 = ReLU(inplace: true);
    private readonly Conv2d conv2;
    private readonly Module<Tensor, Tensor> bn2;
    private readonly ReLU? relu2;
    private readonly Conv2d? conv3;
    private readonly Module<Tensor, Tensor>? bn3;
    private readonly SqueezeExcitation se;
    private readonly Sequential? downsample;
    private readonly Add add = new();
    private readonly ReLU relu = ReLU(inplace: true);

    internal SeBlock(int inputs, int planes, int stride, SeResNetVariant variant, Normalization norm) : base(nameof(SeBlock))
    {
        int outputs = planes * variant.Expansion;
        conv1 = variant.Bottleneck ? Conv1x1(inputs, planes, stride) : Conv3x3(inputs, planes, stride);
        bn1 = norm.Create(planes);
        conv2 = Conv3x3(planes, planes);
        bn2 = norm.Create(planes);
        if (variant.Bottleneck)
        {
            relu2 = ReLU(inplace: true);
            conv3 = Conv1x1(planes, outputs);
            bn3 = norm.Create(outputs);
        }

        se = new SqueezeExcitation(outputs, variant.Reduction);
        downsample = stride == 1 && inputs == outputs ? null : Sequential(Conv1x1(inputs, outputs, stride), norm.Create(outputs));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = relu1.call(bn1.call(conv1.call(input)));
        x = bn2.call(conv2.call(x));
        if (conv3 is not null)
        {
            x = bn3!.call(conv3.call(relu2!.call(x)));
        }

        return relu.call(add.call(se.call(x), downsample is null ? input : downsample.call(input))).MoveToOuterDisposeScope();
    }
}

/// <summary>A squeeze-and-excitation ResNet; see <see cref="SeResNetVariant"/> for the paper.</summary>
public sealed class SeResNet : ZooModel
{
    private readonly Conv2d conv1;
    private readonly Module<Tensor, Tensor> bn1;
    private readonly ReLU relu = ReLU(inplace: true);
    private readonly MaxPool2d maxpool = MaxPool2d(3, stride: 2, padding: 1);
    private readonly Sequential layer1;
    private readonly Sequential layer2;
    private readonly Sequential layer3;
    private readonly Sequential layer4;
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Linear fc;

    /// <summary>Builds the network; any input size will do.</summary>
    /// <exception cref="ZooException">A stage's channels can't be divided into the groups that <see cref="ModelOptions.Norm"/> asks for.</exception>
    public SeResNet(ModelOptions options, SeResNetVariant variant) : base(variant?.Name ?? throw new ArgumentNullException(nameof(variant)))
    {
        ArgumentNullException.ThrowIfNull(options);
        var norm = Normalization.Parse(options.Norm);
        conv1 = Conv7x7(options.InChannels, 64);
        bn1 = norm.Create(64);
        int channels = 64;
        layer1 = Stage(64, variant.Blocks[0], 1);
        layer2 = Stage(128, variant.Blocks[1], 2);
        layer3 = Stage(256, variant.Blocks[2], 2);
        layer4 = Stage(512, variant.Blocks[3], 2);
        fc = Linear(channels, options.NumClasses);
        RegisterComponents();

        Sequential Stage(int planes, int blocks, int stride) => Sequential(Enumerable.Range(0, blocks).Select(block => Block(planes, block == 0 ? stride : 1)).ToArray());

        Module<Tensor, Tensor> Block(int planes, int stride)
        {
            (int inputs, channels) = (channels, planes * variant.Expansion);
            return new SeBlock(inputs, planes, stride, variant, norm);
        }
    }

    internal static IReadOnlyList<ModelInfo> Infos { get; } = [.. SeResNetVariant.All.Select(variant => new ModelInfo
    {
        Name = variant.Name,
        Family = "senet",
        Summary = variant.Summary,
        Source = "Hu, Shen, Sun: Squeeze-and-excitation networks, CVPR 2018, table 1",
        Input = (3, 224, 224),
        Classes = 1000,
        Preprocessing = Preprocessing.ImageNet(),
        Build = options => new SeResNet(options, variant),
    })];

    /// <inheritdoc/>
    public override string Head => nameof(fc);

    /// <inheritdoc/>
    public override string Stem => nameof(conv1);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } = [nameof(layer1), nameof(layer2), nameof(layer3), nameof(layer4)];

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = maxpool.call(relu.call(bn1.call(conv1.call(input)))); // [N,64,56,56]
        x = layer2.call(layer1.call(x));                                 // [N,128·e,28,28], e the expansion
        x = layer4.call(layer3.call(x));                                 // [N,512·e,7,7]
        return fc.call(flatten.call(avgpool.call(x))).MoveToOuterDisposeScope();
    }
}
