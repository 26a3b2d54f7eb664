using System.Globalization;

namespace ModelZoo.Audit;

/// <summary>Pictures whose features lie far from those of all others: of something else, probably.</summary>
internal static class OddOnes
{
    // The distance to the so-manieth neighbor; and how far beyond the usual: Tukey's outer fence (J. W. Tukey, "Exploratory data analysis", 1977).
    private const int Neighbor = 5, Fewest = 20;
    private const double Fence = 3;

    /// <summary>Which they are; none where there are too few pictures to say what is usual.</summary>
    /// <param name="neighbors">Of the pictures that could be read.</param>
    /// <param name="places">The place of each among all.</param>
    public static IEnumerable<AuditFinding> Of(Neighborhood neighbors, IReadOnlyList<int> places)
    {
        if (places.Count < Fewest || neighbors.Each < Neighbor)
        {
            return [];
        }

        double[] far = [.. Enumerable.Range(0, places.Count).Select(i => neighbors.Distance(i, Neighbor - 1))];
        double[] sorted = [.. far.Order()];
        double low = sorted[sorted.Length / 4], high = sorted[sorted.Length * 3 / 4], limit = high + (Fence * (high - low));
        return [.. Enumerable.Range(0, far.Length).Where(i => far[i] > limit).OrderByDescending(i => far[i]).Select(i => new AuditFinding(
            places[i], AuditProblem.OddOneOut, AuditSuggestion.Look, 1 - (limit / far[i]), string.Create(CultureInfo.InvariantCulture,
                $"{far[i]:F2} from its {Neighbor}th nearest, where half of all lie within {sorted[sorted.Length / 2]:F2}")))];
    }
}
