using System.Collections.Frozen;

namespace ModelZoo.Verification;

/// <summary>How much to verify, and with what.</summary>
public sealed record VerifyOptions
{
    /// <summary>Seeds the upstream gradients, the positions that are sampled in large layers, and the loss's targets. The same seed checks the same things.</summary>
    public ulong Seed { get; init; }

    /// <summary>Of a larger quantity a seeded sample of this many positions is compared.</summary>
    public int MaxElements { get; init; } = 65536;

    /// <summary>The sample shrinks, down to 1,024 positions, until it takes no more than about this many terms: elements of a wide layer are long sums.</summary>
    public long MaxTerms { get; init; } = 8_000_000;

    /// <summary>How many elements of <paramref name="quantity"/> to compare at most.</summary>
    internal int SampleOf(Quantity quantity) => (int)Math.Min(MaxElements, Math.Max(1024, MaxTerms / Math.Max(1, quantity.Terms)));

    /// <summary>Whether sums of bfloat16 and float16 must have been accumulated in float32 (<see cref="Rounding"/>); it does not matter to float32 and float64.</summary>
    public bool WideAccumulation { get; init; }

    /// <summary>Whether gradients are checked.</summary>
    public bool Backward { get; init; } = true;

    /// <summary>Whether layers that do something else in training (normalisation, dropout) are run in training too, and the model takes one step of gradient descent.</summary>
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
