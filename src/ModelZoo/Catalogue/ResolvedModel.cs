using ModelZoo.Weights;

namespace ModelZoo;

/// <summary>A model ready to be used, and what belongs to it.</summary>
public sealed record ResolvedModel : IDisposable
{
    /// <summary>The network.</summary>
    public required ZooModel Model { get; init; }

    /// <summary>Its line of the catalogue.</summary>
    public required ModelInfo Info { get; init; }

    /// <summary>What it was built with.</summary>
    public required ModelOptions Options { get; init; }

    /// <summary>Where its weights came from a checkpoint: what that says.</summary>
    public CheckpointInfo? Checkpoint { get; init; }

    /// <summary>Class names, in the order of the logits.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>How images become its input.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>Where its weights came from a file: what became of each tensor.</summary>
    public LoadReport? Loading { get; init; }

    /// <summary>Whether its head is random although the rest came from a file: it has to be trained before it is used.</summary>
    public bool HeadUntrained => Loading is { Reinitialised.Count: > 0 };

    /// <summary>Whether it has weights from a file, rather than fresh ones.</summary>
    public required bool Trained { get; init; }

    /// <summary>Frees the network.</summary>
    public void Dispose() => Model.Dispose();
}
