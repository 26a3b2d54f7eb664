namespace ModelZoo.Statistics;

/// <summary>Several tests at once: the more there are, the likelier one of them comes out by chance.</summary>
public static class Holm
{
    /// <summary>
    /// S. Holm, "A simple sequentially rejective multiple test procedure", 1979: p values to be held against the level as if each test were the only one. Where
    /// none of the hypotheses called false is, the chance of even one such error among all tests is at most the level, however the tests hang together.
    /// </summary>
    /// <param name="p">[M], each in [0,1].</param>
    /// <returns>[M], in the same order, each at least as large as its p and at most 1.</returns>
    public static IReadOnlyList<double> Adjust(IReadOnlyList<double> p)
    {
        ArgumentNullException.ThrowIfNull(p);
        var adjusted = new double[p.Count];
        double least = 0;
        foreach ((int rank, int test) in Enumerable.Range(0, p.Count).OrderBy(i => p[i]).Index())
        {
            adjusted[test] = least = Math.Max(least, Math.Min(1, (p.Count - rank) * p[test]));
        }

        return adjusted;
    }
}
