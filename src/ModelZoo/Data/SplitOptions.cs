namespace ModelZoo.Data;

/// <summary>How images that come in one lot are divided; data with parts of their own do not look at it.</summary>
public sealed record SplitOptions
{
    /// <summary>The share of each class that is kept for the test, in [0,1).</summary>
    public double ValShare { get; init; } = 0.2;

    /// <summary>Decides which images those are.</summary>
    public ulong Seed { get; init; }

    /// <summary>Checks the share.</summary>
    /// <exception cref="UsageException">It is not within [0,1).</exception>
    public SplitOptions Validate() => ValShare is >= 0 and < 1 ? this : throw new UsageException(FormattableString.Invariant($"--val-share is {ValShare}; it must be 0 … below 1."));
}
