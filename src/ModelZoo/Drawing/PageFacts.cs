namespace ModelZoo.Drawing;

/// <summary>What a verification page says about the run besides the report.</summary>
/// <param name="Model">The model as it was named ("lenet5:mnist").</param>
/// <param name="Source">Where the weights come from, and what ran through the layers.</param>
/// <param name="Command">The command that makes this page again.</param>
/// <param name="Seed">Of everything that was drawn at random.</param>
/// <param name="Versions">Of the programs that computed ("ModelZoo", "0.1.0").</param>
public sealed record PageFacts(string Model, string Source, string Command, long Seed, IReadOnlyList<(string Name, string Version)> Versions)
{
    /// <summary>What is wrong besides the report's failures; anything here makes the verdict "failed".</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}
