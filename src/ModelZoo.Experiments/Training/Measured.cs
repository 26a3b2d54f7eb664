using System.Text.Json.Serialization;

namespace ModelZoo.Experiments.Training;

/// <summary>One pass over the training images.</summary>
/// <param name="Epoch">From 1.</param>
/// <param name="Steps">Taken up to its end.</param>
/// <param name="Loss">Mean cross entropy over the images, as the network was when it saw them, in nats.</param>
/// <param name="TrainError">Likewise the share not recognized, in %; not a number where it is not known.</param>
/// <param name="TestError">After the epoch, in %; not a number where it was not tested.</param>
/// <param name="Seconds">Of training up to its end, without tests.</param>
public sealed record EpochPoint(int Epoch, int Steps, double Loss, double TrainError, double TestError, double Seconds);

/// <summary>What training one variant with one seed came to.</summary>
public sealed record Measured
{
    /// <summary>In order; fewer than planned where it diverged.</summary>
    public IReadOnlyList<EpochPoint> Epochs { get; init; } = [];

    /// <summary>Steps of the whole training as planned.</summary>
    public int PlannedSteps { get; init; }

    /// <summary>Classes to tell apart.</summary>
    public int Classes { get; init; } = 10;

    /// <summary>Whether the loss was no number any more.</summary>
    public bool Diverged { get; init; }

    /// <summary>Of the trained network on the training images, in eval mode, in %.</summary>
    public double TrainError { get; init; } = double.NaN;

    /// <summary>Likewise the mean cross entropy, in nats.</summary>
    public double TrainLoss { get; init; } = double.NaN;

    /// <summary>Of the trained network on the test images, in %.</summary>
    public double TestError { get; init; } = double.NaN;

    /// <summary>Likewise the mean cross entropy, in nats.</summary>
    public double TestLoss { get; init; } = double.NaN;

    /// <summary>What else was measured.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> More { get; init; } = new Dictionary<string, IReadOnlyList<double>>();

    /// <summary>The loss of guessing: ln(classes).</summary>
    [JsonIgnore]
    public double Chance => Math.Log(Classes);

    /// <summary>The mean training loss of the last epoch; where it diverged, that of guessing.</summary>
    [JsonIgnore]
    public double LastLoss => Diverged || Epochs.Count == 0 || !double.IsFinite(Epochs[^1].Loss) ? Chance : Epochs[^1].Loss;

    /// <summary>The training error of the last epoch, while it trained; where it diverged, that of guessing.</summary>
    [JsonIgnore]
    public double LastTrainError =>
        Diverged || Epochs.Count == 0 || !double.IsFinite(Epochs[^1].TrainError) ? 100 * (1 - (1.0 / Classes)) : Epochs[^1].TrainError;

    /// <summary>Seconds of training.</summary>
    [JsonIgnore]
    public double Seconds => Epochs.Count == 0 ? 0 : Epochs[^1].Seconds;

    /// <summary>
    /// Steps until a quantity has come down to a threshold, between two epochs on the straight line. Means over an epoch count as measured in its middle. Where
    /// it never comes down: the whole training, so that what is not reached counts as reached at its end.
    /// </summary>
    /// <param name="quantity">Of an epoch.</param>
    /// <param name="threshold">In its unit.</param>
    /// <param name="atEnd">Whether it is measured at the end of the epoch (the test error), not over it.</param>
    public double StepsTo(Func<EpochPoint, double> quantity, double threshold, bool atEnd = false)
    {
        ArgumentNullException.ThrowIfNull(quantity);
        (double before, double above, int end) = (0, double.NaN, 0);
        foreach (EpochPoint point in Epochs)
        {
            double at = atEnd ? point.Steps : (end + point.Steps) / 2.0, value = quantity(point);
            if (value <= threshold)
            {
                return double.IsNaN(above) ? at : before + ((at - before) * (above - threshold) / (above - value));
            }

            (before, above, end) = (at, value, point.Steps);
        }

        return PlannedSteps;
    }

    /// <summary>Whether a quantity comes down to a threshold.</summary>
    public bool Reaches(Func<EpochPoint, double> quantity, double threshold) => Epochs.Any(p => quantity(p) <= threshold);

    /// <summary>What was measured under a name.</summary>
    public IReadOnlyList<double> Of(string name) => More.TryGetValue(name, out IReadOnlyList<double>? values) ? values : [];

    /// <summary>The mean of several runs of as many epochs: the same training on several sets.</summary>
    public static Measured MeanOf(IReadOnlyList<Measured> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentOutOfRangeException.ThrowIfZero(runs.Count);
        int epochs = runs.Min(r => r.Epochs.Count);
        return runs[0] with
        {
            Diverged = runs.Any(r => r.Diverged),
            Epochs = [.. Enumerable.Range(0, epochs)
                .Select(e => new EpochPoint(e + 1, runs[0].Epochs[e].Steps, runs.Average(r => r.Epochs[e].Loss), runs.Average(r => r.Epochs[e].TrainError),
                runs.Average(r => r.Epochs[e].TestError), runs.Average(r => r.Epochs[e].Seconds)))],
            TrainError = runs.Average(r => r.TrainError),
            TrainLoss = runs.Average(r => r.TrainLoss),
            TestError = runs.Average(r => r.TestError),
            TestLoss = runs.Average(r => r.TestLoss),
        };
    }
}
