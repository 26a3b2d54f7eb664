using Xunit;

namespace ModelZoo.Reference.Tests;

public class SumTests
{
    private const double Float32 = 1.0 / (1 << 24);

    [Fact]
    public void A_sum_keeps_value_magnitude_and_number_of_terms()
    {
        Sum sum = default(Sum).Plus(3).Plus(-5);
        Assert.Equal(new Sum(-2, 8, 2), sum);
        Assert.Equal(new Sum(4, 16, 2), sum.Times(-2));
        Assert.Equal(new Sum(0, 16, 4), sum.Plus(new Sum(2, 8, 2)));
    }

    [Fact]
    public void Magnitude_is_the_operation_on_absolute_values() => Properties.Hold(20, random =>
    {
        (NdArray x, NdArray w, NdArray bias, ConvolutionShape shape) = ConvolutionOperations.RandomConvolution(random);
        Sums y = Convolution.ForwardSums(x, w, bias, shape);
        Near.Equal(Convolution.Forward(x.Map(Math.Abs), w.Map(Math.Abs), bias.Map(Math.Abs), shape), y.Magnitude);
        NdArray ones = Convolution.Forward(x.Map(_ => 1), w.Map(_ => 1), bias.Map(_ => 1), shape);
        Assert.Equal(ones.Data, y.Terms.Data);
        NdArray gradY = random.ArrayLike(y.Value);
        GradientSums g = Convolution.BackwardSums(x, w, gradY, shape);
        Gradients absolute = Convolution.Backward(x.Map(Math.Abs), w.Map(Math.Abs), gradY.Map(Math.Abs), shape);
        Near.Equal(absolute.X, g.X.Magnitude);
        Near.Equal(absolute.Weight, g.Weight.Magnitude);
        Near.Equal(absolute.Bias, g.Bias.Magnitude);
    });

    [Fact]
    public void Float32_sums_in_any_order_stay_within_the_rounding_bound() => Properties.Hold(200, random =>
    {
        int n = random.From(1, 3000);
        float[] x = [.. Enumerable.Range(0, n).Select(_ => (float)random.Number(0, 1) - 0.3f)], w = [.. x.Select(_ => (float)random.Number(0, 1) - 0.5f)];
        Sum sum = default;
        for (int i = 0; i < n; i++)
        {
            sum = sum.Plus((double)x[i] * w[i]);
        }

        int[] order = [.. Enumerable.Range(0, n)];
        random.Shuffle(order);
        float narrow = 0;
        foreach (int i in order)
        {
            narrow += x[i] * w[i];
        }

        Assert.True(Math.Abs(narrow - sum.Value) <= sum.RoundingBound(Float32), $"{narrow} against {sum}");
        Assert.True(Math.Abs(narrow - sum.Value) < 1e-3);
    });

    [Fact]
    public void A_flipped_weight_leaves_the_rounding_bound()
    {
        Random random = new(3);
        NdArray x = random.Array(1, 3, 6, 6), w = random.Array(2, 3, 3, 3);
        Sum right = Convolution.ForwardAt(x, w, null, new(), 0, 1, 2, 2);
        w[1, 2, 0, 1] *= 1.01;
        Sum wrong = Convolution.ForwardAt(x, w, null, new(), 0, 1, 2, 2);
        Assert.True(Math.Abs(wrong.Value - right.Value) > right.RoundingBound(Float32));
    }
}
