using System.Globalization;
using ModelZoo.Training;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Shows a training run on standard error: a moving bar on a terminal, one line an epoch in a pipe.</summary>
internal static class TrainingView
{
    /// <summary>Runs <paramref name="work"/> with something to report to. From the first report on there is something to keep when it is interrupted.</summary>
    internal static T Show<T>(Session session, string title, Func<IProgress<TrainingProgress>, T> work)
    {
        IDisposable? hold = null;
        try
        {
            return Run(session, title, report => work(new Reporter(p =>
            {
                hold ??= InterruptSource.Hold();
                report(p);
            })));
        }
        finally
        {
            hold?.Dispose();
        }
    }

    private static T Run<T>(Session session, string title, Func<Action<TrainingProgress>, T> work)
    {
        if (Console.IsErrorRedirected || !session.Speaks)
        {
            return work(p => Line(session, title, p));
        }

        // The bar takes what the words leave, and is long enough to be seen; what follows it needs twelve columns, and the spaces between them three.
        int free = session.Log.Profile.Width - 15, bar = Math.Clamp(free - 80, 10, 40);
        return session.Log.Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = bar }, new PercentageColumn(),
                new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(Fitting(free - bar, title)));
                T result = work(p =>
                {
                    task.MaxValue = Math.Max(1, (double)p.Epochs * p.Steps);
                    task.Value = (double)(p.Epoch - 1) * p.Steps + p.Step;
                    task.Description = Markup.Escape(Fitting(free - bar, title, $"epoch {p.Epoch}/{p.Epochs}", Invariant($"loss {p.Loss:F4}"),
                        p.TestAccuracy is { } a ? $"test {Tables.Score(p.Metric, a)}" : null, Invariant($"{p.ImagesPerSecond:F0} images/s")));
                });
                task.Value = task.MaxValue;
                return result;
            });
    }

    /// <summary>As many of the parts as fit into so many columns; of the first, which always stays, its beginning.</summary>
    internal static string Fitting(int columns, params string?[] parts)
    {
        string line = parts[0]!.Length <= columns ? parts[0]! : string.Concat(parts[0].AsSpan(0, Math.Max(0, columns - 1)), "…");
        foreach (string part in parts.Skip(1).OfType<string>().TakeWhile(part => line.Length + 2 + part.Length <= columns))
        {
            line = $"{line}  {part}";
        }

        return line;
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

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static string Accuracy(TrainingProgress p) =>
        p.TestAccuracy is { } a ? $", test {p.Metric} {Tables.Score(p.Metric, a, p.TestInterval)}" : "";

    // System.Progress posts to a thread pool; reports must arrive in order, on the thread that trains.
    private sealed class Reporter(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
