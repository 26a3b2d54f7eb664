using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Models.Preact;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static ModelZoo.Models.Resnet.Convolutions;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Wideresnet;

/// <summary>Wide residual networks for CIFAR: pre-activation blocks of two 3×3, few of them and k times as wide, 16·k, 32·k and 64·k channels.</summary>
/// <remarks>
/// S. Zagoruyko, N. Komodakis, "Wide residual networks", BMVC 2016, table 1; depth 6n + 4 counts the projections. Dropout between a block's convolutions:
/// section 2.4.
/// </remarks>
/// <param name="Name">The name in the catalog.</param>
/// <param name="Depth">Layers with weights.</param>
/// <param name="Widening">k.</param>
/// <param name="Dropout">The share of a block's inner values that training drops; the paper trains with 0 and with 0.3.</param>
public sealed record WideResNetVariant(string Name, int Depth, int Widening, double Dropout = 0)
{
    /// <summary>Three of the paper's table 5, and a small one for processors.</summary>
    public static IReadOnlyList<WideResNetVariant> All { get; } =
    [
        new("wrn_16_2", 16, Widening: 2, Dropout: 0),
        new("wrn_40_4", 40, Widening: 4, Dropout: 0),
        new("wrn_16_8", 16, Widening: 8, Dropout: 0),
        new("wrn_28_10", 28, Widening: 10, Dropout: 0),
    ];

    /// <summary>Blocks of each of the three stages.</summary>
    public int Blocks => (Depth - 4) / 6;
}

/// <summary>A wide residual network; see <see cref="WideResNetVariant"/> for the paper.</summary>
public sealed class WideResNet : ZooModel
{
    private readonly Conv2d conv1;
    private readonly Sequential layer1;
    private readonly Sequential layer2;
    private readonly Sequential layer3;
    private readonly Module<Tensor, Tensor> bn1;
    private readonly ReLU relu = ReLU(inplace: true);
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Linear fc;

    /// <summary>Builds the network; any input size will do.</summary>
    /// <exception cref="ZooException">A stage's channels can't be divided into the groups that <see cref="ModelOptions.Norm"/> asks for.</exception>
    public WideResNet(ModelOptions options, WideResNetVariant variant) : base(variant?.Name ?? throw new ArgumentNullException(nameof(variant)))
    {
        ArgumentNullException.ThrowIfNull(options);
        var norm = Normalization.Parse(options.Norm);
        int k = variant.Widening;
        conv1 = Conv3x3(options.InChannels, 16);
        layer1 = Stage(16, 16 * k, 1);
        layer2 = Stage(16 * k, 32 * k, 2);
        layer3 = Stage(32 * k, 64 * k, 2);
        bn1 = norm.Create(64 * k);
        fc = Linear(64 * k, options.NumClasses);
        RegisterComponents();

        Sequential Stage(int inputs, int planes, int stride) => Sequential(Enumerable.Range(0, variant.Blocks).Select(block =>
            (Module<Tensor, Tensor>)new PreActBlock(block == 0 ? inputs : planes, planes, block == 0 ? stride : 1,
                bottleneck: false, activated: false, padded: false, variant.Dropout, norm)).ToArray());
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = layer1.call(conv1.call(input));       // [N,16·k,32,32]
        x = layer3.call(layer2.call(x));                 // [N,64·k,8,8]
        x = avgpool.call(relu.call(bn1.call(x)));        // [N,64·k,1,1]
        return fc.call(flatten.call(x)).MoveToOuterDisposeScope();
    }

    internal static IReadOnlyList<ModelInfo> Infos { get; } = [.. WideResNetVariant.All.Select(variant => new ModelInfo
    {
        Name = variant.Name,
        Family = "wideresnet",
        Summary = $"Wide ResNet for CIFAR: depth {variant.Depth}, {variant.Widening} times as wide",
        Source = "Zagoruyko, Komodakis: Wide residual networks, BMVC 2016, tables 1 and 5",
        Input = (3, 32, 32),
        Preprocessing = Preprocessing.Cifar10(),
        Head = nameof(fc),
        Stem = nameof(conv1),
        Stages = [nameof(layer1), nameof(layer2), nameof(layer3)],
        Build = options => new WideResNet(options, variant),
    })];
}
