namespace ModelZoo.Statistics;

/// <summary>
/// Intervals of figures that are no share of examples: the examples are drawn again and again with replacement, and the middle 95 % of what the figure comes
/// to are the interval (B. Efron, "Bootstrap methods: another look at the jackknife", 1979; the percentile method). Of few examples it is a little too narrow.
/// </summary>
public static class Bootstrap
{
    /// <summary>Resamples, as many as are usual for percentiles.</summary>
    public const int Resamples = 1_000;

    /// <summary>The interval of one figure.</summary>
    /// <param name="count">Examples.</param>
    /// <param name="figure">Of the examples, each counted as many times as it was drawn ([count], which adds up to count); not a number where it has none, and
    /// the resample is left out.</param>
    /// <param name="resamples">How many.</param>
    /// <param name="seed">Decides them.</param>
    /// <param name="level">The confidence.</param>
    /// <returns>Null where less than half of the resamples have a figure.</returns>
    public static Interval? Percentile(
        int count, Func<ReadOnlyMemory<int>, double> figure, int resamples = Resamples, ulong seed = 0, double level = Interval.Level)
    {
        ArgumentNullException.ThrowIfNull(figure);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 2);
        Distributions.CheckLevel(level);
        if (count == 0)
        {
            return null;
        }

        var random = new SeededRandom(seed);
        var times = new int[count];
        var figures = new List<double>(resamples);
        for (int r = 0; r < resamples; r++)
        {
            Array.Clear(times);
            for (int i = 0; i < count; i++)
            {
                times[random.Next(count)]++;
            }

            if (figure(times) is var value && !double.IsNaN(value))
            {
                figures.Add(value);
            }
        }

        if (figures.Count < Math.Max(2, resamples / 2))
        {
            return null;
        }

        figures.Sort();
        double tail = (1 - level) / 2;
        return new(figures[(int)(tail * (figures.Count - 1))], figures[(int)Math.Ceiling((1 - tail) * (figures.Count - 1))]);
    }
}
