using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static ModelZoo.Models.Resnet.Convolutions;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Preact;

/// <summary>
/// Pre-activation residual networks: normalization and rectifier come before each convolution, so that nothing but additions lies between the stages'
/// shortcuts. A last normalization and rectifier follow the last block.
/// </summary>
/// <remarks>
/// K. He, X. Zhang, S. Ren, J. Sun, "Identity mappings in deep residual networks", ECCV 2016. Appendix: the first block's activation comes before the paths
/// part, so it stands in the stem here (bn1), and serves the shortcut too. Where channels change, the shortcut takes the activated tensor as well, and is a
/// bare 1×1 convolution; resnet110 of the CIFAR networks keeps the padded shortcuts without parameters (option A).
/// </remarks>
/// <param name="Name">The name in the catalog.</param>
/// <param name="Summary">One line for people.</param>
/// <param name="Cifar">3×3 stem and widths 16, 32, 64, instead of a 7×7 stem with pooling and 64, 128, 256, 512.</param>
/// <param name="Bottleneck">1×1, 3×3, 1×1 with four times the channels at the end, instead of two 3×3.</param>
/// <param name="Blocks">Blocks of each stage.</param>
/// <param name="PaddedShortcuts">Whether channels grow by zeros instead of a projection.</param>
public sealed record PreActResNetVariant(string Name, string Summary, bool Cifar, bool Bottleneck, IReadOnlyList<int> Blocks, bool PaddedShortcuts = false)
{
    /// <summary>Two of the paper's for CIFAR, the twin of ResNet-20, and the same idea at ImageNet's depths.</summary>
    public static IReadOnlyList<PreActResNetVariant> All { get; } =
    [
        new("preact_resnet20", "Pre-activation ResNet-20 for CIFAR: basic blocks", Cifar: true, Bottleneck: false, [3, 3, 3], PaddedShortcuts: true),
        new("preact_resnet110", "Pre-activation ResNet-110 for CIFAR: basic blocks", Cifar: true, Bottleneck: false, [18, 18, 18], PaddedShortcuts: true),
        new("preact_resnet164", "Pre-activation ResNet-164 for CIFAR: bottlenecks", Cifar: true, Bottleneck: true, [18, 18, 18]),
        new("preact_resnet18", "Pre-activation ResNet-18: basic blocks", Cifar: false, Bottleneck: false, [2, 2, 2, 2]),
        new("preact_resnet50", "Pre-activation ResNet-50: bottlenecks", Cifar: false, Bottleneck: true, [3, 4, 6, 3]),
        new("preact_resnet101", "Pre-activation ResNet-101: bottlenecks", Cifar: false, Bottleneck: true, [3, 4, 23, 3]),
    ];

    /// <summary>Output channels of a block per channel of its stage's width.</summary>
    public int Expansion => Bottleneck ? 4 : 1;

    /// <summary>Channels of the stem and of the first stage.</summary>
    public int Width => Cifar ? 16 : 64;
}

/// <summary>
/// y = shortcut(a) + F(a), a = relu(norm(x)); y = x + F(a) where the shape stays; F = 3×3, 3×3 or 1×1, 3×3, 1×1, a normalization and a rectifier before each
/// convolution. [N,in,H,W] → [N,planes·expansion,⌈H/stride⌉,⌈W/stride⌉].
/// </summary>
internal sealed class PreActBlock : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor>? bn1;
    private readonly ReLU? relu1;
    private readonly Conv2d conv1;
    private readonly Module<Tensor, Tensor> bn2;
    private readonly ReLU relu2 = ReLU(inplace: true);
    private readonly Dropout? dropout;
    private readonly Conv2d conv2;
    private readonly Module<Tensor, Tensor>? bn3;
    private readonly ReLU? relu3;
    private readonly Conv2d? conv3;
    private readonly Module<Tensor, Tensor>? downsample;
    private readonly Add add = new();

    /// <summary>The first block's input has gone through a normalization and a rectifier already: it is activated.</summary>
    internal PreActBlock(int inputs, int planes, int stride, bool activated, PreActResNetVariant variant, Normalization norm)
        : this(inputs, planes, stride, variant.Bottleneck, activated, variant.PaddedShortcuts, dropped: 0, norm)
    {
    }

    /// <summary>The same with dropout before the last convolution of two (wide networks: Zagoruyko, Komodakis, BMVC 2016, section 2.4).</summary>
    internal PreActBlock(int inputs, int planes, int stride, bool bottleneck, bool activated, bool padded, double dropped, Normalization norm)
        : base(nameof(PreActBlock))
    {
        int outputs = bottleneck ? 4 * planes : planes;
        if (!activated)
        {
            bn1 = norm.Create(inputs);
            relu1 = ReLU(inplace: true);
        }

        conv1 = bottleneck ? Conv1x1(inputs, planes) : Conv3x3(inputs, planes, stride);
        bn2 = norm.Create(planes);
        dropout = dropped > 0 ? Dropout(dropped) : null;
        conv2 = Conv3x3(planes, planes, bottleneck ? stride : 1);
        if (bottleneck)
        {
            bn3 = norm.Create(planes);
            relu3 = ReLU(inplace: true);
            conv3 = Conv1x1(planes, outputs);
        }

        downsample = inputs == outputs && stride == 1 ? null
            : padded ? new PaddedShortcut(inputs, outputs, stride)
            : Conv1x1(inputs, outputs, stride);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor a = bn1 is null ? input : relu1!.call(bn1.call(input));
        Tensor x = relu2.call(bn2.call(conv1.call(a)));
        x = conv2.call(dropout?.call(x) ?? x);
        if (conv3 is not null)
        {
            x = conv3.call(relu3!.call(bn3!.call(x)));
        }

        return add.call(x, downsample is null ? input : downsample.call(a)).MoveToOuterDisposeScope();
    }
}

