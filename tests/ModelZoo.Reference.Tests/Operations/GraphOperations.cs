namespace ModelZoo.Reference.Tests;

/// <summary>What graphs of ONNX have besides layers: joins of any shapes, parts and borders, means, other sizes.</summary>
internal static class GraphOperations
{
    private static readonly Joining[] Joinings = Enum.GetValues<Joining>();

    public static IEnumerable<Operation> All => [
        new("elementwise", "Elementwise.Backward", "counted twice", Joined, c =>
            Joined(Enum.Parse<Joining>(c.Text("how")), c.Input("a"), c.Input("b"))),
        new("prelu", "PRelu.Backward", "one slope for all channels", c => Sloped(c.Distinct(c.From(1, 3), 2, c.From(1, 4)), c.Array(2)), c =>
            Sloped(c.X, c.Input("slope"))),
        new("reshape", "Arrangement.Backward", "in reverse order", c => Moved(c.Array(c.From(1, 2), 2, c.From(1, 3), 2), x =>
            Arrangement.Reshape([.. x.Shape], x.Shape[0], x.Shape[2] * 2, 2)), c => Moved(c.X, x => Arrangement.Reshape([.. x.Shape], c.Ints("to")))),
        new("permute", "Arrangement.Backward", "in reverse order", c => Moved(c.Array(c.From(1, 3), c.From(1, 3), c.From(2, 3)), x =>
        {
            int[] order = [0, 1, 2];
            c.Shuffle(order);
            return Arrangement.Permute([.. x.Shape], order);
        }), c => Moved(c.X, x => Arrangement.Permute([.. x.Shape], c.Ints("order")))),
        new("select", "Arrangement.Backward", "in reverse order", c => Moved(c.Array(c.From(1, 2), c.From(1, 4), c.From(2, 3)), x =>
            Arrangement.Select([.. x.Shape], 1, [.. Enumerable.Range(0, c.From(1, 4)).Select(_ => c.From(0, x.Shape[1] - 1))])),
            c => Moved(c.X, x => Arrangement.Select([.. x.Shape], c.Int("axis"), c.Ints("indices")))),
        new("constant border", "Arrangement.Backward", "in reverse order", c => Moved(c.Array(c.From(1, 2), c.From(2, 3), c.From(3, 4)), x =>
            Arrangement.Border([.. x.Shape], [0, c.From(-1, 1), c.From(-1, 2)], [c.From(0, 1), c.From(0, 2), c.From(-1, 2)], Surrounding.Constant, 0.5)),
            c => Moved(c.X, x => Arrangement.Border([.. x.Shape], c.Ints("before"), c.Ints("after"), Surrounding.Constant, c.Number("value")))),
        Bordered("reflected border", Surrounding.Reflected),
        Bordered("repeated border", Surrounding.Repeated),
        new("mean", "Mean.Backward", "the sum's gradient", c => Averaged(c.Array(c.From(1, 3), c.From(1, 3), c.From(2, 4)), c.Coin() ? [1, 2] : [2], c.Coin()),
            c => Averaged(c.X, c.Ints("axes"), c.Bool("keep"))),
        new("total", "Total.Backward", "the mean's gradient", c => Summed(c.Array(c.From(1, 3), c.From(1, 3), c.From(2, 4)), c.Coin() ? [1, 2] : [2], c.Coin()),
            c => Summed(c.X, c.Ints("axes"), c.Bool("keep"))),
        new("average pooling in a border", "BorderedAveragePooling.Backward", "the border counted", c => Pooled(c.Array(1, 2, c.From(4, 6), c.From(4, 6)),
            new PoolingWindow(3) { Stride = c.Pair(1, 2), Padding = 0 }, new Border(c.From(0, 1), c.From(0, 2), 1, c.From(0, 2))), c =>
                Pooled(c.X, c.Window, new Border(c.Ints("border")[0], c.Ints("border")[1], c.Ints("border")[2], c.Ints("border")[3]))),
        new("resampling", "Resampling.Backward", "the nearest pixel alone", c =>
        {
            NdArray x = c.Array(1, 2, c.From(2, 4), c.From(2, 4));
            return Resampled(x, new(Drawn(c, x.Shape[2]), Drawn(c, x.Shape[3])));
        }, c => Resampled(c.X, new(Along(c, 2), Along(c, 3)))),
    ];

    private static Operation Bordered(string name, Surrounding surrounding) => new(name, "Arrangement.Backward", "in reverse order", c =>
        Moved(c.Array(c.From(1, 2), c.From(1, 2), c.From(3, 4), c.From(3, 4)), x =>
            Arrangement.Border([.. x.Shape], [0, 0, c.From(0, 2), c.From(1, 2)], [0, 0, c.From(0, 2), c.From(0, 2)], surrounding)),
        c => Moved(c.X, x => Arrangement.Border([.. x.Shape], c.Ints("before"), c.Ints("after"), surrounding)));

