using System.Diagnostics;
using System.Text;
using ModelZoo.Plots;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Training.Runs;

/// <summary>Writes a run's folder while it runs.</summary>
internal sealed class RunRecorder : IDisposable
{
    private readonly RunFolder folder;
    private readonly TrainerOptions options;
    private readonly RunLog log;
    private readonly EventFile events;
    private readonly Stopwatch sinceSave = Stopwatch.StartNew();
    private int savedAtStep;

    /// <param name="folder">Prepared already.</param>
    /// <param name="options">How often to log and save; the notes.</param>
    /// <param name="state">From a saved run, or new.</param>
    /// <param name="recipe">What is followed.</param>
    /// <param name="identity">What must stay the same.</param>
    public RunRecorder(RunFolder folder, TrainerOptions options, RunState state, Recipe recipe, IReadOnlyDictionary<string, string> identity)
    {
        (this.folder, this.options) = (folder, options);
        savedAtStep = state.Steps;
        log = new RunLog(folder.Log, state.LogBytes);
        events = new EventFile(folder.Path, state.EventBytes);
        if (state.Steps == 0)
        {
            WriteText(folder.Recipe, recipe.ToJson() + "\n");
            WriteText(folder.Description, RunDescription.Write(options.Notes, identity, options.Ranks?.Size ?? 1));
        }
        else if (File.Exists(folder.Recipe) && File.ReadAllText(folder.Recipe) != recipe.ToJson() + "\n")
        {
            // Another number of epochs; all else must be the same.
            WriteText(folder.Recipe, recipe.ToJson() + "\n");
        }
    }

    /// <summary>Whether a line of the log is due after this step.</summary>
    public bool LineDue(Run run) => options.LogEverySteps > 0 && run.State.Steps % options.LogEverySteps == 0;

    /// <summary>The line.</summary>
    public void Step(Run run, double loss, double? gradientNorm)
    {
        RunState state = run.State;
        log.Write(new StepEntry(state.Steps, state.Epoch, loss, state.Rate, gradientNorm, run.ImagesPerSecond, run.Elapsed.TotalSeconds));
        events.Write(state.Steps, [("loss/step", loss), ("learning_rate", state.Rate), .. gradientNorm is { } norm ? new[] { ("gradient_norm", norm) } : []]);
    }

    /// <summary>Whether the state is to be saved after this step.</summary>
    public bool SaveDue(Run run) =>
        (options.SaveEverySteps > 0 && run.State.Steps - savedAtStep >= options.SaveEverySteps)
            || (options.SaveEvery is { } every && sinceSave.Elapsed >= every);

    public void Epoch(Run run, EpochResult epoch, bool best)
    {
        RunState state = run.State;
        log.Write(new EpochEntry(
            epoch.Epoch, state.Steps, epoch.Loss, epoch.TrainAccuracy, epoch.TestLoss, epoch.TestAccuracy, epoch.LearningRate, epoch.Images, epoch.Seconds,
                run.Elapsed.TotalSeconds, best)
        {
            TestAccuracyLow = epoch.TestInterval?.Low,
            TestAccuracyHigh = epoch.TestInterval?.High,
        });
        string metric = run.Task.Kind switch
        {
            TaskKind.MultiLabel => "mean_average_precision",
            TaskKind.Regression => "r2",
            _ => "accuracy",
        };
        (string, double)[] tested = epoch.TestAccuracy is { } score ? [($"{metric}/test", score), ("loss/test", epoch.TestLoss ?? double.NaN)] : [];
        (string, double)[] trained = run.Task.Kind == TaskKind.Regression ? [] : [("accuracy/train", epoch.TrainAccuracy)];
        events.Write(state.Steps, [("loss/train", epoch.Loss), .. trained, .. tested]);
        string title = string.Join(" on ", new[] { options.Notes.GetValueOrDefault("model"), options.Notes.GetValueOrDefault("data") }.OfType<string>());
        WriteText(folder.Curves, Curves.Draw(state.Epochs, title.Length > 0 ? title : Path.GetFileName(folder.Path), run.Task));
    }

    /// <summary>Makes the log as safe as the state that is about to be written, and notes how long it is.</summary>
    public void BeforeSave(Run run)
    {
        log.ToDisk();
        events.ToDisk();
        (run.State.LogBytes, run.State.EventBytes) = (log.Length, events.Length);
        savedAtStep = run.State.Steps;
        sinceSave.Restart();
    }

