using System.Diagnostics;
using ModelZoo.Distributed;
using ModelZoo.Training.Runs;

namespace ModelZoo.Training;

/// <summary>The running figures of one training: what the trainer counts while it trains.</summary>
internal sealed class Run(RunState state, LearningRateSchedule schedule, int stepsPerEpoch, int totalSteps, IProgress<TrainingProgress>? progress,
    PredictionTask task, CancellationToken cancel)
{
    private readonly Stopwatch total = Stopwatch.StartNew();
    private readonly double secondsBefore = state.Seconds;
    private readonly Stopwatch epoch = new();
    private double epochSecondsBefore;
    private bool late;
    private TimeSpan reported;

    public RunState State { get; } = state;

    /// <summary>What is learned, as the training data say.</summary>
    public PredictionTask Task { get; } = task;

    public LearningRateSchedule Schedule { get; } = schedule;

    public Recipe? Recipe { get; init; }

    public LearningRateTest? RangeTest { get; init; }

    public int StepsPerEpoch { get; } = stepsPerEpoch;

    public int TotalSteps { get; } = totalSteps;

    public bool Canceled { get; private set; }

    /// <summary>The processes that train together, who stop together; null: this one alone.</summary>
    public RankGroup? Ranks { get; init; }

    /// <summary>The batch that is under way in the epoch, from 1.</summary>
    public int Batch { get; set; } = 1;

    public TimeSpan Elapsed => total.Elapsed + TimeSpan.FromSeconds(secondsBefore);

    public double EpochSeconds => epoch.Elapsed.TotalSeconds + epochSecondsBefore;

    public double ImagesPerSecond => State.Images / Math.Max(EpochSeconds, 1e-9);

    public double MeanLoss => State.LossSum / Math.Max(State.Images, 1);

    /// <summary>Begins the next epoch, or goes on with the one under way.</summary>
    public void Begin()
    {
        if (!State.InEpoch)
        {
            State.Epoch++;
            (State.LossSum, State.Correct, State.Images, State.StepInEpoch, State.Batch, State.EpochSeconds) = (0, 0, 0, 0, 0, 0);
            State.InEpoch = true;
        }

        epochSecondsBefore = State.EpochSeconds;
        epoch.Restart();
    }

    /// <summary>Takes back an epoch of which no step was taken: it leaves no trace.</summary>
    public void Withdraw()
    {
        State.Epoch--;
        State.InEpoch = false;
    }

    public void CountBatch(int images, double meanLoss, long right)
    {
        State.LossSum += meanLoss * images;
        State.Correct += right;
        State.Images += images;
    }

    public void CountStep(int batches, double rate)
    {
        State.Rate = rate;
        State.Batch += batches;
        State.StepInEpoch++;
        State.Steps++;
    }

    /// <summary>Whether no further step may begin. However short the time is, one step is taken.</summary>
    public bool Stopped(TrainerOptions options)
    {
        if (Ranks is not null)
        {
            return Canceled || (State.Steps > 0 && late); // as all have agreed in the last step
        }

        CheckCanceled();
        return Canceled || (State.Steps > 0 && OutOfTime(options));
    }

    /// <summary>What this process would say about stopping: canceled, out of time.</summary>
    public (bool Canceled, bool Late) Wishes(TrainerOptions options) => (cancel.IsCancellationRequested, IsLate(options));

    /// <summary>What all have said.</summary>
    public void Agree(bool anyCanceled, bool anyLate) => (Canceled, late) = (Canceled || anyCanceled, late || anyLate);

    /// <summary>Whether no further epoch may begin.</summary>
    public bool Ended(TrainerOptions options)
    {
        CheckCanceled();
        return Canceled || (State.Epoch > 0 && (State.Steps >= TotalSteps || State.TargetReached || State.StoppedEarly || OutOfTime(options)));
    }

    public void CheckCanceled() => Canceled |= Ranks?.Any(cancel.IsCancellationRequested) ?? cancel.IsCancellationRequested;

    public bool OutOfTime(TrainerOptions options) => Ranks is null || options.TimeLimit is null ? IsLate(options) : late |= Ranks.Any(IsLate(options));

    private bool IsLate(TrainerOptions options) => total.Elapsed > (options.TimeLimit ?? TimeSpan.MaxValue);

    /// <summary>Brings the clocks of the state up to date.</summary>
    public void Clock() => (State.Seconds, State.EpochSeconds) = (Elapsed.TotalSeconds, EpochSeconds);

    public EpochResult Finish(double seconds, Measurement? test)
    {
        double right = Task.Kind == TaskKind.Regression ? double.NaN : (double)State.Correct / Math.Max(State.Images, 1);
        var result = new EpochResult(State.Epoch, MeanLoss, right, test?.Score, seconds, State.Images)
        {
            Thresholds = (test as MultiLabelResult)?.BestThresholds,
            TestLoss = test?.Loss,
            TestInterval = test?.ScoreInterval,
            LearningRate = State.Rate,
        };
        State.Epochs.Add(result);
        State.InEpoch = false;
        return result;
    }

    public bool ReportDue(TimeSpan atLeast) => progress is not null && total.Elapsed - reported >= atLeast;

    public void Report(int epochs, TimeSpan atLeast, double? testAccuracy)
    {
        if (progress is null || !ReportDue(atLeast))
        {
            return;
        }

        reported = total.Elapsed;
        double seconds = testAccuracy is null ? EpochSeconds : State.Epochs[^1].Seconds;
        progress.Report(new TrainingProgress(
            State.Epoch, epochs, State.StepInEpoch, StepsPerEpoch, MeanLoss, State.Rate, State.Images / Math.Max(seconds, 1e-9), testAccuracy, Elapsed)
        {
            Metric = Task.Metric,
            TestInterval = testAccuracy is null ? null : State.Epochs[^1].TestInterval,
        });
    }

    public TrainingResult Result() => new()
    {
        Recipe = Recipe,
        RangeTest = RangeTest,
        Epochs = [.. State.Epochs],
        Steps = State.Steps,
        Elapsed = Elapsed,
        Canceled = Canceled,
        TargetReached = State.TargetReached,
        StoppedEarly = State.StoppedEarly,
        BestEpoch = State.BestEpoch == 0 ? null : State.BestEpoch,
        Task = Task.Kind == TaskKind.MultiLabel && State.Epochs.LastOrDefault(e => e.Thresholds is not null) is { Thresholds: { } thresholds }
            ? Task with { Thresholds = thresholds }
            : Task,
    };
}
