namespace ModelZoo.Statistics;

/// <summary>How many examples McNemar's exact test (<see cref="PairedTest.P"/>) needs to tell two classifiers apart.</summary>
public static class PairedPower
{
    /// <summary>The usual wish: four times of five the test finds what is there.</summary>
    public const double Wished = 0.8;

    private const double FarOut = 9; // standard deviations
    private const int MostApart = 2_000; // beyond so many examples that one alone gets right the normal approximation is as good
    private const long Most = 1_000_000_000;

    /// <summary>The probability that the test decides.</summary>
    /// <param name="count">Examples.</param>
    /// <param name="first">The share of all examples that only the first classifier gets right.</param>
    /// <param name="second">That only the second gets right.</param>
    /// <param name="level">The largest p that decides.</param>
    public static double Of(long count, double first, double second, double level = 1 - Interval.Level)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Check(first, second, level);
        double apart = first + second;
        if (apart <= 0)
        {
            return 0;
        }

        double middle = count * apart, far = FarOut * Math.Sqrt(count * apart * (1 - apart)) + 1;
        long from = Math.Max(0, (long)(middle - far)), to = Math.Min(count, (long)(middle + far));
        (double power, long critical) = (0, -1); // so many of the weaker one's, or fewer, decide
        double below = Distributions.BinomialCumulative(from - 1, count, apart), share = second / apart;
        for (long m = from; m <= to; m++)
        {
            double upTo = Distributions.BinomialCumulative(m, count, apart);
            while (2 * Distributions.BinomialCumulative(critical + 1, m, 0.5) <= level)
            {
                critical++;
            }

            power += (upTo - below) * (Distributions.BinomialCumulative(critical, m, share) + Distributions.BinomialCumulative(critical, m, 1 - share));
            below = upTo;
        }

        return Math.Min(1, power);
    }

    /// <summary>
    /// The number of examples with which the test decides with the wished probability. It is exact but for a few examples (power rises in small steps that fall
    /// back a little), and for many examples by R. J. Connett, J. A. Smith, R. B. McHugh, "Sample size and power for pair-matched case-control studies", 1987.
    /// </summary>
    /// <param name="first">The share of all examples that only the first classifier gets right.</param>
    /// <param name="second">That only the second gets right.</param>
    /// <param name="level">The largest p that decides.</param>
    /// <param name="power">The wished probability.</param>
    /// <returns>Null where the two shares are alike, so that no number would do, and where more than 10⁹ were needed.</returns>
    public static long? Examples(double first, double second, double level = 1 - Interval.Level, double power = Wished)
    {
        Check(first, second, level);
        Distributions.CheckLevel(power);
        double difference = Math.Abs(second - first), apart = first + second;
        if (difference <= 0)
        {
            return null;
        }

        double sum = Distributions.NormalQuantile(1 - level / 2) * Math.Sqrt(apart)
            + Distributions.NormalQuantile(power) * Math.Sqrt(Math.Max(0, apart - difference * difference));
        double about = Math.Ceiling(sum * sum / (difference * difference));
        if (about > Most || about * apart > MostApart)
        {
            return about > Most ? null : (long)about;
        }

        (long low, long high) = (0, Math.Max(8, (long)about));
        while (Of(high, first, second, level) < power)
        {
            (low, high) = (high, 2 * high);
        }

        while (high - low > 1)
        {
            long middle = low + (high - low) / 2;
            (low, high) = Of(middle, first, second, level) < power ? (middle, high) : (low, middle);
        }

        return high;
    }

    private static void Check(double first, double second, double level)
    {
        Distributions.CheckLevel(level);
        if (!(first >= 0 && second >= 0 && first + second <= 1 + 1e-9))
        {
            throw new ArgumentOutOfRangeException(nameof(first), $"{first} and {second} are no shares of the same examples.");
        }
    }
}
