using ModelZoo.Data;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Where a training leaves its checkpoints.</summary>
/// <param name="Last">The one of the last epoch.</param>
/// <param name="Best">The one of the best epoch; without a folder it is what was asked for, and is there as soon as the other is.</param>
/// <param name="Folder">The run's folder, where it has one.</param>
internal sealed record TrainedFiles(string Last, string Best, string? Folder)
{
    internal static TrainedFiles In(string folder) => new(new RunFolder(folder).Last, new RunFolder(folder).Best, folder);

    /// <summary>The best at the path that was given, the last beside it.</summary>
    internal static TrainedFiles At(string path) => new(OutputFile.Beside(path, "last"), path, null);

    /// <summary>What the run is asked for.</summary>
    internal string Checkpoint => Folder is null ? Best : Last;

    /// <summary>The page about it.</summary>
    internal string Report => Folder is null ? Path.ChangeExtension(Best, ".report.html") : new RunFolder(Folder).Report;

    /// <summary>Its numbers.</summary>
    internal string ReportNumbers => Folder is null ? Path.ChangeExtension(Best, ".report.json") : new RunFolder(Folder).ReportNumbers;

    /// <summary>The epoch whose weights <see cref="Checkpoint"/> has; null for none.</summary>
    internal EpochResult? Held(TrainingResult result)
    {
        EpochResult? last = result.Epochs.Count > 0 ? result.Epochs[^1] : null;
        return Folder is null ? result.Epochs.FirstOrDefault(e => e.Epoch == result.BestEpoch) ?? last : last;
    }
}

/// <summary>What <c>train</c> and <c>finetune</c> print at the end.</summary>
internal static class TrainingReport
{
    internal static int Show(Session session, string name, LabeledImages train, LabeledImages measured, DataSource source, TrainingResult result,
        TrainedFiles files, IReadOnlyList<FolderSummary>? folders, string? report)
    {
        var epochs = result.Epochs.Select(e => new { e.Epoch, e.Loss, e.TrainAccuracy, e.TestAccuracy, e.TestInterval, e.Seconds }).ToArray();
        bool saved = epochs.Length > 0;
        EpochResult? held = files.Held(result), best = result.Epochs.FirstOrDefault(e => e.Epoch == result.BestEpoch);
        session.Show(new
        {
            model = name,
            data = train.Name,
            images = train.Count,
            testData = measured.Name,
            testImages = measured.Count,
            folders,
            epochs,
            metric = result.Task.Metric,
            testAccuracy = held?.TestAccuracy,
            testInterval = held?.TestInterval,
            thresholds = result.Task.Thresholds.Count > 0 ? result.Task.Thresholds : null,
            seconds = result.Elapsed.TotalSeconds,
            checkpoint = saved ? files.Checkpoint : null,
            epoch = held?.Epoch,
            lastCheckpoint = saved ? files.Last : null,
            bestCheckpoint = best is null ? null : files.Best,
            run = files.Folder,
            report,
            bestEpoch = result.BestEpoch,
            stoppedEarly = result.StoppedEarly,
            interrupted = result.Canceled
        }, console =>
        {
            if (saved)
            {
                Render(console, name, train, measured, source, result, files, held!, report);
            }
        });
        if (!result.Canceled)
        {
            return 0;
        }

        session.Say(saved ? $"zoo: interrupted; the state so far is kept in {files.Last}." : "zoo: interrupted before the first step; nothing was trained.");
        if (best is not null)
        {
            session.Say($"zoo: the best epoch is in {files.Best}.");
        }

        if (saved && files.Folder is not null)
        {
            session.Say($"zoo: go on with: zoo train --resume {files.Folder}");
        }

        // Nothing is kept: then it ends as every other command does, with the signal's own code.
        return saved ? 1 : 0;
    }

    private static void Render(
        IAnsiConsole console, string name, LabeledImages train, LabeledImages measured, DataSource source, TrainingResult result, TrainedFiles files,
        EpochResult held, string? report)
    {
        string metric = result.Task.Metric;
        string[] counted = result.Task.Kind switch
        {
            TaskKind.MultiLabel => [">all labels right"],
            TaskKind.Regression => [],
            _ => [">train accuracy"],
        };
        var table = Tables.New([">epoch", ">loss", .. counted, $">test {metric}", ">time"]);
        foreach (EpochResult e in result.Epochs)
        {
            string[] right = counted.Length > 0 ? [Tables.Percent(e.TrainAccuracy)] : [];
            string tested = e.TestAccuracy is { } a ? Tables.Score(metric, a, e.TestInterval) : "";
            table.Row([$"{e.Epoch}", $"{e.Loss:F4}", .. right, tested, Tables.Seconds(e.Seconds)]);
        }

        console.Write(table);
        if (held.TestInterval is not null)
        {
            console.WriteLine(Tables.IntervalNote(metric));
        }

        (EpochResult last, EpochResult? best) = (result.Epochs[^1], result.Epochs.FirstOrDefault(e => e.Epoch == result.BestEpoch));
        console.WriteLine($"{name} on {train.Name} ({Tables.Images(train.Count)}): test {metric} {Score(metric, held)} on {measured.Name} "
            + $"({Tables.Images(measured.Count)}), {Tables.Seconds(result.Elapsed.TotalSeconds)}");
        if (result.StoppedEarly)
        {
            console.WriteLine($"stopped early: epoch {result.BestEpoch} was the best");
        }

        console.WriteLine($"checkpoint: {files.Checkpoint} (epoch {held.Epoch})");
        if (files.Folder is null)
        {
            console.WriteLine($"last epoch: {files.Last} (epoch {last.Epoch}, {Score(metric, last)})");
        }
        else if (best is not null)
        {
            console.WriteLine($"best epoch: {files.Best} (epoch {best.Epoch}, {Score(metric, best)})");
        }

        if (files.Folder is not null)
        {
            console.WriteLine($"log and curves: {files.Folder}");
        }

        if (report is not null)
        {
            console.WriteLine($"report: {report}");
        }

        console.WriteLine($"next: zoo eval {files.Checkpoint} --data {source}");
        console.WriteLine($"      zoo verify {files.Checkpoint}");
    }

    private static string Score(string metric, EpochResult epoch) =>
        epoch.TestAccuracy is { } score ? Tables.Score(metric, score, epoch.TestInterval) : "not measured";
}
