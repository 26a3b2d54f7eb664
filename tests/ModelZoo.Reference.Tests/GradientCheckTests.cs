using Xunit;

namespace ModelZoo.Reference.Tests;

public class GradientCheckTests
{
    [Fact]
    public void A_planted_wrong_gradient_is_caught()
    {
        Random random = new(1);
        NdArray x = random.Array(2, 5), w = random.Array(3, 5), gradY = random.Array(2, 3);
        Gradients right = Linear.Backward(x, w, gradY);
        NdArray wrong = right.Weight.Copy();
        wrong.Data[7] *= 1.001;

        Assert.True(GradientCheck.Error(() => Linear.Forward(x, w, null), gradY, w, right.Weight) < 1e-9);
        Assert.True(GradientCheck.Error(() => Linear.Forward(x, w, null), gradY, w, wrong) > 1e-5);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => GradientCheck.Passes(() => Linear.Forward(x, w, null), gradY, (w, wrong)));
    }

    [Fact]
    public void A_gradient_that_is_not_a_number_is_caught()
    {
        NdArray x = NdArray.Full(1, 3), gradY = NdArray.Full(1, 3);
        Assert.Equal(double.PositiveInfinity, GradientCheck.Error(() => x, gradY, x, NdArray.Full(double.NaN, 3)));
    }

    [Fact]
    public void A_transposed_gradient_is_caught_by_its_shape()
    {
        NdArray x = NdArray.Zeros(2, 3), gradY = NdArray.Zeros(2, 3);
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => GradientCheck.Passes(() => x, gradY, (x, NdArray.Zeros(3, 2))));
    }
}
