using Xunit;

namespace ModelZoo.Reference.Tests;

public class ConvolutionTests
{
    [Fact]
    public void A_7x7_image_with_a_3x3_kernel_gives_5x5() =>
        Assert.Equal([1, 1, 5, 5], Convolution.Forward(NdArray.Zeros(1, 1, 7, 7), NdArray.Zeros(1, 1, 3, 3), null, new()).Shape);

    [Fact]
    public void Zero_padding_of_1_keeps_7x7_and_reads_a_9x9_grid_framed_with_zeros()
    {
        Random random = new(3);
        NdArray x = random.Array(1, 1, 7, 7), w = random.Array(1, 1, 3, 3), framed = NdArray.Zeros(1, 1, 9, 9);
        for (int h = 0; h < 7; h++)
        {
            for (int v = 0; v < 7; v++)
            {
                framed[0, 0, h + 1, v + 1] = x[0, 0, h, v];
            }
        }

        NdArray y = Convolution.Forward(x, w, null, new() { Padding = 1 });
        Assert.Equal([1, 1, 7, 7], y.Shape);
        Near.Equal(Convolution.Forward(framed, w, null, new()), y);
    }

    [Fact]
    public void A_small_convolution_gives_the_numbers_worked_by_hand()
    {
        NdArray x = new([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3);
        NdArray w = new([1, 0, 0, -1], 1, 1, 2, 2), bias = new([0.5], 1);
        Assert.Equal([-3.5, -3.5, -3.5, -3.5], Convolution.Forward(x, w, bias, new()).Data);
        Gradients g = Convolution.Backward(x, w, NdArray.Full(1, 1, 1, 2, 2), new());
        Assert.Equal([12.0, 16, 24, 28], g.Weight.Data);
        Assert.Equal([4.0], g.Bias.Data);
        Assert.Equal([1.0, 1, 0, 1, 0, -1, 0, -1, -1], g.X.Data);
    }

    [Fact]
    public void Sobel_kernels_answer_a_step_edge_in_one_direction_only()
    {
        NdArray x = NdArray.Zeros(1, 1, 5, 6);
        for (int h = 0; h < 5; h++)
        {
            for (int v = 3; v < 6; v++)
            {
                x[0, 0, h, v] = 10;
            }
        }

        NdArray w = new([-1, 0, 1, -2, 0, 2, -1, 0, 1, -1, -2, -1, 0, 0, 0, 1, 2, 1], 2, 1, 3, 3);
        NdArray y = Convolution.Forward(x, w, null, new());
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal([0, 40, 40, 0], Enumerable.Range(0, 4).Select(j => y[0, 0, i, j]));
            Assert.Equal([0, 0, 0, 0], Enumerable.Range(0, 4).Select(j => y[0, 1, i, j]));
        }
    }

    [Fact]
    public void True_convolution_is_convolution_with_the_flipped_kernel() => Properties.Hold(20, random =>
    {
        (NdArray x, NdArray w, NdArray bias, ConvolutionShape shape) = ConvolutionOperations.RandomConvolution(random);
        NdArray y = TrueConvolution.Forward(x, w, bias, shape);
        Near.Equal(Convolution.Forward(x, TrueConvolution.Flip(w), bias, shape), y);
        Near.Equal(w, TrueConvolution.Flip(TrueConvolution.Flip(w)));
    });

    [Fact]
    public void True_convolution_answers_an_impulse_with_the_kernel_itself()
    {
        NdArray w = new([1, 2, 3, 4, 5, 6, 7, 8, 9], 1, 1, 3, 3), impulse = NdArray.Zeros(1, 1, 3, 3);
        impulse[0, 0, 1, 1] = 1;
        Assert.Equal(w.Data, TrueConvolution.Forward(impulse, w, null, new() { Padding = 1 }).Data);
        Assert.Equal(w.Data.Reverse(), Convolution.Forward(impulse, w, null, new() { Padding = 1 }).Data);
    }

