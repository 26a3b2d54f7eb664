using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Nasnet;

/// <summary>What a cell does with one of its tensors (figure 4).</summary>
internal enum Op
{
    /// <summary>Nothing: the tensor itself is added.</summary>
    None,

    /// <summary>A 3×3 separable convolution, applied twice.</summary>
    Separable3,

    /// <summary>A 5×5 separable convolution, applied twice.</summary>
    Separable5,

    /// <summary>A 7×7 separable convolution, applied twice.</summary>
    Separable7,

    /// <summary>The mean of 3×3 pixels; those outside do not count.</summary>
    Average,

    /// <summary>The largest of 3×3 pixels.</summary>
    Maximum,
}

/// <summary>How the output of the cell before the last becomes an input beside the last one's.</summary>
internal enum Alignment
{
    /// <summary>It is the stem's, and stays as it is.</summary>
    None,

    /// <summary>A 1×1 convolution to the cell's width.</summary>
    Project,

    /// <summary>
    /// The last cell was a reduction: every second pixel, and every second pixel after a shift by one, each to half of the width (appendix A).
    /// </summary>
    Halve,
}

/// <summary>A kind of cell.</summary>
/// <param name="Stride">2: what reads the cell's inputs halves their sides.</param>
/// <param name="Rows">Each adds what two operations make of two tensors: 0 the last cell's output, 1 the one before, 2 … the rows' sums.</param>
/// <param name="Joined">The tensors whose channels are the cell's output.</param>
internal sealed record CellTable(int Stride, (Op Left, int LeftInput, Op Right, int RightInput)[] Rows, int[] Joined);

/// <summary>The sides of a feature map, in pixels.</summary>
internal readonly record struct Plane(int Rows, int Columns)
{
    /// <summary>⌈side/stride⌉.</summary>
    public Plane After(int stride) => new((Rows + stride - 1) / stride, (Columns + stride - 1) / stride);

    /// <summary>Pixels before the first row and column for a kernel of odd size k: (k−1)/2, and one less where an even side is halved.</summary>
    public (int Rows, int Columns) Before(int kernel, int stride) => (kernel / 2 - Missing(Rows, stride), kernel / 2 - Missing(Columns, stride));

    private static int Missing(int side, int stride) => stride == 2 && side % 2 == 0 ? 1 : 0;
}

/// <summary>One cell: the last cell's output and the one's before → their combination, [N,joined·width,H/stride,W/stride].</summary>
internal sealed class NasNetCell : Module<Tensor, Tensor, Tensor>
{
    private const double Eps = NasNet.Eps;
    private readonly Sequential? conv_prev_1x1;
    private readonly Sequential conv_1x1;
    private readonly ReLU? relu;
    private readonly Sequential? path_1;
    private readonly Sequential? path_2;
    private readonly Concat? path_concat;
    private readonly Module<Tensor, Tensor>? final_path_bn;
    private readonly Concat concat = new();
    private readonly List<(Module<Tensor, Tensor>? Left, Module<Tensor, Tensor>? Right, Add Sum)> rows = [];

    public NasNetCell(CellTable table, Alignment alignment, int earlier, int latest, int width, Plane plane, Normalization norm) : base(nameof(NasNetCell))
    {
        Table = table;
        conv_1x1 = Project(latest, width, norm);
        switch (alignment)
        {
            case Alignment.Project:
                conv_prev_1x1 = Project(earlier, width, norm);
                break;
            case Alignment.Halve:
                relu = ReLU();
                path_1 = Sequential(("avgpool", AvgPool2d(1, stride: 2)), ("conv", Conv2d(earlier, width / 2, 1, bias: false)));
                path_2 = Sequential(("pad", ZeroPad2d((-1, 1, -1, 1))), ("avgpool", AvgPool2d(1, stride: 2)),
                    ("conv", Conv2d(earlier, width / 2, 1, bias: false)));
                path_concat = new Concat();
                final_path_bn = norm.Create(width, Eps);
                break;
        }

        RegisterComponents();
        int[] widths = [width, alignment == Alignment.None ? earlier : width];
        for (int i = 0; i < table.Rows.Length; i++)
        {
            (Op left, int leftInput, Op right, int rightInput) = table.Rows[i];
            rows.Add((Register($"comb_iter_{i}_left", left, leftInput), Register($"comb_iter_{i}_right", right, rightInput), new Add()));
            register_module($"comb_iter_{i}", rows[i].Sum);
        }

        Module<Tensor, Tensor>? Register(string name, Op op, int input)
        {
            bool sum = input >= widths.Length;
            Module<Tensor, Tensor>? made = Create(op, sum ? width : widths[input], width, sum ? 1 : table.Stride, plane, norm);
            if (made is not null)
            {
                register_module(name, made);
            }

            return made;
        }
    }

