using System.Globalization;
using ModelZoo.Downloads;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Shows a download on standard error: a moving bar on a terminal, a line every few seconds in a pipe.</summary>
internal static class DownloadView
{
    private const double Mebibyte = 1 << 20;
    private static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    /// <summary>Runs <paramref name="work"/> with something to report to.</summary>
    internal static Task<T> ShowAsync<T>(Session session, string title, Func<IProgress<DownloadProgress>, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return work(new Lines(session, title));
        }

        return session.Log.Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new DownloadedColumn(),
                new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask task = context.AddTask(Markup.Escape(title));
                task.IsIndeterminate = true;
                T result = await work(new Bar(session, title, task)).ConfigureAwait(false);
                task.IsIndeterminate = false;
                task.Value = task.MaxValue;
                return result;
            });
    }

    private static string Size(long bytes) => (bytes / Mebibyte).ToString("F1", CultureInfo.InvariantCulture) + " MiB";

    private sealed class Bar(Session session, string title, ProgressTask task) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value)
        {
            if (value.Remark is { } remark)
            {
                session.Say($"{title}: {remark}");
                return;
            }

            task.IsIndeterminate = value.Total is null;
            task.MaxValue = Math.Max(1, value.Total ?? value.Bytes + 1);
            task.Value = value.Bytes;
        }
    }

    private sealed class Lines(Session session, string title) : IProgress<DownloadProgress>
    {
        private long next = Environment.TickCount64;

        public void Report(DownloadProgress value)
        {
            if (value.Remark is { } remark)
            {
                session.Say($"{title}: {remark}");
            }
            else if (Environment.TickCount64 >= next || value.Bytes == value.Total)
            {
                next = Environment.TickCount64 + (long)BetweenLines.TotalMilliseconds;
                session.Say($"{title}: {Size(value.Bytes)}{(value.Total is { } total ? $" of {Size(total)}" : "")}");
            }
        }
    }
}
