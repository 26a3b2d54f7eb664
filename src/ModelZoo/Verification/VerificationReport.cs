namespace ModelZoo.Verification;

/// <summary>Everything that was checked of a model, in the order of execution.</summary>
/// <param name="Checks">One per layer and quantity.</param>
/// <param name="Allowed">The ops that may stay unverified without failing the report.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record VerificationReport(IReadOnlyList<LayerCheck> Checks, IReadOnlySet<string> Allowed, TimeSpan Elapsed)
{
    /// <summary>Whether nothing failed and nothing stayed unverified that may not.</summary>
    public bool Passed => FirstFailure is null;

    /// <summary>The first check in the order of execution that did not pass: its layer is where to look.</summary>
    public LayerCheck? FirstFailure => Checks.FirstOrDefault(Fails);

    /// <summary>The checks that make the report fail.</summary>
    public IEnumerable<LayerCheck> Failures => Checks.Where(Fails);

    /// <summary>Every check: what fails first, then by error/bound, largest first.</summary>
    public IReadOnlyList<LayerCheck> WorstFirst => [.. Checks.OrderByDescending(Fails).ThenByDescending(c => c.Verdict == Verdict.Unverified).ThenByDescending(c => c.WorstRatio)];

    private bool Fails(LayerCheck check) => check.Verdict switch
    {
        Verdict.Failed => true,
        Verdict.Unverified => !Allowed.Contains(check.Op),
        _ => false,
    };
}
