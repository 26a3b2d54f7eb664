using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Training;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Shows a training run on standard error: a moving bar on a terminal, one line an epoch in a pipe.</summary>
internal static class TrainingView
{
    /// <summary>Runs <paramref name="work"/> with something to report to.</summary>
    internal static T Show<T>(Session session, string title, Func<IProgress<TrainingProgress>, T> work)
    {
        if (Console.IsErrorRedirected)
        {
            return work(new Reporter(p => Line(session, title, p)));
        }

        return session.Log.Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title));
                T result = work(new Reporter(p =>
                {
                    task.MaxValue = Math.Max(1, (double)p.Epochs * p.Steps);
                    task.Value = (double)(p.Epoch - 1) * p.Steps + p.Step;
                    task.Description = Markup.Escape(string.Create(CultureInfo.InvariantCulture,
                        $"{title}  epoch {p.Epoch}/{p.Epochs}  loss {p.Loss:F4}{Accuracy(p)}  {p.ImagesPerSecond:F0} images/s"));
                }));
                task.Value = task.MaxValue;
                return result;
            });
    }

    private static void Line(Session session, string title, TrainingProgress p)
    {
        if (p.TestAccuracy is not null)
        {
            session.Say(string.Create(CultureInfo.InvariantCulture,
                $"{title}: epoch {p.Epoch}/{p.Epochs}, loss {p.Loss:F4}{Accuracy(p)}, rate {p.LearningRate:G3}, {p.ImagesPerSecond:F0} images/s, "
                    + $"{p.Elapsed.TotalSeconds:F1} s"));
        }
    }

    private static string Accuracy(TrainingProgress p) =>
        p.TestAccuracy is { } a ? string.Create(CultureInfo.InvariantCulture, $", test accuracy {100 * a:F2} %") : "";

    // System.Progress posts to a thread pool; reports must arrive in order, on the thread that trains.
    private sealed class Reporter(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}

/// <summary>What <c>train</c> and <c>finetune</c> print at the end.</summary>
internal static class TrainingReport
{
    internal static int Show(Session session, string name, LabeledImages train, DataSource source, TrainingResult result, string path, string? folder = null,
        IReadOnlyList<FolderTally>? folders = null)
    {
        var epochs = result.Epochs.Select(e => new { e.Epoch, e.Loss, e.TrainAccuracy, e.TestAccuracy, e.Seconds }).ToArray();
        session.Show(new
        {
            model = name,
            data = train.Name,
            images = train.Count,
            folders,
            epochs,
            testAccuracy = result.TestAccuracy,
            seconds = result.Elapsed.TotalSeconds,
            checkpoint = path,
            run = folder,
            bestEpoch = result.BestEpoch,
            stoppedEarly = result.StoppedEarly,
            interrupted = result.Canceled
        }, console =>
        {
            var table = Tables.New(">epoch", ">loss", ">train accuracy", ">test accuracy", ">time");
            foreach (var e in epochs)
            {
                table.Row($"{e.Epoch}", $"{e.Loss:F4}", Tables.Percent(e.TrainAccuracy), e.TestAccuracy is { } a
                    ? Tables.Percent(a)
                    : "", Tables.Seconds(e.Seconds));
            }

            console.Write(table);
            console.WriteLine($"{name} on {train.Name} ({Tables.Count(train.Count)} images): test accuracy "
                + $"{(result.TestAccuracy is { } t ? Tables.Percent(t) : "not measured")}, {Tables.Seconds(result.Elapsed.TotalSeconds)}");
            if (result.StoppedEarly)
            {
                console.WriteLine($"stopped early: epoch {result.BestEpoch} was the best");
            }

            console.WriteLine($"checkpoint: {path}" + (folder is null ? "" : $"   log, curves and best checkpoint: {folder}"));
            console.WriteLine($"next: zoo eval {path} --data {source}   zoo verify {path}");
        });
        if (!result.Canceled)
        {
            return 0;
        }

        session.Say($"zoo: interrupted; the state so far is kept in {path}." + (folder is null ? "" : $" Go on with: zoo train --resume {folder}"));
        return 1;
    }
}
