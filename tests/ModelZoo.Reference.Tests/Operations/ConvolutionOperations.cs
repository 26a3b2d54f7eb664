namespace ModelZoo.Reference.Tests;

/// <summary>Convolutions of every kind, and the linear layer.</summary>
internal static class ConvolutionOperations
{
    private const string Plain = "Convolution.Backward";

    public static IEnumerable<Operation> All => [
        new("convolution", Plain, "dilation forgotten in the input's gradient", c => Convolved(c, Kind.Grouped), Convolved),
        new("depthwise convolution", Plain, "dilation forgotten in the input's gradient", c => Convolved(c, Kind.Depthwise), Convolved),
        new("pointwise convolution", Plain, "bias gradient averaged over the batch", c => Convolved(c, Kind.Pointwise), Convolved),
        new("spatially separable convolution", Plain, "row kernel flipped on the way back", Separable, c => Separable(c.X, c.Input("column"), c.Input("row"))),
        new("true convolution", "TrueConvolution.Backward", "weight gradient not flipped back", TrueConvolved, c => TrueConvolved(c.X, c.W, c.B, c.Shape)),
        new("transposed convolution", "TransposedConvolution.Backward", "kernel flipped in the input's gradient", Transposed,
            c => Transposed(c.X, c.W, c.B, c.Shape, c.Pair("output_padding"))),
        new("linear", "Linear.Backward", "bias gradient averaged over the batch",
            c => Linear(c.Array(c.From(1, 4), c.From(1, 7)), c), c => Linear(c.X, c.W, c.B)),
    ];

    private enum Kind
    {
        Grouped,
        Depthwise,
        Pointwise,
    }

    /// <summary>Any stride, padding, dilation and groups, on an input at least as large as the kernel spans.</summary>
    public static (NdArray X, NdArray W, NdArray Bias, ConvolutionShape Shape) RandomConvolution(Choices c) => RandomConvolution(c, Kind.Grouped);

    /// <summary>Any stride, padding, dilation, groups and output padding that have an output.</summary>
    public static (NdArray X, NdArray W, NdArray Bias, ConvolutionShape Shape, Pair OutputPadding) RandomTransposed(Choices c)
    {
        int groups = c.From(1, 2), inputs = c.From(1, 2), outputs = c.From(1, 2);
        Pair kernel = c.Pair(1, 3);
        ConvolutionShape shape = new()
        {
            Stride = c.Pair(1, 3),
            Padding = (c.From(0, (kernel.H - 1) / 2), c.From(0, (kernel.W - 1) / 2)),
            Dilation = c.Pair(1, 2),
            Groups = groups,
        };
        Pair outputPadding = (c.From(0, Math.Max(shape.Stride.H, shape.Dilation.H) - 1), c.From(0, Math.Max(shape.Stride.W, shape.Dilation.W) - 1));
        NdArray x = c.Array(c.From(1, 2), groups * inputs, c.From(1, 4), c.From(1, 4));
        return (x, c.Array(groups * inputs, outputs, kernel.H, kernel.W), c.Array(groups * outputs), shape, outputPadding);
    }

    private static (NdArray X, NdArray W, NdArray Bias, ConvolutionShape Shape) RandomConvolution(Choices c, Kind kind)
    {
        int groups = c.From(1, 3), channels = kind == Kind.Depthwise ? 1 : c.From(1, 2), maps = c.From(1, 2);
        Pair kernel = kind == Kind.Pointwise ? 1 : c.Pair(1, 4);
        ConvolutionShape shape = new() { Stride = c.Pair(1, 3), Padding = c.Pair(0, 2), Dilation = c.Pair(1, 3), Groups = groups };
        int height = Math.Max(1, (shape.Dilation.H * (kernel.H - 1)) + 1 - (2 * shape.Padding.H)) + c.From(0, 4);
        int width = Math.Max(1, (shape.Dilation.W * (kernel.W - 1)) + 1 - (2 * shape.Padding.W)) + c.From(0, 4);
        NdArray x = c.Array(c.From(1, 2), groups * channels, height, width);
        return (x, c.Array(groups * maps, channels, kernel.H, kernel.W), c.Array(groups * maps), shape);
    }

    private static OperationCase Convolved(Choices c, Kind kind)
    {
        (NdArray x, NdArray w, NdArray bias, ConvolutionShape shape) = RandomConvolution(c, kind);
        return Convolved(x, w, bias, shape);
    }

    private static OperationCase Convolved(GoldenCase c) => Convolved(c.X, c.W, c.B, c.Shape);

