using ModelZoo.Inference;
using ModelZoo.Weights;

namespace ModelZoo.Cli;

/// <summary>What a model that is written anew says of itself.</summary>
internal static class CheckpointFiles
{
    /// <summary>Everything that is known of it.</summary>
    internal static CheckpointInfo Describe(ResolvedModel resolved) => new()
    {
        Architecture = resolved.Info.Name,
        Options = resolved.Options,
        Labels = resolved.Labels,
        Task = resolved.Task.Kind == TaskKind.Classes ? null : resolved.Task,
        Calibration = resolved.Calibration,
        ChosenOn = resolved.Checkpoint?.ChosenOn,
        Preprocessing = resolved.Preprocessing,
        Graph = resolved.Info.Graph,
        Extra = resolved.Checkpoint?.Extra ?? new Dictionary<string, string>(),
    };
}
