using System.Text.Json.Serialization;
using ModelZoo.Statistics;

namespace ModelZoo.Training;

/// <summary>What a training run reports while it runs.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Epochs">Of the recipe.</param>
/// <param name="Step">Within the epoch, from 1.</param>
/// <param name="Steps">Per epoch.</param>
/// <param name="Loss">Mean over the epoch so far.</param>
/// <param name="LearningRate">Of this step.</param>
/// <param name="ImagesPerSecond">Over the epoch so far.</param>
/// <param name="TestAccuracy">In [0,1], with the report that ends an epoch in which the test data were run.</param>
/// <param name="Elapsed">Since the start, tests included.</param>
public sealed record TrainingProgress(
    int Epoch, int Epochs, int Step, int Steps, double Loss, double LearningRate, double ImagesPerSecond, double? TestAccuracy, TimeSpan Elapsed)
{
    /// <summary>What <see cref="TestAccuracy"/> is: "accuracy"; of several labels "mean average precision", of a number "R²".</summary>
    public string Metric { get; init; } = PredictionTask.Classes.Metric;

    /// <summary>Where <see cref="TestAccuracy"/> lies on all images like those, with 95 % confidence; null where it was not tested.</summary>
    public Interval? TestInterval { get; init; }
}

/// <summary>One pass over the training images.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Loss">Mean over the images, as the model was when it saw them.</param>
/// <param name="TrainAccuracy">In [0,1], likewise (augmentation and dropout included): the share with the right class, or with all labels right; of numbers not
/// a number.</param>
/// <param name="TestAccuracy">The test's <see cref="Measurement.Score"/> after the epoch: accuracy, of several labels the mean average precision, of numbers
/// R²; null where it was not tested.</param>
/// <param name="Seconds">Of training, without the test.</param>
/// <param name="Images">Images seen; fewer than the data has when the epoch was cut short.</param>
public sealed record EpochResult(int Epoch, double Loss, double TrainAccuracy, double? TestAccuracy, double Seconds, int Images)
{
    /// <summary>Mean cross entropy over the test images; null where it was not tested.</summary>
    public double? TestLoss { get; init; }

    /// <summary>Where <see cref="TestAccuracy"/> lies on all images like those, with 95 % confidence (<see cref="Measurement.ScoreInterval"/>); null where it
    /// was not tested.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Interval? TestInterval { get; init; }

    /// <summary>Of several labels: the threshold of each that was best in the test.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<double>? Thresholds { get; init; }

    /// <summary>Of the epoch's last step.</summary>
    public double LearningRate { get; init; }
}

/// <summary>What a training run came to.</summary>
public sealed record TrainingResult
{
    /// <summary>What the outputs mean: the kind, the thresholds of labels as they were best in the last test, the scale of a number.</summary>
    public PredictionTask Task { get; init; } = PredictionTask.Classes;

    /// <summary>The epochs in order; the last may be cut short.</summary>
    public required IReadOnlyList<EpochResult> Epochs { get; init; }

    /// <summary>The recipe that was followed, with the learning rate that was found where it was to be; null of a result that no trainer made.</summary>
    public Recipe? Recipe { get; init; }

    /// <summary>What the search for a learning rate found; null where there was none, or a run went on.</summary>
    public LearningRateTest? RangeTest { get; init; }

    /// <summary>Steps taken.</summary>
    public required int Steps { get; init; }

    /// <summary>Of the last test, in [0,1]; null without test data.</summary>
    public double? TestAccuracy => LastTested?.TestAccuracy;

    /// <summary>Where that lies on all images like those, with 95 % confidence; null where it was not tested.</summary>
    public Interval? TestInterval => LastTested?.TestInterval;

    private EpochResult? LastTested => Epochs.LastOrDefault(e => e.TestAccuracy is not null);

    /// <summary>Wall time, tests included.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Whether it was canceled before its end.</summary>
    public required bool Canceled { get; init; }

    /// <summary>Whether the test accuracy that was asked for was reached.</summary>
    public bool TargetReached { get; init; }

    /// <summary>Whether it ended because nothing got better any more.</summary>
    public bool StoppedEarly { get; init; }

    /// <summary>The epoch with the best test accuracy (the lowest training loss, where nothing is tested).</summary>
    public int? BestEpoch { get; init; }
}
