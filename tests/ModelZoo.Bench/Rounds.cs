namespace ModelZoo.Bench;

/// <summary>Seconds of both sides, round by round, each side measured close to the other in time.</summary>
internal sealed class Rounds
{
    private readonly List<(double Ours, double Theirs)> all = [];

    /// <summary>The other's time over ours: above 1 we are faster.</summary>
    internal RatioSummary Ratio
    {
        get
        {
            double[] ratios = [.. all.Select(r => r.Theirs / r.Ours)];
            return new RatioSummary(Median(ratios), ratios.Min(), ratios.Max());
        }
    }

    internal double OursMedian => Median(all.Select(r => r.Ours));

    internal double TheirsMedian => Median(all.Select(r => r.Theirs));

    internal double OursBest => all.Min(r => r.Ours);

    internal double TheirsBest => all.Min(r => r.Theirs);

    internal void Add(double ours, double theirs) => all.Add((ours, theirs));

    /// <summary>One round; who goes first alternates, so that a drift of the machine favors nobody.</summary>
    internal void Run(Func<double> ours, Func<double> theirs)
    {
        bool second = all.Count % 2 == 0;
        double other = second ? theirs() : 0, own = ours();
        Add(own, second ? other : theirs());
    }

    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>Ratios of several rounds.</summary>
internal sealed record RatioSummary(double Median, double Min, double Max);
