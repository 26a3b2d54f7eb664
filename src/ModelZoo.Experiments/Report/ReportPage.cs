using System.Globalization;
using ModelZoo.Drawing;
using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Report;

/// <summary>All results as one HTML page that needs nothing else: no script, no network. It is well-formed XML, too.</summary>
public static class ReportPage
{
    internal const string Style = """
        table.claims { width: 100%; } table.claims td, table.claims th { white-space: normal; }
        table.claims td.verdict { min-width: 9rem; max-width: none; white-space: nowrap; }
        table.claims .group th { color: var(--text); padding-top: 1rem; font-size: 1rem; }
        table.claims td.time, table.claims td[data-label] { white-space: nowrap; } table.claims td.time { text-align: right; }
        table.claims td:first-child { min-width: 12rem; } tr.bad td { background: none; } tr.open td { background: none; }
        tr.open td.verdict { color: var(--open); } td.verdict { font-weight: 600; }
        section.experiment { border-top: 1px solid var(--rule); margin-top: 2.2rem; padding-top: 0.4rem; }
        section.experiment h3 { font-size: 1.1rem; margin: 0.6rem 0; }
        p.open { color: var(--open); background: var(--open-back); padding: 0.5rem 0.8rem; border-radius: 4px; max-width: none; }
        p.ok { padding: 0.5rem 0.8rem; border-radius: 4px; max-width: none; } pre.command { white-space: pre-wrap; overflow-wrap: anywhere; width: auto; }
        p.note { border-left: 3px solid var(--rule); padding-left: 0.7rem; }
        @media (min-width: 62rem) { .body { display: grid; grid-template-columns: minmax(16rem, 24rem) minmax(0, 1fr); gap: 2.5rem; align-items: start; }
        .body > dl { grid-template-columns: 1fr; } .body > dl dd { margin-bottom: 0.5rem; } }
        @media (max-width: 38rem) { table.claims td.verdict, table.claims td.time { white-space: normal; text-align: left; }
        table.claims tr.group { border: 0; padding: 0; margin: 0.9rem 0 0.4rem; } table.claims tr.group th { padding: 0; }
        table.claims td:first-child { min-width: 0; } table.claims td[data-label] { display: inline-block; padding-right: 0.2rem; font-size: 0.8rem; } }
        """;

    /// <summary>Writes the page.</summary>
    /// <param name="records">In the order of the page.</param>
    public static string Write(IReadOnlyList<ExperimentRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        (int yes, int no, int open) = (Of(records, Verdict.Reproduced), Of(records, Verdict.NotReproduced), Of(records, Verdict.NotDecidable));
        string headline = $"{yes} of {records.Count} claims reproduced" + (no > 0 ? $", {no} not reproduced" : "")
            + (open > 0 ? $", {open} not decidable at this size" : "");
        IGrouping<ExperimentGroup, ExperimentRecord>[] groups = [.. records.GroupBy(r => r.Info.Group).OrderBy(g => g.Key)];
        return PageFrame.Write($"Claims: {headline}",
            $"""
            <header>
            <h1>The textbooks’ claims, tried</h1>
            <p class="headline {(no == 0 && open == 0 ? "ok" : "")}">{headline}, in {Time(records.Sum(r => r.Seconds))}</p>
            <p>{Escape(Presets(records))}
            A verdict is computed from the result. What is small here (images, networks, epochs)
            limits what a verdict on training says: each section names what it ran on.</p>
            </header>
            <main>
            <section aria-labelledby="h-claims"><h2 id="h-claims">Claims</h2>
            <table class="cards claims"><thead><tr><th scope="col">claim</th><th scope="col">verdict</th>
            <th scope="col">effect</th><th scope="col">seeds</th><th class="r" scope="col">time</th></tr></thead>
            {string.Concat(groups.Select(Rows))}</table></section>
            {string.Concat(groups.Select(Sections))}<section aria-labelledby="h-run"><h2 id="h-run">How this page was made</h2>
            <pre class="command">{Escape(Commands(records))}</pre>
            {string.Concat(records.Select(r => r.Machine).Distinct().Select(m => $"<p>{Escape(m)}</p>\n"))}</section>
            </main>
            """, $"{FigureWriter.Style}\n{Style}", images: true);
    }

    /// <summary>Why a record that was read from a file can't be drawn: values that no experiment writes. Null where it can.</summary>
    internal static string? WhyNot(ExperimentRecord record)
    {
        try
        {
            _ = Row(record) + Section(record);
            return null;
        }
        catch (Exception error) when (!OutOfMemory.Caused(error))
        {
            return $"its figures can't be drawn: {error.Message}";
        }
    }

