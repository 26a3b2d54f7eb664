using ModelZoo.Data;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Training;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Selecting;

/// <summary>What the network must keep to.</summary>
/// <param name="MaxMilliseconds">The most that it may take for a picture; null for no limit.</param>
/// <param name="MaxMegabytes">The most that its file may take, in 10⁶ bytes.</param>
/// <param name="MinAccuracy">In [0,1]: of those that reach it the fastest is wanted; null: the most accurate.</param>
public sealed record SelectionLimits(double? MaxMilliseconds = null, double? MaxMegabytes = null, double? MinAccuracy = null);

/// <summary>Which networks to try on which pictures, and how.</summary>
public sealed record SelectionRequest
{
    /// <summary>The networks.</summary>
    public required IReadOnlyList<NetworkAtHand> Networks { get; init; }

    /// <summary>Pictures of one class each.</summary>
    public required LabeledImages Data { get; init; }

    /// <summary>How the data are named on the command line.</summary>
    public required string Source { get; init; }

    /// <summary>Where features and what is finished are kept; null keeps nothing.</summary>
    public string? Folder { get; init; }

    /// <summary>Whether everything is done again.</summary>
    public bool Fresh { get; init; }

    /// <summary>Folds of the cross-validation.</summary>
    public int Folds { get; init; } = 5;

    /// <summary>Decides the folds, heads and orders.</summary>
    public ulong Seed { get; init; }

    /// <summary>What is wanted.</summary>
    public SelectionLimits Limits { get; init; } = new();

    /// <summary>Turns of each network that are timed; 0: none is.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Pictures of a timed forward.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Measures the turns; null: <see cref="NetworkMeter"/>.</summary>
    public INetworkMeter? Meter { get; init; }

    /// <summary>Whether each architecture is trained anew as well.</summary>
    public bool FromScratch { get; init; }

    /// <summary>Of each training from scratch, a fold's; null: as long as the pretrained network took for features and a head.</summary>
    public Budget? Budget { get; init; }

    /// <summary>Of trainings from scratch, for all; null: each architecture's own.</summary>
    public Recipe? Recipe { get; init; }

    /// <summary>Whether it is measured what each network would gain from more pictures.</summary>
    public bool LearningCurves { get; init; }

    /// <summary>The most bytes that a network may take.</summary>
    public long? MaxMemory { get; init; }

    /// <summary>Where to compute.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>The command that asks for this, for the page; empty for none.</summary>
    public string Command { get; init; } = "";

    /// <summary>Takes a line about what is known.</summary>
    public Action<string> Say { get; init; } = static _ => { };

    /// <summary>Hears how far it has come: what is being done, units done, units in all.</summary>
    public Action<string, int, int> Progress { get; init; } = static (_, _, _) => { };

    /// <summary>Ends it.</summary>
    public CancellationToken Cancel { get; init; }
}
