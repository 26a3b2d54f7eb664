using Xunit;

namespace ModelZoo.Reference.Tests;

public class LinearAndLossTests
{
    [Fact]
    public void Linear_gives_the_numbers_worked_by_hand()
    {
        Sum y = Linear.ForwardAt(new NdArray([1, -2], 1, 2), new NdArray([3, 4], 1, 2), new NdArray([0.5], 1), 0, 0);
        Assert.Equal(new Sum(-4.5, 11.5, 3), y);
    }

    [Fact]
    public void Softmax_sums_to_1_and_survives_huge_logits()
    {
        NdArray y = Softmax.Forward(new NdArray([0, Math.Log(3), 1000, 1000], 2, 2));
        Near.Equal(new NdArray([0.25, 0.75, 0.5, 0.5], 2, 2), y);
        Near.Equal(new NdArray([0, -2000], 1, 2), Softmax.LogForward(new NdArray([1000, -1000], 1, 2)));
    }

    [Fact]
    public void Cross_entropy_of_equal_logits_is_the_logarithm_of_the_number_of_classes()
    {
        Near.Number(Math.Log(10), CrossEntropy.Forward(NdArray.Zeros(3, 10), [0, 5, 9]));
        Near.Number(Math.Log(10), CrossEntropy.Forward(NdArray.Zeros(3, 10), [0, 5, 9], 0.1));
        Near.Number(Math.Log(4.0 / 3), CrossEntropy.Forward(new NdArray([0, Math.Log(3)], 1, 2), [1]));
        Near.Number((0.9 * Math.Log(4.0 / 3)) + (0.1 * Math.Log(4)), CrossEntropy.Forward(new NdArray([0, Math.Log(3)], 1, 2), [1], 0.2));
    }

    [Fact]
    public void Bad_arguments_throw()
    {
        NdArray x = NdArray.Zeros(2, 3);
        Assert.Throws<ArgumentException>(() => Linear.Forward(x, NdArray.Zeros(3, 4), null));
        Assert.Throws<ArgumentException>(() => Linear.Forward(x, NdArray.Zeros(4, 3), NdArray.Zeros(3)));
        Assert.Throws<ArgumentException>(() => Linear.Backward(x, NdArray.Zeros(4, 3), NdArray.Zeros(2, 3)));
        Assert.Throws<ArgumentException>(() => Softmax.Forward(x, 2));
        Assert.Throws<ArgumentException>(() => CrossEntropy.Forward(x, [0]));
        Assert.Throws<ArgumentException>(() => CrossEntropy.Forward(x, [0, 3]));
        Assert.Throws<ArgumentException>(() => CrossEntropy.Forward(x, [0, 1], 1.5));
        Assert.Throws<ArgumentException>(() => MeanSquaredError.Forward(x, NdArray.Zeros(3, 2)));
    }
}
