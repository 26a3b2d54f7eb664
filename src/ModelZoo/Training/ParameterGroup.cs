namespace ModelZoo.Training;

/// <summary>Parameters that are trained at their own rate: the recipe's, times a factor.</summary>
/// <param name="Name">What progress and errors call it.</param>
/// <param name="Parameters">Their names, as <c>named_parameters()</c> gives them.</param>
/// <param name="RateFactor">What the schedule's rate is multiplied by.</param>
public sealed record ParameterGroup(string Name, IReadOnlyList<string> Parameters, double RateFactor);
