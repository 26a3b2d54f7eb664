using ModelZoo.Drawing;
using ModelZoo.Experiments.Report;
using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Comparing;

/// <summary>A comparison as one HTML page that needs nothing else: no script, no network. It is well-formed XML, too.</summary>
public static class ComparisonPage
{
    private const string Style = """
        main > section { border-top: 1px solid var(--rule); margin-top: 2rem; } h2 + .figures { margin-top: 0.4rem; }
        dl.models dt { color: var(--text); font-weight: 600; }
        figure svg { margin-inline: 0; } ul { max-width: 75ch; padding-left: 1.2rem; } li { margin: 0.3rem 0; }
        """;

    /// <summary>Writes the page.</summary>
    public static string Write(ModelComparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        string names = string.Join(", ", comparison.Models.Select(m => m.Name));
        return PageFrame.Write($"Compared: {KeepStart(names, 120)}",
            $"""
            <header>
            <h1>{comparison.Models.Count} {(comparison.Models.Count == 1 ? "model" : "models compared")}</h1>
            <p class="headline">{Escape(Headline(comparison))}</p>
            <dl class="models">{string.Concat(comparison.Models.Select(Described))}</dl>
            </header>
            <main>
            {Sections(comparison)}<section aria-labelledby="h-notes"><h2 id="h-notes">How to read this</h2>
            <ul>{string.Concat(ComparisonNotes.Of(comparison).Select(n => $"<li>{Escape(n)}</li>\n"))}</ul>
            {Command(comparison.Command)}<p><small>{Escape(comparison.Machine)}</small></p></section>
            </main>
            """, $"{FigureWriter.Style}\n{ReportPage.Style}\n{Style}");
    }

    private static string Sections(ModelComparison comparison)
    {
        const string Shares = "<p class=\"note\">Each model in per cent of its own, on a scale of its own.</p>\n";
        Figure[] accuracy = [.. ComparisonFigures.Accuracy(comparison), .. Maybe(ComparisonTables.Accuracies(comparison))];
        Figure[] time = [.. Maybe(ComparisonTables.Time(comparison)), .. ComparisonFigures.Time(comparison)];
        Figure[] training = [.. Maybe(ComparisonTables.Training(comparison)), .. ComparisonFigures.Curves(comparison),
            .. ComparisonFigures.TrainedAccuracy(comparison)];
        return Section("size", "Size and cost", [ComparisonTables.Size(comparison)])
            + Section("accuracy", "Accuracy", accuracy)
            + Section("time", "Time and memory on this machine", time)
            + Section("training", "Trained under one budget", training, Problems(comparison))
            + Section("fields", "What a layer sees", [.. ComparisonFigures.Fields(comparison)])
            + Section("layers", "Where the MACs and the parameters are", [.. ComparisonFigures.Layers(comparison)], Shares);
    }

    private static string Described(ComparedModel model)
    {
        bool same = model.Name == model.Architecture || model.Name.StartsWith(model.Architecture + ":", StringComparison.Ordinal);
        string source = $"{Escape(model.Source)}{Escape(same ? "" : $"; architecture {model.Architecture}")}";
        return $"<dt>{Escape(model.Name)}</dt><dd>{Escape(model.Summary)} <small>{source}</small></dd>";
    }

    private static string Command(string command) => command.Length > 0 ? $"<pre class=\"command\">{Escape(command)}</pre>\n" : "";

    private static string Headline(ModelComparison comparison)
    {
        (ComparedModel small, ComparedModel large) = (comparison.Models.MinBy(m => m.Profile.Parameters)!, comparison.Models.MaxBy(m => m.Profile.Parameters)!);
        (ComparedModel cheap, ComparedModel costly) = (comparison.Models.MinBy(m => m.Profile.Macs)!, comparison.Models.MaxBy(m => m.Profile.Macs)!);
        return comparison.Models.Count == 1
            ? $"{small.Name}: {Count(small.Profile.Parameters)} parameters, {ComparisonTables.Macs(small.Profile.Macs)} MACs per image"
            : $"{Count(small.Profile.Parameters)} parameters ({small.Name}) to {Count(large.Profile.Parameters)} ({large.Name}); "
                + $"{ComparisonTables.Macs(cheap.Profile.Macs)} MACs per image ({cheap.Name}) to {ComparisonTables.Macs(costly.Profile.Macs)} ({costly.Name})";
    }

    /// <summary>A section of figures; nothing where there are none.</summary>
    internal static string Section(string id, string title, Figure[] figures, string after = "") => figures.Length == 0 ? "" : $"""
        <section aria-labelledby="h-{id}"><h2 id="h-{id}">{title}</h2>
        <div class="figures">
        {string.Concat(figures.Select(FigureWriter.Html))}</div>
        {after}</section>

        """;

    private static IEnumerable<Figure> Maybe(TableFigure? table) => table is null ? [] : [table];

    private static string Problems(ModelComparison comparison) =>
        string.Concat(comparison.Models.SelectMany(m => (m.Trained?.Runs ?? []).Where(r => r.Problem is not null)
        .Select(r => $"<p class=\"note\">{Escape($"{m.Name}, seed {r.Seed}: {r.Problem}")}</p>\n")));
}
