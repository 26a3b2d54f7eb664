using ModelZoo.Analysis;

namespace ModelZoo.Verification;

/// <summary>Everything that was checked of a model, in the order of execution.</summary>
/// <param name="Checks">One per layer and quantity.</param>
/// <param name="Allowed">The ops that may stay unverified without failing the report.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record VerificationReport(IReadOnlyList<LayerCheck> Checks, IReadOnlySet<string> Allowed, TimeSpan Elapsed)
{
    /// <summary>The network that ran, up to where it failed, if it did.</summary>
    public NetworkGraph Graph { get; init; } = NetworkGraph.Empty;

    /// <summary>Whether nothing failed and nothing stayed unverified that may not.</summary>
    public bool Passed => FirstFailure is null;

    /// <summary>The first check in the order of execution that did not pass: its layer is where to look.</summary>
    public LayerCheck? FirstFailure => Checks.FirstOrDefault(Fails);

    /// <summary>The checks that make the report fail.</summary>
    public IEnumerable<LayerCheck> Failures => Checks.Where(Fails);

    /// <summary>Every check: what fails first, then by error/bound, largest first.</summary>
    public IReadOnlyList<LayerCheck> WorstFirst => [.. Checks.OrderByDescending(Fails).ThenByDescending(c => c.Verdict == Verdict.Unverified).ThenByDescending(c => c.WorstRatio)];

    /// <summary>Whether this check makes the report fail.</summary>
    public bool Fails(LayerCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check.Verdict == Verdict.Failed || (check.Verdict == Verdict.Unverified && !Allowed.Contains(check.Op));
    }
}