    /// <summary>A verdict for people.</summary>
    public static string Say(Verdict verdict) => verdict switch
    {
        Verdict.Reproduced => "✓ reproduced",
        Verdict.NotReproduced => "✗ not reproduced",
        _ => "? not decidable at this size",
    };

    /// <summary>"0.4 s", "12 s", "3 min 5 s".</summary>
    public static string Time(double seconds) => seconds < 10 ? $"{seconds.ToString("f1", CultureInfo.InvariantCulture)} s"
        : seconds < 100 ? $"{seconds.ToString("f0", CultureInfo.InvariantCulture)} s"
        : $"{(int)seconds / 60} min {(int)seconds % 60} s";

    private static int Of(IReadOnlyList<ExperimentRecord> records, Verdict verdict) => records.Count(r => r.Result.Verdict == verdict);

    private static string Class(Verdict verdict) => verdict switch { Verdict.Reproduced => "ok", Verdict.NotReproduced => "bad", _ => "open" };

    private static string NameOf(ExperimentGroup group) => group.ToString();

    private static string Seeds(ExperimentResult result) => result.Seeds.Count == 0
        ? "none"
        : result.Seeds.Count == 1
        ? $"1 ({result.Seeds[0]})"
        : $"{result.Seeds.Count} ({result.Seeds[0]} … {result.Seeds[^1]})";

    private static string Row(ExperimentRecord r) =>
        $"<tr class=\"{Class(r.Result.Verdict)}\"><td><a href=\"#{Escape(r.Info.Name)}\">{Escape(r.Info.Title)}</a></td><td "
            + $"class=\"verdict\">{Say(r.Result.Verdict)}</td>"
        + $"<td>{Escape(r.Result.Effect.Sentence)}</td><td data-label=\"seeds\">{Seeds(r.Result)}</td><td class=\"time\" "
            + $"data-label=\"time\">{Time(r.Seconds)}</td></tr>\n";

    private static string Rows(IGrouping<ExperimentGroup, ExperimentRecord> group) =>
        $"<tbody>\n<tr class=\"group\"><th colspan=\"5\" scope=\"rowgroup\">{NameOf(group.Key)}</th></tr>\n{string.Concat(group.Select(Row))}</tbody>\n";

    private static string Sections(IGrouping<ExperimentGroup, ExperimentRecord> group)
    {
        string name = NameOf(group.Key);
        return $"<section aria-labelledby=\"h-{name}\"><h2 id=\"h-{name}\">{name}</h2>\n{string.Concat(group.Select(Section))}</section>\n";
    }

    private static string Section(ExperimentRecord r)
    {
        string figures = r.Result.Figures.Count > 0 ? $"<div class=\"figures\">\n{string.Concat(r.Result.Figures.Select(FigureWriter.Html))}</div>\n" : "";
        (string Term, string Text)[] terms =
        [
            ("Claim", r.Info.Claim),
            ("Source", r.Info.Source),
            ("What ran", r.Info.Runs),
            ("Data", r.Result.DataUsed.Length > 0 ? r.Result.DataUsed : "none: numbers alone"),
            ("Seeds and time", $"{Seeds(r.Result)}; {Time(r.Seconds)}"),
        ];
        return $"""
            <section class="experiment" aria-labelledby="{r.Info.Name}"><h3 id="{r.Info.Name}">{Escape(r.Info.Title)}</h3>
            <p class="{Class(r.Result.Verdict)}"><b>{Say(r.Result.Verdict)}</b>: {Escape(r.Result.Effect.Sentence)}</p>
            <div class="body"><dl>{string.Concat(terms.Select(t => $"<dt>{t.Term}</dt><dd>{Escape(t.Text)}</dd>"))}</dl>
            <div>{figures}{string.Concat(r.Result.Notes.Select(n => $"<p class=\"note\">{Escape(n)}</p>\n"))}</div></div>
            <pre class="command">{Escape(r.Command)}</pre>
            <p><a href="#h-claims">↑ all claims</a></p></section>

            """;
    }

    private static string Presets(IReadOnlyList<ExperimentRecord> records) =>
        string.Join(' ', records.GroupBy(r => r.Settings.Preset).Select(g =>
            $"{g.Count()} ran {(g.Key == "full" ? "in full" : "quickly")} (--{g.Key}).").Concat(
            records.Select(r => r.Settings.Data).Where(d => d.Length > 0).Distinct().Select(d => $"Data: {d}.")));

    private static string Commands(IReadOnlyList<ExperimentRecord> records)
    {
        string[] settings = [.. records.Select(r => r.Settings.Preset).Distinct()];
        return settings.Length == 1 ? $"zoo reproduce --all --{settings[0]}" : string.Join(" · ", records.Select(r => r.Command));
    }
}
