namespace ModelZoo.Reference.Tests;

/// <summary>LeNet-5's own layers.</summary>
internal static class LeNetOperations
{
    public static IEnumerable<Operation> All => [
        new("LeNet-5: C3's table", "TableConvolution.Backward", "kernels read backwards in the input's gradient", RandomTable,
            c => Table(c.X, c.W, c.B, ConnectionTable.LeNet5)),
        new("LeNet-5: trainable subsampling", "Subsampling.Backward", "mean taken for the sum", RandomSubsampling, c => Subsampled(c.X, c.W, c.B, 2)),
        new("LeNet-5: RBF output", "RadialBasis.Backward", "2 forgotten", RandomBasis, c => Basis(c.X, c.Input("codes"))),
    ];

    private static OperationCase RandomTable(Choices c)
    {
        ConnectionTable table = c.From(1, 4) == 4 ? ConnectionTable.LeNet5 : new(3, [[0], [2, 0], [0, 1, 2]]);
        Pair kernel = c.Pair(1, 3);
        NdArray x = c.Array(c.From(1, 2), table.InputMaps, kernel.H + c.From(0, 2), kernel.W + c.From(0, 2));
        return Table(x, c.Array(table.Kernels, kernel.H, kernel.W), c.Array(table.OutputMaps), table);
    }

    private static OperationCase Table(NdArray x, NdArray w, NdArray bias, ConnectionTable table) => new(
        $"{x}, {w}",
        [("x", x), ("w", w), ("bias", bias)],
        () => TableConvolution.ForwardSums(x, w, bias, table),
        gradY => List(TableConvolution.Backward(x, w, gradY, table)),
        gradY => List(TableConvolution.Backward(x, w, gradY, table) with
        {
            X = TableConvolution.Backward(x, new NdArray([.. w.Data.Reverse()], [.. w.Shape]), gradY, table).X,
        }));

    private static OperationCase RandomSubsampling(Choices c)
    {
        int window = c.From(1, 3), channels = c.From(1, 3);
        NdArray x = c.Array(c.From(1, 2), channels, window + c.From(0, 4), window + c.From(0, 4));
        return Subsampled(x, c.Array(channels), c.Array(channels), window);
    }

    private static OperationCase Subsampled(NdArray x, NdArray w, NdArray bias, int window) => new(
        $"{x}, window {window}",
        [("x", x), ("w", w), ("bias", bias)],
        () => Subsampling.ForwardSums(x, w, bias, window),
        gradY => List(Subsampling.Backward(x, w, gradY, window)),
        gradY => List(Subsampling.Backward(x, w, gradY, window) is var right ? right with { X = right.X.Map(g => g / (window * window)) } : null!));

    private static OperationCase RandomBasis(Choices c)
    {
        int features = c.From(1, 9);
        return Basis(c.Array(c.From(1, 3), features), c.Array(c.From(1, 4), features));
    }

    private static OperationCase Basis(NdArray x, NdArray codes) => new(
        $"{x}, {codes}",
        [("x", x), ("codes", codes)],
        () => RadialBasis.ForwardSums(x, codes),
        gradY => RadialBasis.Backward(x, codes, gradY) is var (gradX, gradCodes) ? [gradX, gradCodes] : [],
        gradY => RadialBasis.Backward(x, codes, gradY) is var (gradX, gradCodes) ? [gradX.Map(g => g / 2), gradCodes] : []);

    private static NdArray[] List(Gradients g) => [g.X, g.Weight, g.Bias];
}