    public void Dispose()
    {
        log.Dispose();
        events.Dispose();
    }

    private static void WriteText(string path, string text) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}

/// <summary>Saves a run's checkpoints and its state.</summary>
internal sealed class RunSaver(nn.Module model, TrainerOptions options, RunFolder? folder, Learner learner, RunRecorder? recorder, IReadOnlyDictionary<string,
    string> identity)
{
    /// <summary>Everything that is needed to go on from here.</summary>
    public void SaveState(Run run)
    {
        if (folder is null)
        {
            return;
        }

        recorder?.BeforeSave(run);
        run.Clock();
        learner.Count(run.State);
        TrainingStateFile.Save(folder.State, run.State, learner.Tensors(), identity);
    }

    /// <summary>The model as it is, for use.</summary>
    /// <param name="run">What the description is made from.</param>
    /// <param name="best">Whether it is the best so far.</param>
    /// <param name="tested">Whether by a test.</param>
    public void SaveCheckpoints(Run run, bool best, bool tested)
    {
        bool stillNone = run.State.Best is null;
        string?[] paths = [options.CheckpointPath, best || stillNone ? options.BestPath : null, folder?.Last, best && tested ? folder?.Best : null];
        foreach (string path in paths.OfType<string>())
        {
            CheckpointInfo info = options.Describe!(run.Result());
            bool chosen = path == options.BestPath || path == folder?.Best;
            Checkpoint.Save(path, options.CheckpointModel ?? model, chosen ? info : info with { ChosenOn = null });
        }
    }

    /// <summary>The average of the weights, where it is not the result.</summary>
    public void SaveAverage(Run run)
    {
        using IDisposable? loan = folder is null ? null : learner.LendAverage(beside: true);
        if (loan is not null)
        {
            Checkpoint.Save(folder!.Average, options.CheckpointModel ?? model, options.Describe!(run.Result()) with { ChosenOn = null });
        }
    }
}

/// <summary>curves.svg: loss, accuracy and learning rate over the epochs, one above the other.</summary>
internal static class Curves
{
    /// <param name="epochs">At least one.</param>
    /// <param name="title">What was trained.</param>
    /// <param name="task">Whose figure the test has.</param>
    public static string Draw(IReadOnlyList<EpochResult> epochs, string title, PredictionTask? task = null) => FigureWriter.SvgFile(title, Plots(epochs, task));

    /// <summary>The same as data.</summary>
    /// <inheritdoc cref="Draw"/>
    public static IReadOnlyList<LinePlot> Plots(IReadOnlyList<EpochResult> epochs, PredictionTask? task = null)
    {
        double[] x = [.. epochs.Select(e => (double)e.Epoch)], rates = [.. epochs.Select(e => e.LearningRate).Where(r => r > 0)];
        var rateAxis = new Axis("learning rate", Logarithmic: rates.Length > 0 && rates.Max() / rates.Min() > 5);
        LinePlot[] plots =
        [
            Of("Loss", new("loss"), ("training", e => e.Loss), ("test", e => e.TestLoss)),
            (task ?? PredictionTask.Classes) switch
            {
                { Kind: TaskKind.MultiLabel } =>
                    Of("Labels", new("share", "%"), ("training, all labels right", e => 100 * e.TrainAccuracy), ("test, mean average precision", e =>
                        100 * e.TestAccuracy)),
                { Kind: TaskKind.Regression } => Of("R²", new("R²"), ("test", e => e.TestAccuracy)),
                _ => Of("Accuracy", new("accuracy", "%"), ("training", e => 100 * e.TrainAccuracy), ("test", e => 100 * e.TestAccuracy)),
            },
            Of("Learning rate", rateAxis, ("of the epoch's last step", e => e.LearningRate > 0 ? e.LearningRate : null)),
        ];
        return [.. plots.Where(p => p.Series.Count > 0)];

        LinePlot Of(string name, Axis y, params (string Name, Func<EpochResult, double?> Value)[] lines) =>
            new(name, new("epoch"), y, [.. lines.Where(l => epochs.Any(e => l.Value(e) is { } v && double.IsFinite(v)))
                .Select(l => new Series(l.Name, x, [.. epochs.Select(e => l.Value(e) ?? double.NaN)]))]);
    }
}
