using System.Globalization;

namespace ModelZoo.Statistics;

/// <summary>Where a quantity lies, with some confidence.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct Interval(double Low, double High)
{
    /// <summary>The confidence of every interval that is shown.</summary>
    public const double Level = 0.95;

    /// <summary>Of a share that was counted: <see cref="Wilson"/>'s interval for <paramref name="share"/>·<paramref name="count"/> hits.</summary>
    /// <param name="share">In [0,1].</param>
    /// <param name="count">Examples.</param>
    public static Interval OfShare(double share, long count) => Wilson((long)Math.Round(share * count), count);

    /// <summary>
    /// The probability of a hit, of independent tries (E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927): all p whose
    /// normal test the hits pass. On average over p it covers as often as it says, from ten tries on, which p ± z·√(p(1 − p)/n) does not (L. D. Brown,
    /// T. T. Cai, A. DasGupta, "Interval estimation for a binomial proportion", 2001).
    /// </summary>
    /// <param name="hits">0 … tries.</param>
    /// <param name="tries">How many there were; of none the interval is [0,1].</param>
    /// <param name="level">The confidence.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are more hits than tries, or the level is outside (0,1).</exception>
    public static Interval Wilson(long hits, long tries, double level = Level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(hits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(hits, tries);
        Distributions.CheckLevel(level);
        if (tries == 0)
        {
            return new(0, 1);
        }

        double n = tries, p = hits / n, z = Distributions.NormalQuantile((1 + level) / 2), z2 = z * z;
        double middle = (p + z2 / (2 * n)) / (1 + z2 / n), half = z / (1 + z2 / n) * Math.Sqrt(p * (1 - p) / n + z2 / (4 * n * n));
        return new(hits == 0 ? 0 : middle - half, hits == tries ? 1 : middle + half);
    }

    /// <summary>The mean behind repeated measurements, over seeds or folds: mean ± t·s/√n of Student's distribution with n − 1 degrees of freedom.</summary>
    /// <param name="values">Independent and about normally distributed. Folds share examples, so theirs is a little too narrow (Y. Bengio, Y. Grandvalet,
    /// "No unbiased estimator of the variance of k-fold cross-validation", 2004).</param>
    /// <param name="level">The confidence.</param>
    /// <returns>Null for fewer than two values, which say nothing of their spread.</returns>
    public static Interval? OfMean(IReadOnlyList<double> values, double level = Level)
    {
        ArgumentNullException.ThrowIfNull(values);
        Distributions.CheckLevel(level);
        if (values.Count < 2)
        {
            return null;
        }

        double mean = values.Average(), deviation = Math.Sqrt(values.Sum(v => (v - mean) * (v - mean)) / (values.Count - 1));
        double half = Distributions.StudentQuantile((1 + level) / 2, values.Count - 1) * deviation / Math.Sqrt(values.Count);
        return new(mean - half, mean + half);
    }

    /// <summary>Whether a value lies inside.</summary>
    public bool Contains(double value) => value >= Low && value <= High;

    /// <summary>Of a share, in percent: "89.7 – 97.3 %".</summary>
    /// <param name="digits">Behind the point.</param>
    public string Percent(int digits = 1)
    {
        string format = $"F{digits}";
        return $"{(100 * Low).ToString(format, CultureInfo.InvariantCulture)} – {(100 * High).ToString(format, CultureInfo.InvariantCulture)} %";
    }
}
