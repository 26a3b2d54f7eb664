namespace ModelZoo.Weights;

/// <summary>What a checkpoint says about itself, so that it needs nothing else to be used. It holds no time and no path, so that the same training gives the same bytes.</summary>
public sealed record CheckpointInfo
{
    /// <summary>The model's name in the catalogue.</summary>
    public required string Architecture { get; init; }

    /// <summary>What it was built with.</summary>
    public required ModelOptions Options { get; init; }

    /// <summary>Class names, in the order of the logits.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>How images become its input.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>How it was made: recipe, seed, data, accuracy, command, version …</summary>
    public IReadOnlyDictionary<string, string> Extra { get; init; } = new Dictionary<string, string>();
}