    private static OperationCase Convolved(NdArray x, NdArray w, NdArray bias, ConvolutionShape shape) => new(
        $"{x}, {w}, {shape}",
        [("x", x), ("w", w), ("bias", bias)],
        () => Convolution.ForwardSums(x, w, bias, shape),
        gradY => List(Convolution.Backward(x, w, gradY, shape)),
        gradY =>
        {
            bool pointwise = w.Shape[2] == 1 && w.Shape[3] == 1;
            Gradients right = Convolution.Backward(x, w, gradY, shape);
            NdArray undilated = NdArray.ZerosLike(x);
            for (int i = 0; i < x.Count; i++)
            {
                (int v, int h, int map) = (i % x.Shape[3], i / x.Shape[3] % x.Shape[2], i / (x.Shape[2] * x.Shape[3]));
                undilated.Data[i] = Convolution.GradInputAt(w, gradY, shape with { Dilation = 1 }, map / x.Shape[1], map % x.Shape[1], h, v).Value;
            }

            return List(pointwise ? right with { Bias = right.Bias.Map(g => g / x.Shape[0]) } : right with { X = undilated });
        });

    private static OperationCase Separable(Choices c)
    {
        int rows = c.From(1, 4), columns = c.From(1, 4), channels = c.From(1, 2), middle = c.From(1, 2), maps = c.From(1, 2);
        NdArray x = c.Array(c.From(1, 2), channels, rows + c.From(0, 3), columns + c.From(0, 3));
        return Separable(x, c.Array(middle, channels, rows, 1), c.Array(maps, middle, 1, columns));
    }

    /// <summary>R×1 then 1×S.</summary>
    private static OperationCase Separable(NdArray x, NdArray column, NdArray row)
    {
        NdArray[] Back(NdArray gradY, NdArray rowOnTheWay)
        {
            NdArray half = Convolution.Forward(x, column, null, new());
            Gradients first = Convolution.Backward(x, column, Convolution.Backward(half, rowOnTheWay, gradY, new()).X, new());
            return [first.X, first.Weight, Convolution.Backward(half, row, gradY, new()).Weight];
        }

        return new OperationCase(
            $"{x}, {column}, {row}",
            [("x", x), ("column", column), ("row", row)],
            () =>
            {
                Sums half = Convolution.ForwardSums(x, column, null, new());
                Sums whole = Convolution.ForwardSums(half.Value, row, null, new());
                NdArray magnitude = Convolution.Forward(half.Magnitude, row.Map(Math.Abs), null, new());
                return new Sums(whole.Value, magnitude, whole.Terms.Map(terms => terms + half.Terms.Data[0]));
            },
            gradY => Back(gradY, row),
            gradY => Back(gradY, TrueConvolution.Flip(row)));
    }

    private static OperationCase TrueConvolved(Choices c)
    {
        (NdArray x, NdArray w, NdArray bias, ConvolutionShape shape) = RandomConvolution(c);
        return TrueConvolved(x, w, bias, shape);
    }

    private static OperationCase TrueConvolved(NdArray x, NdArray w, NdArray bias, ConvolutionShape shape) => new(
        $"{x}, {w}, {shape}",
        [("x", x), ("w", w), ("bias", bias)],
        () => Convolution.ForwardSums(x, TrueConvolution.Flip(w), bias, shape) with { Value = TrueConvolution.Forward(x, w, bias, shape) },
        gradY => List(TrueConvolution.Backward(x, w, gradY, shape)),
        gradY => List(Convolution.Backward(x, TrueConvolution.Flip(w), gradY, shape)));

    private static OperationCase Transposed(Choices c)
    {
        (NdArray x, NdArray w, NdArray bias, ConvolutionShape shape, Pair outputPadding) = RandomTransposed(c);
        return Transposed(x, w, bias, shape, outputPadding);
    }

    private static OperationCase Transposed(NdArray x, NdArray w, NdArray bias, ConvolutionShape shape, Pair outputPadding) => new(
        $"{x}, {w}, {shape}, output padding {outputPadding}",
        [("x", x), ("w", w), ("bias", bias)],
        () => TransposedConvolution.ForwardSums(x, w, bias, shape, outputPadding),
        gradY => List(TransposedConvolution.Backward(x, w, gradY, shape)),
        gradY =>
            List(TransposedConvolution.Backward(x, w, gradY, shape) with { X = TransposedConvolution.Backward(x, TrueConvolution.Flip(w), gradY, shape).X }));

    private static OperationCase Linear(NdArray x, Choices c)
    {
        int outputs = c.From(1, 5);
        return Linear(x, c.Array(outputs, x.Shape[1]), c.Array(outputs));
    }

    private static OperationCase Linear(NdArray x, NdArray w, NdArray bias) => new(
        $"{x}, {w}",
        [("x", x), ("w", w), ("bias", bias)],
        () => Reference.Linear.ForwardSums(x, w, bias),
        gradY => List(Reference.Linear.Backward(x, w, gradY)),
        gradY => List(Reference.Linear.Backward(x, w, gradY)) is var right ? [right[0], right[1], right[2].Map(g => g / x.Shape[0])] : []);

    private static NdArray[] List(Gradients g) => [g.X, g.Weight, g.Bias];
}
