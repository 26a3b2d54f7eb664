using ModelZoo.Verification;

namespace ModelZoo.Drawing;

/// <summary>A report by layer.</summary>
internal sealed class LayerOutcomes
{
    private readonly ILookup<string, LayerCheck> checks;

    public LayerOutcomes(VerificationReport report)
    {
        Report = report;
        checks = report.Checks.ToLookup(c => c.Name);
        Position = report.Graph.Nodes.Select((node, index) => (node.Name, Index: index)).DistinctBy(n => n.Name).ToDictionary(n => n.Name, n => n.Index);
    }

    public VerificationReport Report { get; }

    /// <summary>Each layer's place in the order of execution.</summary>
    public IReadOnlyDictionary<string, int> Position { get; }

    public IEnumerable<LayerCheck> Of(string name) => checks[name];

    /// <summary>Failed where anything failed; unverified where something, or everything, was not compared.</summary>
    public Verdict Of(IEnumerable<string> names)
    {
        Verdict verdict = Verdict.Passed;
        foreach (string name in names)
        {
            Verdict one = !checks.Contains(name) ? Verdict.Unverified
                : checks[name].Any(c => c.Verdict == Verdict.Failed) ? Verdict.Failed
                : checks[name].Any(c => c.Verdict == Verdict.Unverified) ? Verdict.Unverified : Verdict.Passed;
            verdict = one == Verdict.Failed || verdict == Verdict.Failed ? Verdict.Failed : one == Verdict.Unverified ? one : verdict;
        }

        return verdict;
    }

    /// <summary>The class of the style sheet that colours a verdict.</summary>
    public static string Style(Verdict verdict) => verdict switch { Verdict.Passed => "ok", Verdict.Failed => "bad", _ => "open" };

    /// <summary>The sign that says a verdict without colour.</summary>
    public static string Mark(Verdict verdict) => verdict switch { Verdict.Passed => "✓", Verdict.Failed => "✗", _ => "?" };

    /// <summary>A verdict in words.</summary>
    public static string Words(Verdict verdict) => verdict switch { Verdict.Passed => "verified", Verdict.Failed => "FAILS", _ => "not verified" };
}
