using System.Diagnostics;
using ModelZoo.Experiments;
using ModelZoo.Experiments.Report;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Runs experiments one after the other, says how far it has come, and shows what came of them.</summary>
internal sealed class ReproduceRun(Session session, ResultStore store, ExperimentContext context, bool fresh)
{
    private readonly List<(Experiment Experiment, ExperimentRecord? Record, bool Cached, string? Failure)> done = [];

    /// <summary>Runs them, writes the page, shows the table.</summary>
    /// <returns>The exit code: 1 where one could not run, or, if <paramref name="strict"/>, a claim was not reproduced.</returns>
    internal int Over(IReadOnlyList<Experiment> experiments, bool strict)
    {
        var clock = Stopwatch.StartNew();
        OutputFile.MustBeWritable(store.PagePath, "--out");
        try
        {
            if (Console.IsErrorRedirected)
            {
                foreach (Experiment e in experiments)
                {
                    session.Say($"{done.Count + 1}/{experiments.Count} {e.Name} …");
                    One(e, Seldom());
                    session.Say($"{done.Count}/{experiments.Count} {Line(done[^1])}");
                }
            }
            else
            {
                WithBar(experiments);
            }
        }
        finally
        {
            foreach (string problem in store.WritePage(ExperimentCatalog.Experiments.All).Unreadable) // what is finished stays, also after Ctrl-C
            {
                session.Say(problem);
            }
        }

        Show(clock.Elapsed.TotalSeconds);
        bool failed = done.Any(d => d.Failure is not null), contradicted = done.Any(d => d.Record is { Result.Verdict: not Verdict.Reproduced });
        return failed || (strict && contradicted) ? 1 : 0;
    }

    /// <summary>In a pipe, not every part of a long experiment gets a line.</summary>
    private Action<string> Seldom()
    {
        var since = Stopwatch.StartNew();
        return part =>
        {
            if (since.Elapsed > TimeSpan.FromSeconds(5))
            {
                session.Say(part);
                since.Restart();
            }
        };
    }

    private void WithBar(IReadOnlyList<Experiment> experiments) => session.Log.Progress()
        .AutoClear(true)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
        .Start(progress =>
        {
            ProgressTask task = progress.AddTask("reproducing", maxValue: experiments.Count);
            foreach (Experiment e in experiments)
            {
                task.Description = Markup.Escape(e.Name);
                One(e, part => task.Description = Markup.Escape($"{e.Name}: {part}"));
                task.Increment(1);
                session.Say(Line(done[^1]));
            }
        });

    private void One(Experiment experiment, Action<string> say)
    {
        context.Cancel.ThrowIfCancellationRequested();
        var own = new ExperimentContext
        {
            Preset = context.Preset,
            Seed = context.Seed,
            Seeds = context.Seeds,
            Data = context.Data,
            Device = context.Device,
            Cancel = context.Cancel,
            Say = part => say($"  {part}")
        };
        try
        {
            (ExperimentRecord record, bool kept) = new ExperimentRunner(store).Run(experiment, own, fresh);
            done.Add((experiment, record, kept, null));
        }
        catch (Exception e) when (e is not OperationCanceledException && Failure.Explain(e) is { } failure)
        {
            done.Add((experiment, null, false, failure.Message));
        }
    }

    private static string Line((Experiment Experiment, ExperimentRecord? Record, bool Cached, string? Failure) d) => d.Record is { } r
        ? $"{ReportPage.Say(r.Result.Verdict)}  {d.Experiment.Name}, {ReportPage.Time(r.Seconds)}{(d.Cached ? " (finished before)" : "")}"
        : $"could not run {d.Experiment.Name}: {d.Failure}";

    private void Show(double seconds) => session.Show(new { page = store.PagePath, seconds, experiments = done.Select(Document).ToArray() }, console =>
    {
        TextTable table = Tables.New("experiment", "verdict", "effect", ">seeds", ">time");
        foreach (var d in done)
        {
            table.Row(d.Experiment.Name, d.Record is { } r
                ? ReportPage.Say(r.Result.Verdict)
                : "could not run", d.Record?.Result.Effect.Sentence ?? d.Failure!, $"{d.Record?.Result.Seeds.Count}", d.Record is { } t
                ? ReportPage.Time(t.Seconds) + (d.Cached ? " *" : "")
                : "");
        }

        console.Write(table);
        if (done.Any(d => d.Cached))
        {
            console.WriteLine("* finished before with the same settings; --fresh runs it again");
        }

        console.WriteLine($"{done.Count(d => d.Record?.Result.Verdict == Verdict.Reproduced)} of {done.Count} reproduced in {Tables.Seconds(seconds)}; page: "
            + $"{store.PagePath}");
    });

    private object Document((Experiment Experiment, ExperimentRecord? Record, bool Cached, string? Failure) d) => new
    {
        name = d.Experiment.Name,
        group = d.Experiment.Info.Group,
        d.Experiment.Info.Claim,
        d.Experiment.Info.Source,
        verdict = d.Record?.Result.Verdict,
        effect = d.Record?.Result.Effect,
        seeds = d.Record?.Result.Seeds,
        seconds = d.Record?.Seconds,
        data = d.Record?.Result.DataUsed,
        notes = d.Record?.Result.Notes,
        finishedBefore = d.Cached,
        error = d.Failure,
        command = d.Record?.Command,
        file = d.Record is null ? null : store.PathOf(d.Experiment.Name),
    };
}
