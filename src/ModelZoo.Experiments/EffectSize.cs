namespace ModelZoo.Experiments;

/// <summary>How large the effect is.</summary>
/// <param name="Value">The number.</param>
/// <param name="Unit">"×", "%", "percentage points"; empty for a pure number.</param>
/// <param name="Sentence">The same for people, with what it is compared with.</param>
public sealed record EffectSize(double Value, string Unit, string Sentence);
