namespace ModelZoo.Reference;

/// <summary>
/// The error function: below 1 by a series whose terms are all positive, so that nothing cancels, erf x = (2/√π)·e^(−x²)·Σ_n 2ⁿ·x^(2n+1)/(1·3·…·(2n + 1));
/// above it by what is lacking to 1, the continued fraction e^(−x²)/√π / (x + (1/2)/(x + (2/2)/(x + (3/2)/(x + …)))).
/// Source: Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 7.1.6 and 7.1.14.
/// </summary>
public static class ErrorFunction
{
    private const int Depth = 300;

    /// <summary>erf x.</summary>
    public static double Of(double x) =>
        double.IsNaN(x) ? x : Math.Abs(x) < 1 ? Series(x) : Math.Sign(x) * (1 - Rest(Math.Abs(x)));

    /// <summary>erf' x = (2/√π)·e^(−x²).</summary>
    public static double Slope(double x) => 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x);

    /// <summary>The share of a normal distribution below x: (1 + erf(x/√2))/2.</summary>
    public static double Normal(double x) => (1 + Of(x / Math.Sqrt(2))) / 2;

    private static double Series(double x)
    {
        double term = x, sum = x;
        for (int n = 1; Math.Abs(term) > 1e-18 * Math.Abs(sum); n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    private static double Rest(double x)
    {
        double fraction = x;
        for (int n = Depth; n > 0; n--)
        {
            fraction = x + (n / 2.0 / fraction);
        }

        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / fraction;
    }
}
