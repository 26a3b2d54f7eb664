using ModelZoo.Training;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>How a trained model is fitted to other data.</summary>
public sealed record FineTuneOptions
{
    /// <summary>For a head on a frozen trunk.</summary>
    public static Recipe HeadRecipe { get; } = new() { Epochs = 30, BatchSize = 32, Optimizer = "adam", LearningRate = 3e-3, Schedule = "cosine" };

    /// <summary>For the whole model: a low rate, so that what was learned is not lost.</summary>
    public static Recipe WholeRecipe { get; } = new() { Epochs = 15, BatchSize = 32, Optimizer = "adam", LearningRate = 1e-3, Schedule = "cosine" };

    /// <summary>The hyper-parameters; null: <see cref="HeadRecipe"/> with a frozen trunk, else <see cref="WholeRecipe"/>.</summary>
    public Recipe? Recipe { get; init; }

    /// <summary>Decides the new head's weights and the order of the images.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether everything but the head stays as it is: little data, similar to what the weights know.</summary>
    public bool TrunkFrozen { get; init; } = true;

    /// <summary>With a frozen trunk: compute what the head sees once, so that an epoch costs only the head. Not possible with augmentation, which makes new images all the time.</summary>
    public bool CacheFeatures { get; init; } = true;

    /// <summary>How the images become the model's input; null: <see cref="TransferLearning.PreprocessingFor"/>.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>Where to compute; null: where the model is.</summary>
    public Device? Device { get; init; }

    /// <summary>Where the checkpoint of the whole model goes; null: none is written.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Added to what the checkpoint says about its making.</summary>
    public IReadOnlyDictionary<string, string> Extra { get; init; } = new Dictionary<string, string>();

    /// <summary>As in <see cref="TrainerOptions"/>.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>As in <see cref="TrainerOptions"/>.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>As in <see cref="TrainerOptions"/>.</summary>
    public double? TargetAccuracy { get; init; }

    internal Recipe Chosen => Recipe ?? (TrunkFrozen ? HeadRecipe : WholeRecipe);
}

/// <summary>A model fitted to other data.</summary>
public sealed record FineTuneResult : IDisposable
{
    /// <summary>The new model, with labels, preprocessing and description; the caller owns it.</summary>
    public required ResolvedModel Model { get; init; }

    /// <summary>What the training came to.</summary>
    public required TrainingResult Training { get; init; }

    /// <summary>Whether the epochs ran on cached features.</summary>
    public required bool CachedFeatures { get; init; }

    /// <summary>Wall time of preparing images and features, before the training.</summary>
    public required TimeSpan Preparation { get; init; }

    /// <summary>Frees the model.</summary>
    public void Dispose() => Model.Dispose();
}
