namespace ModelZoo.Audit;

/// <summary>What an audit found of one picture.</summary>
/// <param name="Picture">Its place among the audited pictures.</param>
/// <param name="Problem">What it is.</param>
/// <param name="Suggestion">What to do about it.</param>
/// <param name="Score">How clear it is, in [0,1]: 1 is beyond doubt. Comparable within a kind of problem.</param>
/// <param name="Why">In words.</param>
public sealed record AuditFinding(int Picture, AuditProblem Problem, AuditSuggestion Suggestion, double Score, string Why)
{
    /// <summary>The label that fits better, of a label that is probably wrong.</summary>
    public string? SuggestedLabel { get; init; }

    /// <summary>The other picture, of duplicates.</summary>
    public int? Other { get; init; }

    /// <summary>Of duplicates: whether the other picture is in another part of the data.</summary>
    public bool Leak { get; init; }
}

/// <summary>What can be wrong with a picture or its label.</summary>
public enum AuditProblem
{
    /// <summary>It cannot be decoded.</summary>
    Unreadable,

    /// <summary>Another file has the same pixels.</summary>
    Duplicate,

    /// <summary>Another file shows the same picture: rescaled, compressed anew, mirrored, cropped a little.</summary>
    NearDuplicate,

    /// <summary>Its label is probably another.</summary>
    WrongLabel,

    /// <summary>It is like no other.</summary>
    OddOneOut,

    /// <summary>It shows nothing.</summary>
    Empty,

    /// <summary>It is black, or nearly.</summary>
    Dark,

    /// <summary>It is white, or nearly.</summary>
    Bright,

    /// <summary>Nothing in it is sharp.</summary>
    Blurred,

    /// <summary>It has few pixels.</summary>
    Tiny,

    /// <summary>It is far longer than wide, or wider than long.</summary>
    StrangeShape,
}

/// <summary>What to do about it.</summary>
public enum AuditSuggestion
{
    /// <summary>Nothing.</summary>
    Keep,

    /// <summary>A person should look at it.</summary>
    Look,

    /// <summary>Give it the suggested label.</summary>
    Relabel,

    /// <summary>Leave it out.</summary>
    Drop,
}
