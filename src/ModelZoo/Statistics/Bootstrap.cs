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
        return Percentiles(count, 1, (times, figures) => figures[0] = figure(times), resamples, seed, level)[0];
    }

    /// <summary>The intervals of several figures on the same resamples.</summary>
    /// <param name="count">Examples.</param>
    /// <param name="figures">How many figures.</param>
    /// <param name="measure">Fills them in, of the examples as in <see cref="Percentile"/>.</param>
    /// <param name="resamples">How many.</param>
    /// <param name="seed">Decides them.</param>
    /// <param name="level">The confidence.</param>
    /// <returns>Of each; null where less than half of the resamples have the figure.</returns>
    public static IReadOnlyList<Interval?> Percentiles(
        int count, int figures, Action<ReadOnlyMemory<int>, double[]> measure, int resamples = Resamples, ulong seed = 0, double level = Interval.Level)
    {
        ArgumentNullException.ThrowIfNull(measure);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, 2);
        Distributions.CheckLevel(level);
        if (count == 0)
        {
            return new Interval?[figures];
        }

        var random = new SeededRandom(seed);
        var times = new int[count];
        var found = new double[figures];
        List<double>[] values = [.. Enumerable.Range(0, figures).Select(_ => new List<double>(resamples))];
        for (int r = 0; r < resamples; r++)
        {
            Array.Clear(times);
            for (int i = 0; i < count; i++)
            {
                times[random.Next(count)]++;
            }

            measure(times, found);
            for (int f = 0; f < figures; f++)
            {
                if (!double.IsNaN(found[f]))
                {
                    values[f].Add(found[f]);
                }
            }
        }

        double tail = (1 - level) / 2;
        return [.. values.Select(Middle)];

        Interval? Middle(List<double> some)
        {
            if (some.Count < Math.Max(2, resamples / 2))
            {
                return null;
            }

            some.Sort();
            return new(some[(int)(tail * (some.Count - 1))], some[(int)Math.Ceiling((1 - tail) * (some.Count - 1))]);
        }
    }

    /// <summary>F1 of each of several classes, and the mean F1 of those that there are examples of.</summary>
    /// <param name="labels">[N].</param>
    /// <param name="predictions">[N].</param>
    /// <param name="classes">K.</param>
    /// <param name="resamples">How many.</param>
    /// <param name="seed">Decides them.</param>
    /// <returns>K + 1, the mean last; null as in <see cref="Percentiles"/>.</returns>
    public static IReadOnlyList<Interval?> F1(
        IReadOnlyList<int> labels, IReadOnlyList<int> predictions, int classes, int resamples = Resamples, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(predictions);
        int[] actual = [.. labels], said = [.. predictions];
        int[] there = new int[classes], called = new int[classes], both = new int[classes];
        return Percentiles(actual.Length, classes + 1, (drawn, figures) =>
        {
            ReadOnlySpan<int> times = drawn.Span;
            Array.Clear(there);
            Array.Clear(called);
            Array.Clear(both);
            for (int i = 0; i < times.Length; i++)
            {
                there[actual[i]] += times[i];
                called[said[i]] += times[i];
                both[actual[i]] += actual[i] == said[i] ? times[i] : 0;
            }

            (double sum, int shown) = (0, 0);
            for (int c = 0; c < classes; c++)
            {
                figures[c] = there[c] + called[c] == 0 ? double.NaN : 2.0 * both[c] / (there[c] + called[c]);
                (sum, shown) = there[c] > 0 ? (sum + figures[c], shown + 1) : (sum, shown);
            }

            figures[classes] = shown == 0 ? double.NaN : sum / shown;
        }, resamples, seed);
    }
}
