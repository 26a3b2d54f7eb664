using Xunit;

namespace ModelZoo.Reference.Tests;

public class LeNetLayersTests
{
    /// <summary>Table I of LeCun et al. 1998 as printed: a row per map of S2, a column per map of C3.</summary>
    private static readonly string[] TableI =
    [
        "X   XXX  XXXX XX",
        "XX   XXX  XXXX X",
        "XXX   XXX  X XXX",
        " XXX  XXXX  X XX",
        "  XXX  XXXX XX X",
        "   XXX  XXXX XXX",
    ];

    [Fact]
    public void The_table_is_the_printed_one()
    {
        ConnectionTable table = ConnectionTable.LeNet5;
        for (int c = 0; c < 6; c++)
        {
            Assert.Equal(TableI[c], string.Concat(Enumerable.Range(0, 16).Select(m => table.Inputs(m).Contains(c) ? 'X' : ' ')));
        }
    }

    [Fact]
    public void The_table_has_60_kernels_and_1516_parameters()
    {
        ConnectionTable table = ConnectionTable.LeNet5;
        Assert.Equal(60, table.Kernels);
        Assert.Equal(1516, (table.Kernels * 25) + table.OutputMaps);
        Assert.Equal([3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 6], Enumerable.Range(0, 16).Select(m => table.Inputs(m).Count));
        Assert.Equal(59, table.FirstKernel(15) + 5);
    }

    [Fact]
    public void A_table_convolution_is_a_dense_one_with_zero_kernels() => Properties.Hold(10, random =>
    {
        ConnectionTable table = ConnectionTable.LeNet5;
        NdArray x = random.Array(random.From(1, 2), 6, random.From(3, 6), random.From(2, 6)), w = random.Array(60, 3, 2), bias = random.Array(16);
        NdArray y = TableConvolution.Forward(x, w, bias, table), gradY = random.ArrayLike(y);
        Near.Equal(Convolution.Forward(x, table.ToDense(w), bias, new()), y);
        Near.Equal(w, table.ToPacked(table.ToDense(w)));

        Gradients g = TableConvolution.Backward(x, w, gradY, table), dense = Convolution.Backward(x, table.ToDense(w), gradY, new());
        Near.Equal(dense.X, g.X);
        Near.Equal(table.ToPacked(dense.Weight), g.Weight);
        Near.Equal(dense.Bias, g.Bias);
    });

    [Fact]
    public void A_bad_table_or_input_throws()
    {
        Assert.Throws<ArgumentException>(() => new ConnectionTable(2, [[0, 2]]));
        Assert.Throws<ArgumentException>(() => new ConnectionTable(2, [[0, 0]]));
        NdArray x = NdArray.Zeros(1, 6, 9, 9), w = NdArray.Zeros(60, 5, 5), bias = NdArray.Zeros(16);
        ConnectionTable table = ConnectionTable.LeNet5;
        Assert.Throws<ArgumentException>(() => TableConvolution.Forward(NdArray.Zeros(1, 5, 9, 9), w, bias, table));
        Assert.Throws<ArgumentException>(() => TableConvolution.Forward(NdArray.Zeros(1, 6, 4, 9), w, bias, table));
        Assert.Throws<ArgumentException>(() => TableConvolution.Forward(x, NdArray.Zeros(59, 5, 5), bias, table));
        Assert.Throws<ArgumentException>(() => TableConvolution.Forward(x, w, NdArray.Zeros(6), table));
        Assert.Throws<ArgumentException>(() => TableConvolution.Backward(x, w, x, table));
        Assert.Throws<ArgumentException>(() => Subsampling.Forward(x, bias, bias));
        Assert.Throws<ArgumentException>(() => Subsampling.Forward(x, NdArray.Zeros(6), NdArray.Zeros(6), 10));
        Assert.Throws<ArgumentException>(() => RadialBasis.Forward(NdArray.Zeros(1, 84), NdArray.Zeros(10, 83)));
    }

    [Fact]
    public void Subsampling_scales_the_sum_of_the_window()
    {
        NdArray x = new([1, 2, 3, 4, 5, 6, 7, 8], 1, 1, 2, 4);
        Assert.Equal([7.5, 11.5], Subsampling.Forward(x, new NdArray([0.5], 1), new NdArray([0.5], 1)).Data);
        Gradients g = Subsampling.Backward(x, new NdArray([0.5], 1), new NdArray([1, 10], 1, 1, 1, 2));
        Assert.Equal([0.5, 0.5, 5, 5, 0.5, 0.5, 5, 5], g.X.Data);
        Assert.Equal(14 + 220, g.Weight[0]);
        Assert.Equal(11, g.Bias[0]);
    }

    [Fact]
    public void A_radial_basis_answers_0_for_its_own_code_and_4_per_wrong_pixel()
    {
        NdArray codes = new([1, -1, 1, 1, 1, -1], 2, 3);
        Assert.Equal([0.0, 8], RadialBasis.Forward(new NdArray([1, -1, 1], 1, 3), codes).Data);
    }

    [Fact]
    public void The_squashing_of_LeNet_maps_1_to_1()
    {
        Near.Number(1, Activation.ScaledTanh().Value(1), 1e-4);
        Near.Number(-1, Activation.ScaledTanh().Value(-1), 1e-4);
    }
}
