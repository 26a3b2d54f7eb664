using ModelZoo.Imaging;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Convvariants;

/// <summary>
/// One small network five times, for 32×32 color images: only the kind of its two inner convolutions differs, so that parameters, multiply-accumulates and
/// receptive fields can be compared. A variant is a chain of linear convolutions from 16 to 16 channels that keeps the sides; the rectifier comes after the
/// chain.
/// </summary>
/// <remarks>
/// Dilated: F. Yu, V. Koltun, ICLR 2016. Depthwise separable: L. Sifre, 2014; A. G. Howard et al., arXiv 1704.04861. Spatially separable: C. Szegedy et al.,
/// CVPR 2016, figure 6. Pointwise: M. Lin, Q. Chen, S. Yan, ICLR 2014; as bottleneck C. Szegedy et al., CVPR 2015.
/// </remarks>
public sealed class ConvVariants : ZooModel
{
    private const int Width = 16;

    // Of each convolution of the chain: output channels, kernel, dilation, groups.
    private static readonly (string Name, string Summary, (int Out, int Rows, int Columns, int Dilation, int Groups)[] Chain)[] Variants =
    [
        ("conv_plain", "3×3 convolutions", [(Width, 3, 3, 1, 1)]),
        ("conv_dilated", "3×3 convolutions with gaps: 9 weights that see 5×5", [(Width, 3, 3, 2, 1)]),
        ("conv_depthwise_separable", "3×3 per channel, then 1×1 over the channels", [(Width, 3, 3, 1, Width), (Width, 1, 1, 1, 1)]),
        ("conv_spatially_separable", "3×1, then 1×3", [(Width, 3, 1, 1, 1), (Width, 1, 3, 1, 1)]),
        ("conv_pointwise", "1×1 to a quarter of the channels, 3×3 there, 1×1 back", [(Width / 4, 1, 1, 1, 1), (Width / 4, 3, 3, 1, 1), (Width, 1, 1, 1, 1)]),
    ];

    private readonly Conv2d stem;
    private readonly ReLU relu0 = ReLU();
    private readonly MaxPool2d pool0 = MaxPool2d(2);
    private readonly Sequential block1;
    private readonly ReLU relu1 = ReLU();
    private readonly MaxPool2d pool1 = MaxPool2d(2);
    private readonly Sequential block2;
    private readonly ReLU relu2 = ReLU();
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Linear fc;

    private ConvVariants(string name, (int Out, int Rows, int Columns, int Dilation, int Groups)[] chain, ModelOptions options) : base(name)
    {
        stem = Conv2d(options.InChannels, Width, 3, padding: 1);
        block1 = Block(chain);
        block2 = Block(chain);
        fc = Linear(Width, options.NumClasses);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = pool0.call(relu0.call(stem.call(input)));    // [N,16,16,16]
        x = pool1.call(relu1.call(block1.call(x)));             // [N,16,8,8]
        x = avgpool.call(relu2.call(block2.call(x)));           // [N,16,1,1]
        return fc.call(flatten.call(x)).MoveToOuterDisposeScope();
    }

    /// <summary>Only the last convolution of a chain has a bias: those before it would add nothing that it can't.</summary>
    private static Sequential Block((int Out, int Rows, int Columns, int Dilation, int Groups)[] chain)
    {
        Sequential block = Sequential();
        long channels = Width;
        for (int i = 0; i < chain.Length; i++)
        {
            var c = chain[i];
            (long, long) padding = (c.Dilation * (c.Rows / 2), c.Dilation * (c.Columns / 2));
            block.append(Conv2d(channels, c.Out, (c.Rows, c.Columns), padding: padding, dilation: (c.Dilation, c.Dilation), groups: c.Groups,
                bias: i == chain.Length - 1));
            channels = c.Out;
        }

        return block;
    }

    internal static IEnumerable<ModelInfo> Infos => Variants.Select(variant => new ModelInfo
    {
        Name = variant.Name,
        Family = "convvariants",
        Summary = $"a small network of {variant.Summary}",
        Source = "the document's variants of convolution, one skeleton for all",
        Input = (3, 32, 32),
        MinimumSize = 4,
        Preprocessing = new(3, 32, 32, Fit.Resize, [0.4914f, 0.4822f, 0.4465f], [0.2470f, 0.2435f, 0.2616f]),
        Head = nameof(fc),
        Stem = nameof(stem),
        Stages = [nameof(relu0), nameof(relu1), nameof(relu2)],
        Build = options => new ConvVariants(variant.Name, variant.Chain, options),
    });
}
