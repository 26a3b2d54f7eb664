using ModelZoo.Drawing;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Experiments.Report;
using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Selecting;

/// <summary>A selection as one HTML page that needs nothing else: no script, no network. It is well-formed XML, too.</summary>
public static class SelectionPage
{
    private const string Style = """
        main > section { border-top: 1px solid var(--rule); margin-top: 2rem; } h2 + .figures { margin-top: 0.4rem; }
        figure svg { margin-inline: 0; } ul { max-width: 75ch; padding-left: 1.2rem; } li { margin: 0.3rem 0; }
        """;

    /// <summary>Writes the page.</summary>
    public static string Write(NetworkSelection selection)
    {
        ArgumentNullException.ThrowIfNull(selection);
        SelectionSettings s = selection.Settings;
        bool clear = selection.Recommendation is { Name: { } name, NotTold.Count: 0 }
            && selection.Networks.First(n => n.Name == name).AccuracyInterval.Low > s.Guess;
        return PageFrame.Write($"Which network for {s.Data}?",
            $"""
            <header>
            <h1>Which network for {Escape(s.Data)}?</h1>
            <p class="headline {(clear ? "ok" : "")}">{Escape(selection.Recommendation.Sentence)}</p>
            {Command(SelectionNotes.Next(selection) ?? "")}</header>
            <main>
            {Sections(selection)}<section aria-labelledby="h-notes"><h2 id="h-notes">How to read this</h2>
            <ul>{string.Concat(SelectionNotes.Of(selection).Select(n => $"<li>{Escape(n)}</li>\n"))}</ul>
            {Command(selection.Command)}<p><small>{Escape(selection.Machine)}</small></p></section>
            </main>
            """, $"{FigureWriter.Style}\n{ReportPage.Style}\n{Style}");
    }

    private static string Sections(NetworkSelection selection) =>
        ComparisonPage.Section("networks", "The networks", [SelectionTables.Networks(selection)])
        + ComparisonPage.Section("front", "What accuracy costs", [.. SelectionFigures.Fronts(selection)])
        + ComparisonPage.Section("pairs", "Told apart?", SelectionTables.Pairs(selection) is { } pairs ? [pairs] : [])
        + ComparisonPage.Section("time", "Time and memory on this machine", [.. SelectionFigures.Times(selection)])
        + ComparisonPage.Section("curves", "What more pictures would bring", [.. SelectionFigures.Curves(selection)], Sentences(selection));

    private static string Command(string command) => command.Length > 0 ? $"<pre class=\"command\">{Escape(command)}</pre>\n" : "";

    private static string Sentences(NetworkSelection selection) => string.Concat(selection.Networks.Where(n => n.Curve is not null)
        .Select(n => $"<p class=\"note\">{Escape($"{n.Name}: {n.Curve!.Sentence()}")}</p>\n"));
}
