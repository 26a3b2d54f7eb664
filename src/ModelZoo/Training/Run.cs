using System.Diagnostics;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>The running figures of one training: what the trainer counts while it trains.</summary>
internal sealed class Run(
    optim.Optimizer optimizer, LearningRateSchedule schedule, int stepsPerEpoch, int totalSteps, IProgress<TrainingProgress>? progress, CancellationToken cancel)
{
    private readonly Stopwatch total = Stopwatch.StartNew();
    private readonly Stopwatch epoch = new();
    private TimeSpan reported;
    private double lossSum;
    private long correct;
    private int images;
    private int stepInEpoch;
    private double rate;
    private bool targetReached;

    public optim.Optimizer Optimizer { get; } = optimizer;

    public LearningRateSchedule Schedule { get; } = schedule;

    public int StepsPerEpoch { get; } = stepsPerEpoch;

    public int TotalSteps { get; } = totalSteps;

    public List<EpochResult> Epochs { get; } = [];

    /// <summary>The current epoch, from 1.</summary>
    public int Epoch { get; private set; }

    /// <summary>Steps taken in all epochs.</summary>
    public int Steps { get; private set; }

    public bool Cancelled { get; private set; }

    public double EpochSeconds => epoch.Elapsed.TotalSeconds;

    public void Begin()
    {
        Epoch++;
        (lossSum, correct, images, stepInEpoch) = (0, 0, 0, 0);
        epoch.Restart();
    }

    public void Count(int batch, double meanLoss, long right, double learningRate)
    {
        lossSum += meanLoss * batch;
        correct += right;
        images += batch;
        rate = learningRate;
        stepInEpoch++;
        Steps++;
    }

    /// <summary>Whether no further step may begin.</summary>
    public bool Stopped(TrainerOptions options)
    {
        CheckCancelled();
        return Cancelled || OutOfTime(options);
    }

    /// <summary>Whether no further epoch may begin.</summary>
    public bool Ended(TrainerOptions options) => Epoch > 0 && (Steps >= TotalSteps || targetReached || Cancelled || OutOfTime(options));

    public void CheckCancelled() => Cancelled |= cancel.IsCancellationRequested;

    public bool OutOfTime(TrainerOptions options) => total.Elapsed > (options.TimeLimit ?? TimeSpan.MaxValue);

    public void Finish(double seconds, double? testAccuracy, bool target)
    {
        targetReached |= target;
        int seen = Math.Max(images, 1);
        Epochs.Add(new EpochResult(Epoch, lossSum / seen, (double)correct / seen, testAccuracy, seconds, images));
    }

    public void Report(int epochs, TimeSpan atLeast, double? testAccuracy)
    {
        if (progress is null || total.Elapsed - reported < atLeast)
        {
            return;
        }

        reported = total.Elapsed;
        double seconds = testAccuracy is null ? epoch.Elapsed.TotalSeconds : Epochs[^1].Seconds;
        progress.Report(new TrainingProgress(
            Epoch, epochs, stepInEpoch, StepsPerEpoch, lossSum / Math.Max(images, 1), rate, images / Math.Max(seconds, 1e-9), testAccuracy, total.Elapsed));
    }

    public TrainingResult Result() => new()
    {
        Epochs = [.. Epochs],
        Steps = Steps,
        Elapsed = total.Elapsed,
        Cancelled = Cancelled,
        TargetReached = targetReached,
    };
}
