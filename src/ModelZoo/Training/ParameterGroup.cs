namespace ModelZoo.Training;

/// <summary>Parameters that learn faster or slower than the recipe says.</summary>
/// <param name="Name">What messages and logs call the group.</param>
/// <param name="Parameters">Their names, as <c>named_parameters()</c> gives them; no parameter may be in two groups.</param>
/// <param name="RateFactor">What the learning rate is multiplied by; 0 leaves them as they are.</param>
public sealed record ParameterGroup(string Name, IReadOnlyList<string> Parameters, double RateFactor);
