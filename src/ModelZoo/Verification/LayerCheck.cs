namespace ModelZoo.Verification;

/// <summary>How one check ended.</summary>
public enum Verdict
{
    /// <summary>Every element that was looked at lies within its bound.</summary>
    Passed,

    /// <summary>An element lies outside, a shape is wrong, or something is missing.</summary>
    Failed,

    /// <summary>Nothing could be compared, because no reference check is known.</summary>
    Unverified,
}

/// <summary>
/// One quantity of one layer, compared with the reference. Error, bound, index and the two values are those of the worst element: the one with the
/// largest error/bound, not the one with the largest error.
/// </summary>
public sealed record LayerCheck
{
    /// <summary>The leaf's path in the model ("layer1.0"); "model" and "loss" for what belongs to no leaf.</summary>
    public required string Name { get; init; }

    /// <summary>The leaf's type ("Conv2d").</summary>
    public required string Op { get; init; }

    /// <summary>"output", "grad input", "grad weight" …, "parameters", "structure", "forward", "determinism".</summary>
    public required string Quantity { get; init; }

    /// <summary>The shape of the quantity.</summary>
    public IReadOnlyList<long> Shape { get; init; } = [];

    /// <summary>How many elements were compared.</summary>
    public long CheckedCount { get; init; }

    /// <summary>How many there are.</summary>
    public long TotalCount { get; init; }

    /// <summary>|actual − expected| at the worst element.</summary>
    public double MaxError { get; init; }

    /// <summary>The rounding-error bound there.</summary>
    public double BoundThere { get; init; }

    /// <summary>Error / bound there: 0 when both are 0, +∞ when the bound is 0 and the error is not. Up to 1 passes.</summary>
    public double WorstRatio { get; init; }

    /// <summary>Where the worst element is; empty when nothing was compared.</summary>
    public IReadOnlyList<long> WorstIndex { get; init; } = [];

    /// <summary>What the reference gives there.</summary>
    public double Expected { get; init; }

    /// <summary>What the layer gave there.</summary>
    public double Actual { get; init; }

    /// <summary>How it ended.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>A failure in words, where numbers do not say it.</summary>
    public string? Note { get; init; }

    /// <summary>Which single change of the layer's description would explain what it computed ("stride 2 instead of 1"), where one was found.</summary>
    public string? LikelyCause { get; init; }

    /// <summary>Whether every element that was looked at lies within its bound.</summary>
    public bool Passed => Verdict == Verdict.Passed;

    /// <inheritdoc/>
    public override string ToString()
    {
        string numbers = CheckedCount == 0 ? "" : FormattableString.Invariant(
            $": error {MaxError:g3}, bound {BoundThere:g3}, ratio {WorstRatio:g3} at [{string.Join(",", WorstIndex)}] (expected {Expected:r}, got {Actual:r}; {CheckedCount} of {TotalCount})");
        return $"{Name} ({Op}) {Quantity} {Verdict}{numbers}{(Note is null ? "" : $"; {Note}")}{(LikelyCause is null ? "" : $"; likely cause: {LikelyCause}")}";
    }
}
