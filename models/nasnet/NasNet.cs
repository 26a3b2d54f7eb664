using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Nasnet;

/// <summary>
/// NASNet-A (4 @ 1056), "mobile": two kinds of cells, found by architecture search on CIFAR-10 and stacked for ImageNet. 5,289,978 parameters, 563,638,816 MACs
/// at 3×224×224, without the auxiliary head, which serves training only and is left out here.
/// </summary>
/// <remarks>
/// B. Zoph, V. Vasudevan, J. Shlens, Q. V. Le, "Learning transferable architectures for scalable image recognition", CVPR 2018: cells in figure 4, their
/// stacking in figure 2, details in appendix A. 4 @ 1056: four normal cells per scale, 1056 channels at the end. Keys as in Cadene's port of TensorFlow's
/// weights (pretrained-models.pytorch). TensorFlow pads "same": ⌈side/2⌉ outputs at stride 2, and where the padding is odd the extra row and column come last.
/// For an even side that is a border of (k−1)/2 − 1 before and (k−1)/2 after, for an odd one (k−1)/2 on both sides. Convolutions get the uneven border by a
/// ZeroPad2d of their own; pools, whose border may not count, by ceil_mode without padding. The shifted half of a path alignment is a ZeroPad2d(−1, 1): the
/// first row and column go, zeros come last. So the layers depend on the input's size, but their weights do not.
/// </remarks>
public sealed class NasNet : ZooModel
{
    private const int StemWidth = 32, Repeats = 4, PenultimateWidth = 1056;
    private const int Latest = 0, Earlier = 1, Sum0 = 2, Sum1 = 3, Sum2 = 4, Sum3 = 5, Sum4 = 6;
    internal const double Eps = 1e-3; // TensorFlow's

    // Figure 4: each row adds what two operations make of two earlier tensors; the last list is what the cell joins.
    private static readonly CellTable Normal = new(1,
    [
        (Op.Separable5, Latest, Op.Separable3, Earlier),
        (Op.Separable5, Earlier, Op.Separable3, Earlier),
        (Op.Average, Latest, Op.None, Earlier),
        (Op.Average, Earlier, Op.Average, Earlier),
        (Op.Separable3, Latest, Op.None, Latest),
    ],
    [Earlier, Sum0, Sum1, Sum2, Sum3, Sum4]);

    // What reads the cell's inputs halves their sides.
    private static readonly CellTable Reduction = new(2,
    [
        (Op.Separable5, Latest, Op.Separable7, Earlier),
        (Op.Maximum, Latest, Op.Separable7, Earlier),
        (Op.Average, Latest, Op.Separable5, Earlier),
        (Op.None, Sum1, Op.Average, Sum0),
        (Op.Separable3, Sum0, Op.Maximum, Latest),
    ],
    [Sum1, Sum2, Sum3, Sum4]);

    private readonly Sequential conv0;
    private readonly ReLU relu = ReLU();
    private readonly AdaptiveAvgPool2d avg_pool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Dropout dropout = Dropout(0.5);
    private readonly Linear last_linear;
    private readonly List<NasNetCell> cells = [];

    /// <summary>Builds the network for inputs of the given size.</summary>
    public NasNet(ModelOptions options) : base("nasnet_mobile")
    {
        ArgumentNullException.ThrowIfNull(options);
        var norm = Normalization.Parse(options.Norm);
        conv0 = Sequential(("conv", Conv2d(options.InChannels, StemWidth, 3, stride: 2, bias: false)), ("bn", norm.Create(StemWidth, Eps)));
        RegisterComponents();
        int filters = PenultimateWidth / (Normal.Joined.Length * 4);
        Plane plane = new((options.InputHeight - 3) / 2 + 1, (options.InputWidth - 3) / 2 + 1);
        int earlier = StemWidth, latest = StemWidth;
        Append("cell_stem_0", Reduction, filters / 4);
        Append("cell_stem_1", Reduction, filters / 2);
        for (int scale = 0; scale < 3; scale++)
        {
            if (scale > 0)
            {
                Append($"reduction_cell_{scale - 1}", Reduction, filters << scale);
            }

            for (int i = 0; i < Repeats; i++)
            {
                Append($"cell_{(scale * (Repeats + 2)) + i}", Normal, filters << scale);
            }
        }

        last_linear = Linear(latest, options.NumClasses); // registered by hand, so that the checkpoint's order is conv0, cells, last_linear
        register_module(nameof(last_linear), last_linear);
        foreach (Conv2d convolution in modules().OfType<Conv2d>())
        {
            WeightInit.KaimingNormalFanOut(convolution);
        }

        void Append(string name, CellTable table, int width)
        {
            Alignment alignment = cells.Count == 0 ? Alignment.None : cells[^1].Table.Stride == 2 ? Alignment.Halve : Alignment.Project;
            var cell = new NasNetCell(table, alignment, earlier, latest, width, plane, norm);
            register_module(name, cell);
            cells.Add(cell);
            (earlier, latest) = (latest, table.Joined.Length * width);
            plane = plane.After(table.Stride);
        }
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor earlier = conv0.call(input), latest = earlier;  // [N,32,111,111]
        foreach (NasNetCell cell in cells)
        {
            (earlier, latest) = (latest, cell.call(latest, earlier));
        }

        Tensor x = flatten.call(avg_pool.call(relu.call(latest))); // [N,1056]
        return last_linear.call(dropout.call(x)).MoveToOuterDisposeScope();
    }

    internal static ModelInfo Info { get; } = new()
    {
        Name = "nasnet_mobile",
        Family = "nasnet",
        Summary = "NASNet-A (4 @ 1056), cells found by architecture search",
        Source = "Zoph, Vasudevan, Shlens, Le: Learning transferable architectures for scalable image recognition, CVPR 2018, figures 2 and 4",
        Input = (3, 224, 224),
        MinimumSize = 3,
        Classes = 1000,
        Preprocessing = Preprocessing.ImageNet() with { Mean = [0.5f, 0.5f, 0.5f], Std = [0.5f, 0.5f, 0.5f] },
        Head = nameof(last_linear),
        Stem = "conv0.conv",
        Stages = ["conv0", "cell_stem_0", "cell_3", "cell_9", "cell_15"],
        Build = options => new NasNet(options),
    };
}