    [Fact]
    public void Groups_are_separate_convolutions_side_by_side()
    {
        Random random = new(7);
        NdArray x1 = random.Array(2, 2, 5, 4), x2 = random.Array(2, 2, 5, 4), w1 = random.Array(3, 2, 3, 2), w2 = random.Array(3, 2, 3, 2);
        NdArray whole = Convolution.Forward(Concatenate.Forward([x1, x2]), Concatenate.Forward([w1, w2], 0), null, new() { Groups = 2 });
        Near.Equal(Concatenate.Forward([Convolution.Forward(x1, w1, null, new()), Convolution.Forward(x2, w2, null, new())]), whole);
    }

    [Fact]
    public void A_dilated_kernel_is_a_wider_kernel_with_holes()
    {
        Random random = new(9);
        NdArray x = random.Array(1, 1, 9, 9), w = random.Array(1, 1, 3, 3), wide = NdArray.Zeros(1, 1, 5, 5);
        for (int p = 0; p < 9; p++)
        {
            wide[0, 0, p / 3 * 2, p % 3 * 2] = w.Data[p];
        }

        Near.Equal(Convolution.Forward(x, wide, null, new()), Convolution.Forward(x, w, null, new() { Dilation = 2 }));
    }

    [Fact]
    public void A_column_kernel_then_a_row_kernel_is_their_outer_product()
    {
        Random random = new(11);
        NdArray x = random.Array(1, 1, 6, 7), column = random.Array(1, 1, 3, 1), row = random.Array(1, 1, 1, 4);
        NdArray outer = NdArray.Zeros(1, 1, 3, 4);
        for (int p = 0; p < 12; p++)
        {
            outer.Data[p] = column.Data[p / 4] * row.Data[p % 4];
        }

        Near.Equal(Convolution.Forward(x, outer, null, new()), Convolution.Forward(Convolution.Forward(x, column, null, new()), row, null, new()));
    }

    [Fact]
    public void A_pointwise_convolution_is_a_linear_layer_at_each_pixel()
    {
        Random random = new(13);
        NdArray x = random.Array(3, 5, 1, 1), w = random.Array(4, 5, 1, 1), bias = random.Array(4);
        Near.Equal(Linear.Forward(x.Reshape(3, 5), w.Reshape(4, 5), bias), Convolution.Forward(x, w, bias, new()).Reshape(3, 4));
    }

    [Fact]
    public void Bad_arguments_throw()
    {
        NdArray x = NdArray.Zeros(1, 4, 5, 5), w = NdArray.Zeros(6, 2, 3, 3);
        Assert.Throws<ArgumentException>(() => Convolution.Forward(x, w, null, new()));
        Assert.Throws<ArgumentException>(() => Convolution.Forward(x, w, null, new() { Groups = 4 }));
        Assert.Throws<ArgumentException>(() => Convolution.Forward(x, w, NdArray.Zeros(5), new() { Groups = 2 }));
        Assert.Throws<ArgumentException>(() => Convolution.Forward(x, w, null, new() { Groups = 2, Stride = 0 }));
        Assert.Throws<ArgumentException>(() => Convolution.Forward(x, w, null, new() { Groups = 2, Padding = (0, -1) }));
        Assert.Throws<ArgumentException>(() => Convolution.Forward(x, w, null, new() { Groups = 2, Dilation = 3 }));
        Assert.Throws<ArgumentException>(() => Convolution.Forward(x.Reshape(4, 25), w, null, new() { Groups = 2 }));
        Assert.Throws<ArgumentException>(() => Convolution.ForwardAt(x, w, null, new() { Groups = 2 }, 0, 0, 3, 0));
        Assert.Throws<ArgumentException>(() => Convolution.ForwardAt(x, w, null, new() { Groups = 2 }, 0, 6, 0, 0));
        Assert.Throws<ArgumentException>(() => Convolution.Backward(x, w, NdArray.Zeros(1, 6, 2, 3), new() { Groups = 2 }));
    }
}
