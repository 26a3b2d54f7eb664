using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Squeezenet;

/// <summary>
/// SqueezeNet: AlexNet's accuracy with a fiftieth of its weights. Fire modules squeeze the channels by 1×1 convolutions before few 3×3 ones see them, pools
/// come late, and a 1×1 convolution with a global average stands where linear layers were.
/// </summary>
/// <remarks>
/// F. N. Iandola, S. Han, M. W. Moskewicz, K. Ashraf, W. J. Dally, K. Keutzer, "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and &lt;0.5MB
/// model size", arXiv:1602.07360, 2016, section 3 and table 1. Version 1.1 is from the authors' repository: a smaller stem and earlier pools, for 2.3 times
/// fewer multiply-accumulates. Keys and initial weights as torchvision's. The stem pads nothing and the pools round up.
/// </remarks>
/// <param name="Name">The name in the catalog.</param>
/// <param name="Version">The version of the paper's network.</param>
/// <param name="Stem">Channels of the first convolution.</param>
/// <param name="StemKernel">Its rows and columns.</param>
/// <param name="Smallest">Rows and columns of the smallest input: 8×8 must come out of the stem, 4×4, 2×2 and 1×1 out of the pools.</param>
/// <param name="Fires">Of each fire module the maps that each of its two kernels makes; a pool precedes each group.</param>
public sealed record SqueezeNetVariant(string Name, string Version, int Stem, int StemKernel, int Smallest, IReadOnlyList<int[]> Fires)
{
    /// <summary>Table 1's, and its successor.</summary>
    public static IReadOnlyList<SqueezeNetVariant> All { get; } =
    [
        new("squeezenet1_0", "1.0", Stem: 96, StemKernel: 7, Smallest: 21, [[64, 64, 128], [128, 192, 192, 256], [256]]),
        new("squeezenet1_1", "1.1", Stem: 64, StemKernel: 3, Smallest: 17, [[64, 64], [128, 128], [192, 192, 256, 256]]),
    ];

    // The stem and its rectifier come before the first pool; feature maps are taken where the next pool takes them, and at the end.
    internal IReadOnlyList<string> Stages => [.. Fires.Select((_, group) => $"features.{2 + group + Fires.Take(group + 1).Sum(fires => fires.Length)}")];
}

/// <summary>
/// The fire module (figure 1): a 1×1 convolution squeezes the channels, a 1×1 and a padded 3×3 side by side expand them, a rectifier follows each.
/// [N,in,H,W] → [N,2·expanded,H,W].
/// </summary>
internal sealed class Fire : Module<Tensor, Tensor>
{
    // Section 5.1: the squeeze ratio is 0.125 of both expansions together.
    private const int SqueezePerExpanded = 4;

    private readonly Conv2d squeeze;
    private readonly ReLU squeezed = ReLU(inplace: true);
    private readonly Conv2d expand1x1;
    private readonly ReLU expanded1x1 = ReLU(inplace: true);
    private readonly Conv2d expand3x3;
    private readonly ReLU expanded3x3 = ReLU(inplace: true);
    private readonly Concat concat = new();

    internal Fire(int inputs, int expanded) : base(nameof(Fire))
    {
        squeeze = Conv2d(inputs, expanded / SqueezePerExpanded, 1);
        expand1x1 = Conv2d(expanded / SqueezePerExpanded, expanded, 1);
        expand3x3 = Conv2d(expanded / SqueezePerExpanded, expanded, 3, padding: 1);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = squeezed.call(squeeze.call(input)); // [N,expanded/4,H,W]
        return concat.call([expanded1x1.call(expand1x1.call(x)), expanded3x3.call(expand3x3.call(x))]).MoveToOuterDisposeScope();
    }
}

/// <summary>The network. A rectifier follows its last convolution too, so that no logit is negative.</summary>
public sealed class SqueezeNet : ZooModel
{
    private readonly Sequential features;
    private readonly Sequential classifier;
    private readonly Flatten flatten = Flatten();

    /// <summary>Builds the network with the initial weights that torchvision gives it.</summary>
    public SqueezeNet(SqueezeNetVariant variant, ModelOptions options) : base(variant?.Name ?? throw new ArgumentNullException(nameof(variant)))
    {
        ArgumentNullException.ThrowIfNull(options);
        List<Module<Tensor, Tensor>> layers = [Conv2d(options.InChannels, variant.Stem, variant.StemKernel, stride: 2), ReLU(inplace: true)];
        int channels = variant.Stem;
        foreach (int[] fires in variant.Fires)
        {
            layers.Add(MaxPool2d(3, stride: 2, ceil_mode: true));
            foreach (int expanded in fires)
            {
                layers.Add(new Fire(channels, expanded));
                channels = 2 * expanded;
            }
        }

        features = Sequential([.. layers]);
        Conv2d last = Conv2d(channels, options.NumClasses, 1);
        classifier = Sequential(Dropout(0.5), last, ReLU(inplace: true), AdaptiveAvgPool2d(1));
        RegisterComponents();
        foreach (Conv2d convolution in modules().OfType<Conv2d>())
        {
            long fanIn = convolution.in_channels * convolution.kernel_size[0] * convolution.kernel_size[1];
            WeightInit.Uniform(convolution.weight, Math.Sqrt(6.0 / fanIn)); // its variance is He et al.'s: 2 / fan-in
            WeightInit.Constant(convolution.bias, 0);
        }

        WeightInit.Normal(last.weight, 0.01);
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = features.call(input); // [N,512,H/16,W/16]
        return flatten.call(classifier.call(x)).MoveToOuterDisposeScope();
    }

    internal static IEnumerable<ModelInfo> Infos => SqueezeNetVariant.All.Select(variant => new ModelInfo
    {
        Name = variant.Name,
        Family = "squeezenet",
        Summary = $"SqueezeNet {variant.Version}: {variant.Fires.Sum(fires => fires.Length)} fire modules, no linear layer",
        Source = "Iandola, Han, Moskewicz, Ashraf, Dally, Keutzer: SqueezeNet, arXiv:1602.07360, 2016, "
            + (variant.Version == "1.0" ? "table 1" : "and version 1.1 of the authors' repository"),
        Input = (3, 224, 224),
        MinimumSize = variant.Smallest,
        Torchvision = variant.Name,
        Published = TorchvisionWeights.Of(variant.Name),
        Classes = 1000,
        Preprocessing = Preprocessing.ImageNet(),
        Head = "classifier.1",
        Stem = "features.0",
        Stages = variant.Stages,
        Build = options => new SqueezeNet(variant, options),
    });
}
