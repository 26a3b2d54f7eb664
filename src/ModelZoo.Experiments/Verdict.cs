namespace ModelZoo.Experiments;

/// <summary>What became of a claim.</summary>
public enum Verdict
{
    /// <summary>The result is as claimed.</summary>
    Reproduced,

    /// <summary>The result contradicts the claim.</summary>
    NotReproduced,

    /// <summary>The effect is smaller than the spread, or the setting is too small to show it.</summary>
    NotDecidable,
}
