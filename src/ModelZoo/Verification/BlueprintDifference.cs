namespace ModelZoo.Verification;

/// <summary>One thing in which a network is not as its blueprint has it.</summary>
/// <param name="Name">The call ("layer1.0.conv1"); "model" for what belongs to none.</param>
/// <param name="Op">Its type.</param>
/// <param name="Cause">The difference in words ("stride 1 instead of 2").</param>
/// <param name="Note">What the blueprint has there.</param>
public sealed record BlueprintDifference(string Name, string Op, string Cause, string Note);
