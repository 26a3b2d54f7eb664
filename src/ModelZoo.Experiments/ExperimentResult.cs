using ModelZoo.Plots;

namespace ModelZoo.Experiments;

/// <summary>What an experiment found.</summary>
/// <param name="Verdict">Computed from the result, never typed.</param>
/// <param name="Effect">How large the effect is.</param>
public sealed record ExperimentResult(Verdict Verdict, EffectSize Effect)
{
    /// <summary>The seeds that it ran with; empty where nothing was drawn at random.</summary>
    public IReadOnlyList<long> Seeds { get; init; } = [];

    /// <summary>What it ran on ("digits, 1,157 images to train and 640 to test"); empty for nothing but numbers.</summary>
    public string DataUsed { get; init; } = "";

    /// <summary>Plots, tables and images.</summary>
    public IReadOnlyList<Figure> Figures { get; init; } = [];

    /// <summary>What a reader should know besides: a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>A claim that holds or does not, with nothing in between.</summary>
    public static ExperimentResult Of(bool holds, EffectSize effect) => new(holds ? Verdict.Reproduced : Verdict.NotReproduced, effect);
}

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

/// <summary>How large the effect is.</summary>
/// <param name="Value">The number.</param>
/// <param name="Unit">"×", "%", "percentage points"; empty for a pure number.</param>
/// <param name="Sentence">The same for people, with what it is compared with.</param>
public sealed record EffectSize(double Value, string Unit, string Sentence);