/// <summary>A pre-activation residual network; see <see cref="PreActResNetVariant"/> for the paper.</summary>
public sealed class PreActResNet : ZooModel
{
    private readonly Conv2d conv1;
    private readonly Module<Tensor, Tensor> bn1;
    private readonly ReLU relu1 = ReLU(inplace: true);
    private readonly MaxPool2d? maxpool;
    private readonly Sequential layer1;
    private readonly Sequential layer2;
    private readonly Sequential layer3;
    private readonly Sequential? layer4;
    private readonly Module<Tensor, Tensor> bn2;
    private readonly ReLU relu2 = ReLU(inplace: true);
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Linear fc;

    /// <summary>Builds the network; any input size will do.</summary>
    /// <exception cref="ZooException">A stage's channels can't be divided into the groups that <see cref="ModelOptions.Norm"/> asks for.</exception>
    public PreActResNet(ModelOptions options, PreActResNetVariant variant) : base(variant?.Name ?? throw new ArgumentNullException(nameof(variant)))
    {
        ArgumentNullException.ThrowIfNull(options);
        var norm = Normalization.Parse(options.Norm);
        conv1 = variant.Cifar ? Conv3x3(options.InChannels, variant.Width) : Conv7x7(options.InChannels, variant.Width);
        bn1 = norm.Create(variant.Width);
        maxpool = variant.Cifar ? null : MaxPool2d(3, stride: 2, padding: 1);
        int channels = variant.Width;
        layer1 = Stage(0);
        layer2 = Stage(1);
        layer3 = Stage(2);
        layer4 = variant.Cifar ? null : Stage(3);
        bn2 = norm.Create(channels);
        fc = Linear(channels, options.NumClasses);
        RegisterComponents();

        Sequential Stage(int stage) => Sequential(Enumerable.Range(0, variant.Blocks[stage]).Select(block => Block(stage, block)).ToArray());

        Module<Tensor, Tensor> Block(int stage, int block)
        {
            int planes = variant.Width << stage;
            (int inputs, channels) = (channels, planes * variant.Expansion);
            return new PreActBlock(inputs, planes, stage > 0 && block == 0 ? 2 : 1, activated: stage == 0 && block == 0, variant, norm);
        }
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = relu1.call(bn1.call(conv1.call(input))); // [N,16,32,32]; ImageNet: [N,64,112,112]
        x = maxpool is null ? x : maxpool.call(x);
        x = layer3.call(layer2.call(layer1.call(x)));       // [N,64·e,8,8], e the expansion; ImageNet: [N,256·e,14,14]
        x = layer4 is null ? x : layer4.call(x);            // ImageNet: [N,512·e,7,7]
        return fc.call(flatten.call(avgpool.call(relu2.call(bn2.call(x))))).MoveToOuterDisposeScope();
    }

    // timm's resnetv2.
    private static KeyScheme Timm(PreActResNetVariant variant) => KeyScheme.Of("timm",
    [
        ("stem.conv", "conv1"),
        .. variant.Blocks.SelectMany((count, stage) => Enumerable.Range(0, count).SelectMany<int, (string, string)>(block =>
        [
            .. new[] { 1, 2, 3 }.SelectMany(i => new[]
            {
                ($"stages.{stage}.blocks.{block}.norm{i}", stage + block + i == 1 ? "bn1" : $"layer{stage + 1}.{block}.bn{i}"),
                ($"stages.{stage}.blocks.{block}.conv{i}", $"layer{stage + 1}.{block}.conv{i}"),
            }),
            ($"stages.{stage}.blocks.{block}.downsample.conv", $"layer{stage + 1}.{block}.downsample"),
        ])),
        ("norm", "bn2"),
        ("head.fc", "fc"),
    ]) with
    {
        Difference = "normalizes after the first pool, not before it",
    };

    internal static IReadOnlyList<ModelInfo> Infos { get; } = [.. PreActResNetVariant.All.Select(variant => new ModelInfo
    {
        Name = variant.Name,
        Family = "preact",
        Summary = variant.Summary,
        Source = "He, Zhang, Ren, Sun: Identity mappings in deep residual networks, ECCV 2016",
        Input = variant.Cifar ? (3, 32, 32) : (3, 224, 224),
        KeySchemes = variant.Cifar || !variant.Bottleneck ? [] : [Timm(variant)],
        Classes = variant.Cifar ? 10 : 1000,
        Preprocessing = variant.Cifar ? Preprocessing.Cifar10() : Preprocessing.ImageNet(),
        Head = nameof(fc),
        Stem = nameof(conv1),
        Stages = variant.Cifar ? [nameof(layer1), nameof(layer2), nameof(layer3)] : [nameof(layer1), nameof(layer2), nameof(layer3), nameof(layer4)],
        Build = options => new PreActResNet(options, variant),
    })];
}
