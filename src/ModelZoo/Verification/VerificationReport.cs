using System.Collections.Frozen;
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
    public IReadOnlyList<LayerCheck> WorstFirst =>
        [.. Checks.OrderByDescending(Fails).ThenByDescending(c => c.Verdict == Verdict.Unverified).ThenByDescending(c => c.WorstRatio)];

    /// <summary>Whether this check makes the report fail.</summary>
    public bool Fails(LayerCheck check)
    {
        ArgumentNullException.ThrowIfNull(check);
        return check.Verdict == Verdict.Failed || (check.Verdict == Verdict.Unverified && !Allowed.Contains(check.Op));
    }
}

/// <summary>How much to verify, and with what.</summary>
public sealed record VerifyOptions
{
    /// <summary>
    /// Seeds the upstream gradients, the positions that are sampled in large layers, and the loss's targets. The same seed checks the same things.
    /// </summary>
    public ulong Seed { get; init; }

    /// <summary>Of a larger quantity a seeded sample of this many positions is compared.</summary>
    public int MaxElements { get; init; } = 65536;

    /// <summary>
    /// The sample shrinks, down to 1,024 positions, until it takes no more than about this many terms: elements of a wide layer are long sums.
    /// </summary>
    public long MaxTerms { get; init; } = 8_000_000;

    /// <summary>How many elements of <paramref name="quantity"/> to compare at most.</summary>
    internal int SampleOf(Quantity quantity) => (int)Math.Min(MaxElements, Math.Max(1024, MaxTerms / Math.Max(1, quantity.Terms)));

    /// <summary>
    /// Whether sums of bfloat16 and float16 must have been accumulated in float32 (<see cref="Rounding"/>); it does not matter to float32 and float64.
    /// </summary>
    public bool WideAccumulation { get; init; }

    /// <summary>Whether gradients are checked.</summary>
    public bool Backward { get; init; } = true;

    /// <summary>
    /// Whether layers that do something else in training (normalization, dropout) are run in training too, and the model takes one step of gradient descent.
    /// </summary>
    public bool Training { get; init; } = true;

    /// <summary>Whether cross entropy on the model's output is checked, where that is [N,K].</summary>
    public bool Loss { get; init; } = true;

    /// <summary>Types of leaves ("LSTM") that may stay unverified.</summary>
    public IReadOnlySet<string> AllowUnverified { get; init; } = FrozenSet<string>.Empty;

    /// <summary>The reference checks by type of leaf.</summary>
    public CheckRegistry Checks { get; init; } = CheckRegistry.CreateDefault();

    /// <summary>Stops between two layers.</summary>
    public CancellationToken Cancellation { get; init; }
}
