using Xunit;

namespace ModelZoo.Reference.Tests;

public class ActivationTests
{
    [Fact]
    public void Values_are_the_ones_worked_by_hand()
    {
        NdArray x = new([-4, -1, 0, 1, 7], 5);
        Assert.Equal([0.0, 0, 0, 1, 7], Activation.Relu.Forward(x).Data);
        Assert.Equal([0.0, 0, 0, 1, 6], Activation.Relu6.Forward(x).Data);
        Assert.Equal([-1, -0.25, 0, 1, 7], Activation.LeakyRelu(0.25).Forward(x).Data);
        Assert.Equal([0, -2.0 / 6, 0, 4.0 / 6, 7], Activation.HardSwish.Forward(x).Data);
        Assert.Equal([0, 2.0 / 6, 0.5, 4.0 / 6, 1], Activation.HardSigmoid.Forward(x).Data);
        Assert.Equal(0.5, Activation.Sigmoid.Value(0));
        Near.Number(Math.E / (1 + Math.E), Activation.Silu.Value(1));
        Near.Number(1.7159 * Math.Tanh(2), Activation.ScaledTanh().Value(3));
    }

    [Fact]
    public void Kinks_take_the_side_that_PyTorch_takes()
    {
        Assert.Equal(0, Activation.Relu.Slope(0));
        Assert.Equal(0, Activation.Relu6.Slope(6));
        Assert.Equal(0.01, Activation.LeakyRelu().Slope(0));
        Assert.Equal(0, Activation.HardSigmoid.Slope(3));
        Assert.Equal(1.5, Activation.HardSwish.Slope(3));
        Assert.Equal(-0.5, Activation.HardSwish.Slope(-3));
    }

    [Fact]
    public void Nothing_overflows_far_out_and_NaN_stays_NaN()
    {
        Assert.Equal(0, Activation.Sigmoid.Value(-1000));
        Assert.Equal(1, Activation.Sigmoid.Value(1000));
        Assert.Equal(0, Activation.Sigmoid.Slope(-1000));
        Assert.Equal(1000, Activation.Silu.Value(1000));
        Assert.All(ActivationOperations.Functions.Values, activation => Assert.True(double.IsNaN(activation.Value(double.NaN)), activation.Name));
    }

    [Fact]
    public void A_gradient_of_another_shape_throws() =>
        Assert.Throws<ArgumentException>(() => Activation.Relu.Backward(NdArray.Zeros(2, 3), NdArray.Zeros(3, 2)));
}
