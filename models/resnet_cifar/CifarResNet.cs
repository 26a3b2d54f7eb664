using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Models.Resnet;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static ModelZoo.Models.Resnet.Convolutions;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.ResnetCifar;

/// <summary>What a block's input meets on its way past the block.</summary>
public enum Shortcut
{
    /// <summary>No shortcut at all: a plain network.</summary>
    None,

    /// <summary>Option A: the identity; where a stage begins every second pixel, and zeros for the new channels.</summary>
    Padded,

    /// <summary>Option B: the identity; where a stage begins a 1×1 convolution and its normalization.</summary>
    Projected,
}

/// <summary>
/// The residual networks for CIFAR-10 and their plain twins, which differ in nothing but the shortcuts: 6n + 2 layers, 3×3 stem, 16, 32 and 64 channels.
/// </summary>
/// <remarks>
/// K. He, X. Zhang, S. Ren, J. Sun, "Deep residual learning for image recognition", CVPR 2016, section 4.2 and table 6. J. Hu, L. Shen, G. Sun,
/// "Squeeze-and-excitation networks", TPAMI 2019, table 4: gates in CIFAR's networks; theirs have 110 and 164 layers.
/// </remarks>
/// <param name="Name">The name in the catalog.</param>
/// <param name="Depth">Layers with weights: the stem, two per block, the classifier; gates do not count.</param>
/// <param name="Shortcut">Around each block.</param>
/// <param name="Reduction">r of squeeze and excitation; 0: no gates.</param>
public sealed record CifarResNetVariant(string Name, int Depth, Shortcut Shortcut, int Reduction = 0)
{
    /// <summary>The published variants, and option B at each depth.</summary>
    public static IReadOnlyList<CifarResNetVariant> All { get; } =
    [
        new("plain20", 20, Shortcut.None),
        new("plain32", 32, Shortcut.None),
        new("plain44", 44, Shortcut.None),
        new("plain56", 56, Shortcut.None),
        new("plain110", 110, Shortcut.None),
        new("resnet20", 20, Shortcut.Padded),
        new("resnet32", 32, Shortcut.Padded),
        new("resnet44", 44, Shortcut.Padded),
        new("resnet56", 56, Shortcut.Padded),
        new("resnet110", 110, Shortcut.Padded),
        new("resnet20_b", 20, Shortcut.Projected),
        new("resnet32_b", 32, Shortcut.Projected),
        new("resnet44_b", 44, Shortcut.Projected),
        new("resnet56_b", 56, Shortcut.Projected),
        new("resnet110_b", 110, Shortcut.Projected),
        new("se_resnet20", 20, Shortcut.Padded, Reduction: 16),
    ];

    /// <summary>Blocks of each of the three stages.</summary>
    public int Blocks => (Depth - 2) / 6;

    /// <summary>One line for people.</summary>
    public string Summary => Shortcut switch
    {
        _ when Reduction > 0 => $"ResNet-{Depth} for CIFAR with squeeze and excitation",
        Shortcut.None => $"The plain twin of ResNet-{Depth} for CIFAR: no shortcuts",
        Shortcut.Padded => $"ResNet-{Depth} for CIFAR: shortcuts without parameters (option A)",
        _ => $"ResNet-{Depth} for CIFAR: projected shortcuts (option B)",
    };
}

/// <summary>A residual or plain network for CIFAR-10; see <see cref="CifarResNetVariant"/> for the paper.</summary>
public sealed class CifarResNet : ZooModel
{
    private readonly Conv2d conv1;
    private readonly Module<Tensor, Tensor> bn1;
    private readonly ReLU relu = ReLU(inplace: true);
    private readonly Sequential layer1;
    private readonly Sequential layer2;
    private readonly Sequential layer3;
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Linear fc;

    /// <summary>Builds the network; any input size will do.</summary>
    /// <exception cref="ZooException">A stage's channels can't be divided into the groups that <see cref="ModelOptions.Norm"/> asks for.</exception>
    public CifarResNet(ModelOptions options, CifarResNetVariant variant) : base(variant?.Name ?? throw new ArgumentNullException(nameof(variant)))
    {
        ArgumentNullException.ThrowIfNull(options);
        var norm = Normalization.Parse(options.Norm);
        conv1 = Conv3x3(options.InChannels, 16);
        bn1 = norm.Create(16);
        layer1 = Stage(16, 16, 1);
        layer2 = Stage(16, 32, 2);
        layer3 = Stage(32, 64, 2);
        fc = Linear(64, options.NumClasses);
        RegisterComponents();

        Sequential Stage(int inputs, int planes, int stride) =>
            Sequential(Enumerable.Range(0, variant.Blocks).Select(block => block == 0 ? Block(inputs, planes, stride) : Block(planes, planes, 1)).ToArray());

        Module<Tensor, Tensor> Block(int inputs, int planes, int stride) =>
            new BasicBlock(inputs, planes, stride, norm, () => Resized(inputs, planes, stride), variant.Shortcut != Shortcut.None, variant.Reduction);

        Module<Tensor, Tensor>? Resized(int inputs, int planes, int stride) => inputs == planes ? null : variant.Shortcut switch
        {
            Shortcut.Padded => new PaddedShortcut(inputs, planes, stride),
            Shortcut.Projected => Projection(inputs, planes, stride, norm),
            _ => null,
        };
    }

    // In the order of their codes in the official files, which is that of their names.
    private static string[] Cifar10Labels => ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = relu.call(bn1.call(conv1.call(input)));    // [N,16,32,32]
        x = layer3.call(layer2.call(layer1.call(x)));         // [N,64,8,8]
        return fc.call(flatten.call(avgpool.call(x))).MoveToOuterDisposeScope();
    }

    // kuangliu's pytorch-cifar and its many descendants.
    private static KeyScheme Shortcuts(CifarResNetVariant variant) => KeyScheme.Of("pytorch-cifar",
    [
        .. new[] { 2, 3 }.SelectMany(stage => new[] { 0, 1 }.Select(i => ($"layer{stage}.0.shortcut.{i}", $"layer{stage}.0.downsample.{i}"))),
        ("linear", "fc"),
    ]);

    internal static IReadOnlyList<ModelInfo> Infos { get; } = [.. CifarResNetVariant.All.Select(variant => new ModelInfo
    {
        Name = variant.Name,
        Family = "resnet_cifar",
        Summary = variant.Summary,
        Source = "He, Zhang, Ren, Sun: Deep residual learning for image recognition, CVPR 2016, section 4.2"
            + (variant.Reduction > 0 ? "; Hu, Shen, Sun et al.: Squeeze-and-excitation networks, TPAMI 2019, table 4" : ""),
        Input = (3, 32, 32),
        Preprocessing = Preprocessing.Cifar10(),
        Head = nameof(fc),
        KeySchemes = [Shortcuts(variant)],
        Stem = nameof(conv1),
        Stages = [nameof(layer1), nameof(layer2), nameof(layer3)],
        Build = options => new CifarResNet(options, variant),
        Weights = variant.Name == "resnet20" ? [new("cifar10", "resnet_cifar/resnet20.cifar10.safetensors", Cifar10Labels)] : [],
    })];
}