    /// <summary>What the cell is built after.</summary>
    public CellTable Table { get; }

    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        List<Tensor> values = [conv_1x1.call(input1), Aligned(input2)];
        for (int i = 0; i < rows.Count; i++)
        {
            Tensor left = values[Table.Rows[i].LeftInput], right = values[Table.Rows[i].RightInput];
            values.Add(rows[i].Sum.call(rows[i].Left?.call(left) ?? left, rows[i].Right?.call(right) ?? right));
        }

        return concat.call([.. Table.Joined.Select(i => values[i])]).MoveToOuterDisposeScope();
    }

    private Tensor Aligned(Tensor earlier)
    {
        if (final_path_bn is null)
        {
            return conv_prev_1x1?.call(earlier) ?? earlier;
        }

        Tensor x = relu!.call(earlier);
        return final_path_bn.call(path_concat!.call([path_1!.call(x), path_2!.call(x)]));
    }

    private static Sequential Project(int channels, int width, Normalization norm) =>
        Sequential(("relu", ReLU()), ("conv", Conv2d(channels, width, 1, bias: false)), ("bn", norm.Create(width, Eps)));

    private static Module<Tensor, Tensor>? Create(Op op, int channels, int width, int stride, Plane plane, Normalization norm)
    {
        (int rows, int columns) = plane.Before(3, stride);
        return op switch
        {
            Op.None => null,
            Op.Average => AvgPool2d((3, 3), stride: (stride, stride), padding: (rows, columns), ceil_mode: true, count_include_pad: false),
            Op.Maximum => MaxPool2d((3, 3), stride: (stride, stride), padding: (rows, columns), ceil_mode: true),
            Op.Separable3 => Twice(3, channels, width, stride, plane, norm),
            Op.Separable5 => Twice(5, channels, width, stride, plane, norm),
            _ => Twice(7, channels, width, stride, plane, norm),
        };
    }

    /// <summary>Appendix A: rectifier, separable convolution and normalization, two times; the first one has the stride.</summary>
    private static Sequential Twice(int kernel, int channels, int width, int stride, Plane plane, Normalization norm)
    {
        (int rows, int columns) = plane.Before(kernel, stride);
        int half = kernel / 2;
        bool even = rows == half && columns == half;
        Sequential twice = Sequential(("relu", ReLU()));
        if (!even)
        {
            twice.append("pad", ZeroPad2d((columns, half, rows, half)));
        }

        return twice
            .append("separable_1", Separable(kernel, channels, width, stride, even ? half : 0))
            .append("bn_sep_1", norm.Create(width, Eps))
            .append("relu1", ReLU(inplace: true))
            .append("separable_2", Separable(kernel, width, width, 1, half))
            .append("bn_sep_2", norm.Create(width, Eps));
    }

    private static Sequential Separable(int kernel, int channels, int width, int stride, int padding) => Sequential(
        ("depthwise_conv2d", Conv2d(channels, channels, kernel, stride: stride, padding: padding, groups: channels, bias: false)),
        ("pointwise_conv2d", Conv2d(channels, width, 1, bias: false)));
}
