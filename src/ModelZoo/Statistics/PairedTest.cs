using System.Globalization;

namespace ModelZoo.Statistics;

/// <summary>Two classifiers on the same examples: whether one is right more often, beyond chance.</summary>
/// <param name="Both">Examples that both get right.</param>
/// <param name="FirstOnly">That only the first gets right.</param>
/// <param name="SecondOnly">That only the second gets right.</param>
/// <param name="Neither">That neither gets right.</param>
public sealed record PairedTest(int Both, int FirstOnly, int SecondOnly, int Neither)
{
    /// <summary>Examples.</summary>
    public int Count => Both + FirstOnly + SecondOnly + Neither;

    /// <summary>The accuracy of the second less that of the first, in [−1,1].</summary>
    public double Difference => Count == 0 ? 0 : (double)(SecondOnly - FirstOnly) / Count;

    /// <summary>
    /// The exact two-sided p of McNemar's test (Q. McNemar, 1947): of the examples that one alone gets right, either is as likely to have it if none is better,
    /// so their number is binomial with ½. 1 where there are none.
    /// </summary>
    public double P => Math.Min(1, 2 * Distributions.BinomialCumulative(Math.Min(FirstOnly, SecondOnly), FirstOnly + SecondOnly, 0.5));

    /// <summary>Whether chance alone would seldom give so much: P is at most 5 %.</summary>
    public bool Decided => P <= 1 - Interval.Level;

    /// <summary>Counts.</summary>
    /// <param name="first">[N] whether the first is right.</param>
    /// <param name="second">[N] whether the second is, on the same examples.</param>
    /// <exception cref="ArgumentException">There are not as many of both.</exception>
    public static PairedTest Of(IReadOnlyList<bool> first, IReadOnlyList<bool> second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Count != second.Count)
        {
            throw new ArgumentException($"{first.Count} answers of one and {second.Count} of the other.", nameof(second));
        }

        var counts = new int[4];
        for (int i = 0; i < first.Count; i++)
        {
            counts[(first[i] ? 0 : 2) + (second[i] ? 0 : 1)]++;
        }

        return new(counts[0], counts[1], counts[2], counts[3]);
    }

    /// <summary>
    /// The percentile interval of <see cref="Difference"/> over resamples of the examples with replacement (B. Efron, 1979). A resample is drawn by its counts:
    /// the examples that one alone gets right are binomial, and among them those of the second, which is the same in distribution.
    /// </summary>
    /// <param name="seed">Decides the resamples.</param>
    /// <param name="resamples">How many.</param>
    /// <param name="level">The confidence.</param>
    public Interval Bootstrap(ulong seed = 0, int resamples = 10_000, double level = Interval.Level)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(resamples);
        Distributions.CheckLevel(level);
        int apart = FirstOnly + SecondOnly;
        if (apart == 0)
        {
            return new(0, 0);
        }

        var random = new SeededRandom(seed);
        double[] cumulative = Cumulative(Count, (double)apart / Count);
        var differences = new double[resamples];
        double share = (double)SecondOnly / apart;
        for (int r = 0; r < resamples; r++)
        {
            int drawn = Drawn(cumulative, random.NextDouble()), second = 0;
            for (int i = 0; i < drawn; i++)
            {
                second += random.NextDouble() < share ? 1 : 0;
            }

            differences[r] = (2.0 * second - drawn) / Count;
        }

        Array.Sort(differences);
        double tail = (1 - level) / 2;
        return new(differences[(int)(tail * (resamples - 1))], differences[(int)Math.Ceiling((1 - tail) * (resamples - 1))]);
    }

    /// <summary>Whether the second is better, as a sentence.</summary>
    /// <param name="first">What the first is called.</param>
    /// <param name="second">What the second is called.</param>
    /// <param name="difference">From <see cref="Bootstrap"/>.</param>
    public string Sentence(string first, string second, Interval difference)
    {
        string points = string.Create(CultureInfo.InvariantCulture, $"{100 * difference.Low:+0.00;−0.00;0.00} … ")
            + string.Create(CultureInfo.InvariantCulture, $"{100 * difference.High:+0.00;−0.00;0.00} points, ")
            + string.Create(CultureInfo.InvariantCulture, $"McNemar's exact p = {P:G2}");
        string than = string.Create(CultureInfo.InvariantCulture, $"{100 * Math.Abs(Difference):F2} points");
        string has = Difference == 0 ? "the same accuracy as" : $"{than} {(Difference > 0 ? "more" : "less")} than";
        return !Decided ? $"Neither is shown to be better: {second} has {has} {first} ({points}), which chance alone may give."
            : Difference > 0 ? $"{second} is better than {first} by {than} ({points})."
            : $"{second} is worse than {first} by {than} ({points}).";
    }

    // P(at most k) for k = 0 … n.
    private static double[] Cumulative(int n, double p)
    {
        var cumulative = new double[n + 1];
        double sum = 0, logP = Math.Log(p), logQ = p < 1 ? Math.Log(1 - p) : 0;
        for (int k = 0; k <= n; k++)
        {
            sum += p < 1
                ? Math.Exp(Distributions.LogGamma(n + 1) - Distributions.LogGamma(k + 1) - Distributions.LogGamma(n - k + 1) + k * logP + (n - k) * logQ)
                : k == n ? 1 : 0;
            cumulative[k] = sum;
        }

        return cumulative;
    }

    private static int Drawn(double[] cumulative, double u)
    {
        int place = Array.BinarySearch(cumulative, u);
        return Math.Min(place < 0 ? ~place : place + 1, cumulative.Length - 1);
    }
}
