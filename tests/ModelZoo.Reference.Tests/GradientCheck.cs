using Xunit;

namespace ModelZoo.Reference.Tests;

/// <summary>
/// Analytic gradients against central finite differences of the loss L = Σ gradY·y:
/// ∂L/∂x ≈ (L(x + h) − L(x − h)) / 2h. Big arrays are checked at a sample of places.
/// </summary>
internal static class GradientCheck
{
    private const double Step = 1e-5;
    private const double Tolerance = 1e-6;
    private const int Places = 40;

    /// <summary>Fails if any analytic gradient is off; each pair holds an input that forward reads and its gradient.</summary>
    public static void Passes(Func<NdArray> forward, NdArray gradY, params (NdArray X, NdArray Gradient)[] pairs)
    {
        for (int i = 0; i < pairs.Length; i++)
        {
            double error = Error(forward, gradY, pairs[i].X, pairs[i].Gradient);
            Assert.True(error < Tolerance, $"the gradient of input {i}, {pairs[i].X}, is off by {error:g3}");
        }
    }

    public static void Passes(Func<double> loss, NdArray x, NdArray gradient) => Passes(() => new NdArray([loss()], 1), NdArray.Full(1, 1), (x, gradient));

    /// <summary>The largest |analytic − numeric| / (1 + |numeric|).</summary>
    public static double Error(Func<NdArray> forward, NdArray gradY, NdArray x, NdArray gradient)
    {
        Assert.Equal(x.Shape, gradient.Shape);
        double worst = 0;
        int stride = Math.Max(1, x.Count / Places);
        for (int i = 0; i < x.Count; i += stride)
        {
            double numeric = (Loss(x, i, Step, forward, gradY) - Loss(x, i, -Step, forward, gradY)) / (2 * Step);
            double error = Math.Abs(gradient.Data[i] - numeric) / (1 + Math.Abs(numeric));
            worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
        }

        return worst;
    }

    private static double Loss(NdArray x, int place, double step, Func<NdArray> forward, NdArray gradY)
    {
        double kept = x.Data[place];
        x.Data[place] = kept + step;
        NdArray y = forward();
        x.Data[place] = kept;
        return y.Zip(gradY, (value, g) => value * g).Data.Sum();
    }
}
