using ModelZoo.Training;

namespace ModelZoo.Bench;

/// <summary>What is trained: a network of the catalog on one batch of a size.</summary>
/// <param name="Model">Of the catalog.</param>
/// <param name="Batch">Images a step.</param>
/// <param name="Size">Pixels a side.</param>
/// <param name="Channels">Of an image.</param>
/// <param name="Classes">Logits.</param>
/// <param name="Steps">Of a block.</param>
internal sealed record TrainingCase(string Model, int Batch, int Size, int Channels, int Classes, int Steps)
{
    /// <summary>What the other sides are asked for.</summary>
    internal string Order => $"train:{Model}:{Batch}:{Size}";
}

/// <summary>How our trainer computes; the other sides have their own ways.</summary>
internal sealed record TrainingMode(string Name, string Precision, bool ChannelsLast)
{
    internal static TrainingMode[] All { get; } =
        [new("fp32", "fp32", false), new("fp32 channels_last", "fp32", true), new("bf16 channels_last", "bf16", true)];

    internal Recipe Recipe(int batch) => new()
    {
        Epochs = 1,
        BatchSize = batch,
        LearningRate = 0.001,
        Momentum = 0.9,
        WeightDecay = 1e-4,
        Precision = Precision,
        ChannelsLast = ChannelsLast,
    };
}
