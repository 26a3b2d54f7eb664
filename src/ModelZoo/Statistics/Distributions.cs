namespace ModelZoo.Statistics;

/// <summary>Probabilities and quantiles that the intervals and tests are made of.</summary>
public static class Distributions
{
    /// <summary>Below which value a standard normal variable lies with probability <paramref name="p"/>.</summary>
    /// <param name="p">In (0,1).</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    public static double NormalQuantile(double p)
    {
        CheckLevel(p);
        return Invert(NormalCumulative, p, -40, 40);
    }

    /// <summary>The probability of a standard normal variable below <paramref name="x"/>.</summary>
    public static double NormalCumulative(double x)
    {
        // erfc(t) = Γ(½, t²)/Γ(½), by the incomplete gamma function.
        double tail = 0.5 * UpperGamma(0.5, x * x / 2);
        return x > 0 ? 1 - tail : tail;
    }

    /// <summary>Below which value a variable of Student's t distribution lies with probability <paramref name="p"/>.</summary>
    /// <param name="p">In (0,1).</param>
    /// <param name="freedom">Degrees of freedom, positive.</param>
    /// <exception cref="ArgumentOutOfRangeException">One is out of range.</exception>
    public static double StudentQuantile(double p, double freedom)
    {
        CheckLevel(p);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(freedom);
        return Invert(t => StudentCumulative(t, freedom), p, -1e9, 1e9);
    }

    /// <summary>The probability that a variable of Student's t distribution lies below <paramref name="t"/>.</summary>
    /// <param name="t">Any value.</param>
    /// <param name="freedom">Degrees of freedom, positive.</param>
    public static double StudentCumulative(double t, double freedom)
    {
        double tail = 0.5 * IncompleteBeta(freedom / 2, 0.5, freedom / (freedom + t * t));
        return t > 0 ? 1 - tail : tail;
    }

    /// <summary>The probability of at most <paramref name="hits"/> hits in <paramref name="tries"/> independent tries.</summary>
    /// <param name="hits">Negative gives 0.</param>
    /// <param name="tries">0 or more.</param>
    /// <param name="p">The probability of a hit, in [0,1].</param>
    public static double BinomialCumulative(long hits, long tries, double p)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tries);
        return hits < 0 ? 0 : hits >= tries || p <= 0 ? 1 : p >= 1 ? 0 : IncompleteBeta(tries - hits, hits + 1, 1 - p);
    }

    /// <summary>
    /// The largest probability of a hit under which as few hits are not improbable: P(at most <paramref name="hits"/>) = 1 − <paramref name="level"/> there
    /// (C. J. Clopper, E. S. Pearson, 1934). Exact: the true one is larger with at most that probability.
    /// </summary>
    /// <param name="hits">0 … tries.</param>
    /// <param name="tries">How many there were; of none the bound is 1.</param>
    /// <param name="level">The confidence.</param>
    public static double BinomialUpperBound(long hits, long tries, double level = Interval.Level)
    {
        CheckLevel(level);
        ArgumentOutOfRangeException.ThrowIfNegative(hits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hits, tries);
        return hits == tries ? 1 : Invert(p => -BinomialCumulative(hits, tries, p), level - 1, 0, 1);
    }

    internal static void CheckLevel(double level)
    {
        if (level is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(level), level, "A probability between 0 and 1 is needed.");
        }
    }

    // Where an increasing function has a value, to the last bit that halving gives.
    private static double Invert(Func<double, double> function, double value, double low, double high)
    {
        for (int i = 0; i < 2000; i++)
        {
            double middle = low + (high - low) / 2;
            if (middle <= low || middle >= high)
            {
                break;
            }

            (low, high) = function(middle) < value ? (middle, high) : (low, middle);
        }

        return low + (high - low) / 2;
    }

    /// <summary>I_x(a, b), by its continued fraction (Lentz's method).</summary>
    internal static double IncompleteBeta(double a, double b, double x)
    {
        if (x <= 0 || x >= 1)
        {
            return x <= 0 ? 0 : 1;
        }

        if (x > (a + 1) / (a + b + 2))
        {
            return 1 - IncompleteBeta(b, a, 1 - x);
        }

        double front = Math.Exp(a * Math.Log(x) + b * Math.Log(1 - x) + LogGamma(a + b) - LogGamma(a) - LogGamma(b)) / a;
        double c = 1, d = Inverse(1 - (a + b) * x / (a + 1)), f = d;
        for (int m = 1; m < 100_000; m++)
        {
            double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)), odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = Inverse(1 + even * d);
            c = Away(1 + even / c);
            f *= c * d;
            d = Inverse(1 + odd * d);
            c = Away(1 + odd / c);
            f *= c * d;
            if (Math.Abs(c * d - 1) < 1e-16)
            {
                break;
            }
        }

        return front * f;
    }

    /// <summary>ln Γ(x) for x > 0: Stirling's series, after x was raised above 15 by Γ(x + 1) = x·Γ(x).</summary>
    internal static double LogGamma(double x)
    {
        double shift = 0;
        for (; x < 15; x++)
        {
            shift -= Math.Log(x);
        }

        double y = 1 / (x * x);
        double series = (((((-691.0 / 360360 * y + 1.0 / 1188) * y - 1.0 / 1680) * y + 1.0 / 1260) * y - 1.0 / 360) * y + 1.0 / 12) / x;
        return shift + (x - 0.5) * Math.Log(x) - x + 0.5 * Math.Log(2 * Math.PI) + series;
    }

    // Γ(a, x)/Γ(a): the series below a + 1, the continued fraction above.
    private static double UpperGamma(double a, double x)
    {
        if (x <= 0)
        {
            return 1;
        }

        double front = Math.Exp(a * Math.Log(x) - x - LogGamma(a));
        if (x < a + 1)
        {
            double term = 1 / a, sum = term;
            for (int n = 1; n < 10_000 && term > sum * 1e-17; n++)
            {
                term *= x / (a + n);
                sum += term;
            }

            return 1 - front * sum;
        }

        double b = x + 1 - a, c = 1e300, d = 1 / b, f = d;
        for (int n = 1; n < 10_000; n++)
        {
            double factor = -n * (n - a);
            b += 2;
            d = Inverse(factor * d + b);
            c = Away(b + factor / c);
            f *= c * d;
            if (Math.Abs(c * d - 1) < 1e-16)
            {
                break;
            }
        }

        return front * f;
    }

    private static double Inverse(double value) => 1 / Away(value);

    private static double Away(double value) => Math.Abs(value) < 1e-300 ? 1e-300 : value;
}
