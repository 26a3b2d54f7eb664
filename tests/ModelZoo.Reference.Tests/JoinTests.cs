using Xunit;

namespace ModelZoo.Reference.Tests;

public class JoinTests
{
    [Fact]
    public void Channels_are_laid_one_after_the_other_within_each_sample()
    {
        NdArray a = new([1, 2], 2, 1, 1, 1), b = new([3, 4, 5, 6], 2, 2, 1, 1);
        Assert.Equal([1.0, 3, 4, 2, 5, 6], Concatenate.Forward([a, b]).Data);
    }

    [Fact]
    public void Squeeze_and_excitation_scales_each_map()
    {
        NdArray maps = new([1, 2, 3, 4], 1, 2, 1, 2), scale = new([10, 100], 1, 2, 1, 1);
        Assert.Equal([10.0, 20, 300, 400], Multiply.Forward(maps, scale).Data);
    }

    [Fact]
    public void The_gradient_of_a_residual_block_is_that_of_its_branch_plus_1()
    {
        Random random = new(1);
        NdArray x = random.Distinct(2, 5), gradY = NdArray.Full(1, 2, 5);
        NdArray branch = Activation.Tanh.Backward(x, gradY);
        OperationCase block = new(
            "x + tanh x",
            [("x", x)],
            () => OperationCase.Rounded(Add.Forward(Activation.Tanh.Forward(x), x), x),
            _ => [branch.Map(g => g + 1)],
            _ => [branch]);
        GradientCheck.Passes(block, gradY, block.Backward);
        Assert.Throws<GradientException>(() => GradientCheck.Passes(block, gradY, block.Mistaken));
    }

    [Fact]
    public void Flatten_keeps_the_order_channel_row_column_and_its_gradient_the_shape()
    {
        NdArray x = new([.. Enumerable.Range(0, 24).Select(i => (double)i)], 2, 3, 2, 2);
        NdArray y = Flatten.Forward(x);
        Assert.Equal([2, 12], y.Shape);
        Assert.Equal(x[1, 2, 0, 1], y[1, (2 * 4) + 1]);
        Assert.Equal(x.Shape, Flatten.Backward(x, y).Shape);
    }

    [Fact]
    public void Dropout_scales_what_it_keeps_and_its_gradient_alike()
    {
        NdArray x = new([1, 2, 3], 3), mask = new([1, 0, 1], 3), gradY = new([1, 1, 2], 3);
        Assert.Equal([4.0, 0, 12], Dropout.Forward(x, mask, 0.75).Data);
        Assert.Equal([4.0, 0, 8], Dropout.Backward(gradY, mask, 0.75).Data);
    }

    [Fact]
    public void Bad_arguments_throw()
    {
        NdArray x = NdArray.Zeros(2, 3);
        Assert.Throws<ArgumentException>(() => Add.Forward(x, NdArray.Zeros(3)));
        Assert.Throws<ArgumentException>(() => Multiply.Forward(x, NdArray.Zeros(2, 2)));
        Assert.Throws<ArgumentException>(() => Add.Backward(x, x, NdArray.Zeros(3, 2)));
        Assert.Throws<ArgumentException>(() => Concatenate.Forward([]));
        Assert.Throws<ArgumentException>(() => Concatenate.Forward([x, NdArray.Zeros(3, 3)]));
        Assert.Throws<ArgumentException>(() => Concatenate.Forward([x, x], 2));
        Assert.Throws<ArgumentException>(() => Dropout.Forward(x, x, 1));
        Assert.Throws<ArgumentException>(() => Dropout.Forward(x, NdArray.Zeros(3, 2), 0.5));
        Assert.Throws<ArgumentException>(() => Flatten.Backward(x, NdArray.Zeros(7)));
    }
}
