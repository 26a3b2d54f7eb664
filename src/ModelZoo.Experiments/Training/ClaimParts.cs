using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Training;

/// <summary>A claim of several parts, each a difference over seeds that must lie above something.</summary>
/// <param name="Parts">What each says, its difference, and what it must lie above.</param>
public sealed record ClaimParts(params IReadOnlyList<(string Says, SeedDifference Difference, double Least)> Parts)
{
    private const int MostSeeds = 1000;

    /// <summary>Not reproduced where one part is not, reproduced where all are.</summary>
    public Verdict Verdict => SeedDifference.All([.. Parts.Select(p => p.Difference.Above(p.Least))]);

    /// <summary>Every part's verdict; of what is undecided, what it would take.</summary>
    public string Note => $"Parts: {string.Join("; ", Parts.Select(Describe))}.";

    private static string Describe((string Says, SeedDifference Difference, double Least) part)
    {
        Verdict verdict = part.Difference.Above(part.Least);
        string text = $"{part.Says}: {OptimizerRace.Say(verdict)}";
        return verdict != Verdict.NotDecidable ? text : part.Difference.SeedsToDecide(part.Least) switch
        {
            null => text,
            > MostSeeds => $"{text} (by this spread not with {Count(MostSeeds)} seeds either: another size is needed, or there is no such difference)",
            { } seeds => $"{text} (if the mean stays, about {Count(seeds)} seeds would decide it, which were {part.Difference.Values.Count})",
        };
    }
}