    private static OperationCase Joined(Choices c)
    {
        Joining how = Joinings[c.From(0, Joinings.Length - 1)];
        int[] shape = [c.From(1, 2), c.From(1, 3), c.From(2, 3)], other = [.. shape.Skip(c.From(0, 2)).Select(size => c.Coin() ? 1 : size)];
        bool first = c.Coin();
        NdArray a = Drawn(first ? shape : other), b = Drawn(first ? other : shape);
        return Joined(how, a, b);

        // Divisors and bases stay away from 0, and no two numbers that are compared are near.
        NdArray Drawn(int[] of) => how switch
        {
            Joining.Divide or Joining.Power => c.Array(of).Map(value => 1.5 + (value / 2)),
            Joining.Maximum or Joining.Minimum => of.SequenceEqual(shape) ? c.Distinct(of) : c.Array(of).Map(value => Math.Round(value * 10) / 10),
            _ => c.Array(of),
        };
    }

    private static OperationCase Joined(Joining how, NdArray a, NdArray b) => new(
        $"{how} of {a} and {b}",
        [("a", a), ("b", b)],
        () => OperationCase.Rounded(Elementwise.Forward(how, a, b), a),
        gradY => Elementwise.Backward(how, a, b, gradY) is var (gradA, gradB) ? [gradA.Value, gradB.Value] : [],
        gradY => Elementwise.Backward(how, a, b, gradY.Map(g => 2 * g)) is var (gradA, gradB) ? [gradA.Value, gradB.Value] : []);

    private static OperationCase Sloped(NdArray x, NdArray slope) => new(
        $"{x}, {slope}",
        [("x", x), ("slope", slope)],
        () => OperationCase.Rounded(PRelu.Forward(x, slope), x),
        gradY => PRelu.Backward(x, slope, gradY) is var (gradX, gradSlope) ? [gradX, gradSlope.Value] : [],
        gradY => PRelu.Backward(x, new NdArray([slope.Data[^1]], 1), gradY) is var (gradX, gradSlope)
            ? [gradX, NdArray.Full(gradSlope.Value.Data[0], [.. slope.Shape])]
            : []);

    private static OperationCase Moved(NdArray x, Func<NdArray, Arrangement> how)
    {
        Arrangement moved = how(x);
        return new(
            $"{x} to [{string.Join(", ", moved.To)}]",
            [("x", x)],
            () => OperationCase.Rounded(moved.Forward(x), x, 0),
            gradY => [moved.Backward(gradY).Value],
            gradY => [new NdArray([.. moved.Backward(gradY).Value.Data.Reverse()], [.. x.Shape])]);
    }

    private static OperationCase Averaged(NdArray x, int[] axes, bool keep) => new(
        $"{x}, axes {string.Join(", ", axes)}",
        [("x", x)],
        () => Mean.ForwardSums(x, axes, keep),
        gradY => [Mean.Backward(x, axes, gradY)],
        gradY => [Mean.Backward(x, axes, gradY).Map(g => g * x.Count / gradY.Count)]);

    private static OperationCase Summed(NdArray x, int[] axes, bool keep) => new(
        $"{x}, axes {string.Join(", ", axes)}",
        [("x", x)],
        () => Total.ForwardSums(x, axes, keep),
        gradY => [Total.Backward(x, axes, gradY)],
        gradY => [Mean.Backward(x, axes, gradY)]);

    private static OperationCase Pooled(NdArray x, PoolingWindow window, Border border) => new(
        $"{x}, {window}, {border}",
        [("x", x)],
        () => BorderedAveragePooling.ForwardSums(x, window, border),
        gradY => [BorderedAveragePooling.Backward(x, gradY, window, border).Value],
        gradY => [border.Backward(AveragePooling.Backward(border.Forward(x), gradY, window))]);

    private static OperationCase Resampled(NdArray x, Resampling how) => new(
        $"{x} to {how.Rows.Length}×{how.Columns.Length}",
        [("x", x)],
        () => how.ForwardSums(x),
        gradY => [how.Backward(x, gradY).Value],
        gradY => [new Resampling(Nearest(how.Rows), Nearest(how.Columns)).Backward(x, gradY).Value]);

    private static Tap[][] Nearest(Tap[][] taps) => [.. taps.Select(of => (Tap[])[of.MaxBy(tap => Math.Abs(tap.Weight)) with { Weight = 1 }])];

    private static Tap[][] Drawn(Choices c, int pixels) => [.. Enumerable.Range(0, c.From(1, 5)).Select(_ =>
    {
        double place = c.Number(-1, pixels);
        return c.Coin() ? Resampling.Linear(place, pixels) : Resampling.Cubic(place, pixels, -0.75);
    })];

    // PyTorch's places.
    private static Tap[][] Along(GoldenCase c, int axis)
    {
        (int pixels, int wanted) = (c.X.Shape[axis], c.Ints("size")[axis - 2]);
        return [.. Enumerable.Range(0, wanted).Select(i =>
        {
            double scale = (double)wanted / pixels;
            double place = c.Bool("corners") ? (double)i * (pixels - 1) / (wanted - 1) : ((i + 0.5) / scale) - 0.5;
            return c.Text("mode") switch
            {
                "nearest" => Resampling.Nearest(i / scale, pixels, Math.Floor),
                "bilinear" => Resampling.Linear(place, pixels),
                _ => Resampling.Cubic(place, pixels, -0.75),
            };
        })];
    }
}
