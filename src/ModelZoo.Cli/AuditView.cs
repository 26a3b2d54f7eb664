using ModelZoo.Audit;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Shows how far an audit is, and what it found.</summary>
internal static class AuditView
{
    private const int Shown = 12;

    internal static void SayOpened(Session session, AuditData data)
    {
        foreach (string remark in data.Parts.SelectMany(part => part.Remarks))
        {
            session.SayOnce(remark);
        }

        FolderSummaries.Say(session, [.. data.Parts]);
    }

    /// <summary>Runs <paramref name="work"/> with something to report to: a bar on a terminal, a line every few seconds in a pipe.</summary>
    internal static AuditReport Watch(Session session, Func<IProgress<AuditProgress>, AuditReport> work)
    {
        if (Console.IsErrorRedirected)
        {
            return work(new Lines(session));
        }

        return session.Log.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new Bars(context)));
    }

    internal static void Show(Session session, AuditReport report, string page, string fixes) => session.Show(
        new { page, fixes, audit = AuditRecord.Describe(report) }, console => Render(console, report, page, fixes));

    private static void Render(IAnsiConsole console, AuditReport report, string page, string fixes)
    {
        foreach (string note in report.Notes)
        {
            console.WriteLine($"note: {note}");
        }

        if (report.Findings.Count > 0)
        {
            var summary = Tables.New("what", ">pictures", ">between parts", "suggestion");
            foreach (IGrouping<AuditProblem, AuditFinding> kind in report.Findings.GroupBy(f => f.Problem))
            {
                summary.Row(AuditReport.NameOf(kind.Key), Tables.Count(kind.Count()), kind.Any(f => f.Leak) ? Tables.Count(kind.Count(f => f.Leak)) : "",
                    string.Join(", ", kind.GroupBy(f => f.Suggestion).OrderByDescending(g => g.Key).Select(g =>
                        $"{g.Key.ToString().ToLowerInvariant()} {Tables.Count(g.Count())}")));
            }

            console.Write(summary);
            var table = Tables.New("file", "?label", "what", "why");
            foreach (AuditFinding f in report.Findings.GroupBy(f => f.Problem).SelectMany(kind => kind.Take(Shown / 3)).Take(2 * Shown))
            {
                AuditedPicture picture = report.Data.Pictures[f.Picture];
                table.Row(picture.File, picture.Said, AuditReport.NameOf(f.Problem), f.Why);
            }

            console.Write(table);
        }

        foreach (AlikeClasses pair in report.Labels?.AlikePairs().Take(5) ?? [])
        {
            console.WriteLine($"{pair.First} and {pair.Second} look alike: {Tables.Percent(pair.Share)} of their pictures are taken for the other");
        }

        if (report.Labels is { } labels)
        {
            console.WriteLine($"labels found by heads that have not seen the picture: {Tables.Percent(labels.Accuracy, labels.AccuracyInterval)}, "
                + $"{labels.Heads.Folds} folds");
        }

        console.WriteLine($"{report.Data.Name}: {Tables.Count(report.Findings.Count)} findings in {Tables.Count(report.Data.Pictures.Count)} pictures, by "
            + $"{report.Model} ({report.Features}) in {Tables.Seconds(report.Elapsed.TotalSeconds)}");
        console.WriteLine($"page: {page}");
        console.WriteLine($"fixes: {fixes}" + (report.Findings.Any(f => f.Suggestion is AuditSuggestion.Drop or AuditSuggestion.Relabel)
            ? $"; take the x off what is right as it is, then: zoo audit --apply {fixes}" : ""));
    }

    private sealed class Bars(ProgressContext context) : IProgress<AuditProgress>
    {
        private readonly Lock gate = new();
        private readonly Dictionary<string, ProgressTask> tasks = new(StringComparer.Ordinal);

        public void Report(AuditProgress value)
        {
            lock (gate)
            {
                if (!tasks.TryGetValue(value.Stage, out ProgressTask? task))
                {
                    task = tasks[value.Stage] = context.AddTask(value.Stage, maxValue: Math.Max(1, value.Of));
                }

                task.IsIndeterminate = value.Done == 0;
                task.Value = value.Done;
            }
        }
    }

    private sealed class Lines(Session session) : IProgress<AuditProgress>
    {
        private const long Between = 5_000; // milliseconds

        private readonly Lock gate = new();
        private string stage = "";
        private long next;

        public void Report(AuditProgress value)
        {
            lock (gate)
            {
                bool last = value.Done == value.Of;
                if (value.Stage == stage && !last && Environment.TickCount64 < next)
                {
                    return;
                }

                (stage, next) = (value.Stage, Environment.TickCount64 + Between);
                session.Say(value.Done == 0 ? $"audit: {value.Stage} of {Tables.Count(value.Of)} pictures"
                    : $"audit: {value.Stage}, {Tables.Count(value.Done)} of {Tables.Count(value.Of)}");
            }
        }
    }
}
