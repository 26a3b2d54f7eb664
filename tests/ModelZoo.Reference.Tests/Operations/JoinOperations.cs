namespace ModelZoo.Reference.Tests;

/// <summary>What joins, reshapes or masks arrays.</summary>
internal static class JoinOperations
{
    private static readonly string[] PartNames = ["a", "b", "c"];

    public static IEnumerable<Operation> All => [
        new("add", "Add.Backward", "averaged over repeated dimensions, not summed", c => Joined(c, Added), c => Added(c.Input("a"), c.Input("b"))),
        new("multiply", "Multiply.Backward", "the other factor forgotten", c => Joined(c, Multiplied), c => Multiplied(c.Input("a"), c.Input("b"))),
        new("concatenate", "Concatenate.Backward", "pieces in the opposite order", Concatenated,
            c => Concatenated([.. PartNames.Where(c.HasInput).Select(c.Input)], c.Int("axis"))),
        new("flatten", "Flatten.Backward", "order row, column, channel", c => Flattened(c.Array(c.From(1, 2), c.From(1, 3), c.From(1, 3), c.From(1, 3))), c =>
            Flattened(c.X)),
        new("border of zeros", "Border.Backward", "left and right swapped", c =>
            Bordered(c.Array(c.From(1, 2), c.From(1, 3), c.From(3, 5), c.From(3, 5)), [.. Enumerable.Range(0, 4).Select(_ => c.From(-1, 2))]),
            c => Bordered(c.X, c.Ints("border"))),
        new("padded shortcut", "PaddedShortcut.Backward", "pixels taken from the end", c =>
            Shortened(c.Array(c.From(1, 2), c.From(1, 3), c.From(1, 6), c.From(1, 6)), c.From(0, 3), c.From(1, 3)),
            c => Shortened(c.X, c.Int("channels") - c.X.Shape[1], c.Int("stride"))),
        new("dropout with a given mask", "Dropout.Backward", "1/(1 − p) forgotten", Dropped, c =>
            Dropped(c.X, c.Vector("mask").Reshape([.. c.X.Shape]), c.Number("p"))),
    ];

    private static OperationCase Joined(Choices c, Func<NdArray, NdArray, OperationCase> make)
    {
        int[] shape = [c.From(1, 2), c.From(1, 3), c.From(1, 3), c.From(1, 3)];
        return make(c.Array(shape), c.Array([.. shape.Select(size => c.Coin() ? 1 : size)]));
    }

    private static OperationCase Added(NdArray a, NdArray b) => new(
        $"{a}, {b}",
        [("a", a), ("b", b)],
        () => Add.ForwardSums(a, b),
        gradY => Add.Backward(a, b, gradY) is var (gradA, gradB) ? [gradA.Value, gradB.Value] : [],
        gradY => Add.Backward(a, b, gradY) is var (gradA, gradB) ? [gradA.Value, gradB.Value.Map(g => g * b.Count / gradY.Count)] : []);

    private static OperationCase Multiplied(NdArray a, NdArray b) => new(
        $"{a}, {b}",
        [("a", a), ("b", b)],
        () => OperationCase.Rounded(Multiply.Forward(a, b), a, 1),
        gradY => Multiply.Backward(a, b, gradY) is var (gradA, gradB) ? [gradA.Value, gradB.Value] : [],
        gradY => Add.Backward(a, b, gradY) is var (gradA, gradB) ? [gradA.Value, gradB.Value] : []);

    private static OperationCase Concatenated(Choices c)
    {
        int axis = c.From(0, 3);
        int[] shape = [c.From(1, 2), c.From(1, 3), c.From(1, 3), c.From(1, 3)];
        NdArray[] parts = [.. Enumerable.Range(0, c.From(1, 3)).Select(_ =>
        {
            int[] part = [.. shape];
            part[axis] = c.From(1, 3);
            return c.Array(part);
        })];
        return Concatenated(parts, axis);
    }

    private static OperationCase Concatenated(NdArray[] parts, int axis) => new(
        $"{string.Join(", ", parts.Select(part => part.ToString()))}, axis {axis}",
        [.. PartNames.Zip(parts)],
        () => OperationCase.Rounded(Concatenate.Forward(parts, axis), parts[0], 0),
        gradY => Concatenate.Backward(parts, gradY, axis),
        gradY => [.. Concatenate.Backward([.. parts.Reverse()], gradY, axis).Reverse()]);

    private static OperationCase Flattened(NdArray x) => new(
        $"{x}",
        [("x", x)],
        () => OperationCase.Rounded(Flatten.Forward(x), x, 0),
        gradY => [Flatten.Backward(x, gradY)],
        gradY =>
        {
            NdArray gradX = NdArray.ZerosLike(x);
            int channels = x.Shape[1], plane = x.Shape[2] * x.Shape[3];
            for (int i = 0; i < x.Count; i++)
            {
                (int n, int c, int at) = (i / (channels * plane), i / plane % channels, i % plane);
                gradX.Data[i] = gradY[n, (at * channels) + c];
            }

            return [gradX];
        });

    private static OperationCase Bordered(NdArray x, int[] widths)
    {
        var border = new Border(widths[0], widths[1], widths[2], widths[3]);
        return new(
            $"{x}, {border}",
            [("x", x)],
            () => OperationCase.Rounded(border.Forward(x), x, 0),
            gradY => [border.Backward(gradY)],
            gradY => [new Border(widths[1], widths[0], widths[2], widths[3]).Backward(gradY)]);
    }

    private static OperationCase Shortened(NdArray x, int more, int stride) => new(
        $"{x}, {more} channels more, stride {stride}",
        [("x", x)],
        () => OperationCase.Rounded(PaddedShortcut.Forward(x, x.Shape[1] + more, stride), x, 0),
        gradY => [PaddedShortcut.Backward(x, gradY, stride)],
        gradY => [new NdArray([.. PaddedShortcut.Backward(x, gradY, stride).Data.Reverse()], [.. x.Shape])]);

    private static OperationCase Dropped(Choices c)
    {
        NdArray x = c.Array(c.From(1, 3), c.From(1, 4), c.From(1, 3));
        return Dropped(x, x.Map(_ => c.Number(0, 1) < 0.5 ? 0 : 1), c.Number(0, 0.9));
    }

    private static OperationCase Dropped(NdArray x, NdArray mask, double p) => new(
        $"{x}, p {p}",
        [("x", x)],
        () => OperationCase.Rounded(Dropout.Forward(x, mask, p), x, 3),
        gradY => [Dropout.Backward(gradY, mask, p)],
        gradY => [gradY.Zip(mask, (g, keep) => g * keep)]);
}
