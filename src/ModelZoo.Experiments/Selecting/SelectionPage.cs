using System.Globalization;
using ModelZoo.Drawing;
using ModelZoo.Experiments.Report;
using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Selecting;

/// <summary>A selection as one HTML page that needs nothing else: no script, no network. It is well-formed XML, too.</summary>
public static class SelectionPage
{
    private const int MostLines = 8;
    private const string Style = """
        main > section { border-top: 1px solid var(--rule); margin-top: 2rem; } h2 + .figures { margin-top: 0.4rem; }
        figure svg { margin-inline: 0; } ul { max-width: 75ch; padding-left: 1.2rem; } li { margin: 0.3rem 0; }
        """;

    /// <summary>Writes the page.</summary>
    public static string Write(NetworkSelection selection)
    {
        ArgumentNullException.ThrowIfNull(selection);
        SelectionSettings s = selection.Settings;
        bool clear = selection.Recommendation is { Name: { } name, NotTold.Count: 0 } && selection.Networks.First(n => n.Name == name).AccuracyInterval.Low > s.Guess;
        return PageFrame.Write($"Which network for {s.Data}?",
            $"""
            <header>
            <h1>Which network for {Escape(s.Data)}?</h1>
            <p class="headline {(clear ? "ok" : "")}">{Escape(selection.Recommendation.Sentence)}</p>
            {Next(selection)}</header>
            <main>
            {Section("networks", "The networks", [SelectionTables.Networks(selection)])}{Section("front", "What accuracy costs", [.. Fronts(selection)])}{
            Section("pairs", "Told apart?", [.. Maybe(SelectionTables.Pairs(selection))])}{
            Section("time", "Time and memory on this machine", [.. Times(selection)])}{
            Section("curves", "What more pictures would bring", [.. Curves(selection)], Sentences(selection))}<section aria-labelledby="h-notes"><h2 id="h-notes">How to read this</h2>
            <ul>{string.Concat(SelectionNotes.Of(selection).Select(n => $"<li>{Escape(n)}</li>\n"))}</ul>
            {(selection.Command.Length > 0 ? $"<pre class=\"command\">{Escape(selection.Command)}</pre>\n" : "")}<p><small>{Escape(selection.Machine)}</small></p></section>
            </main>
            """, $"{FigureWriter.Style}\n{ReportPage.Style}\n{Style}");
    }

    private static IEnumerable<Figure> Fronts(NetworkSelection selection)
    {
        const string Steps = "The dashed steps are the Pareto front: nothing to the left of them or above is both cheaper and as accurate. Whiskers: 95 % "
            + "confidence; they overlap more often than the paired tests leave a pair open.";
        if (selection.Timing is not null)
        {
            yield return Front(selection, "Accuracy against time", new("time per picture", "ms", Logarithmic: true), n => n.Speed?.Milliseconds) with
            {
                Caption = Steps,
            };
        }

        yield return Front(selection, "Accuracy against size", new("file", "MB", Logarithmic: true), n => n.DiskBytes / 1e6) with
        {
            Caption = selection.Timing is null ? Steps : "",
        };
    }

    private static ScatterPlot Front(NetworkSelection selection, string title, Axis cost, Func<SelectedNetwork, double?> of)
    {
        (SelectedNetwork Network, double Cost)[] all = [.. selection.Networks.Where(n => of(n) is not null).Select(n => (n, of(n)!.Value))];
        ScatterPoint[] points = [.. all.Select(n => new ScatterPoint(n.Network.Name, n.Cost, 100 * n.Network.Accuracy, 0, Group(n.Network))
        {
            Low = 100 * n.Network.AccuracyInterval.Low,
            High = 100 * n.Network.AccuracyInterval.High,
        })];
        ScatterPoint[] front = [.. points.Where((p, i) => all[i].Network.Seen is null && !points.Where((_, j) => all[j].Network.Seen is null).Any(other =>
            other.Y >= p.Y && other.X <= p.X && (other.Y > p.Y || other.X < p.X)))];
        return new(title, cost, new("accuracy", "%"), points) { Front = front };
    }

    private static string Group(SelectedNetwork n) => n.Seen is not null ? "knows these pictures" : n.Origin == NetworkOrigin.Scratch ? "trained anew" : "pretrained";

    private static IEnumerable<Figure> Times(NetworkSelection selection)
    {
        SelectedNetwork[] timed = [.. selection.Networks.Where(n => n.Speed is not null)];
        string[] names = [.. timed.Select(n => n.Name)];
        if (timed.Length > 0)
        {
            bool bytes = timed.Any(n => n.Speed!.Bytes is not null);
            yield return new BarChart("Time per picture", new("time per picture", "ms", Logarithmic: true), names,
                [Bars("eager", n => n.Eager), Bars("compiled", n => n.Compiled), .. bytes ? new[] { Bars("int8", n => n.Bytes) } : []])
            {
                Caption = $"Median of {selection.Timing!.Rounds} interleaved rounds at batch {selection.Timing.Batch}; whiskers from the least to the greatest.",
            };
            if (timed.Any(n => n.Speed!.PeakBytes is not null))
            {
                yield return new BarChart("Memory", new("resident memory", "MB", Logarithmic: true), names,
                    [new("", [.. timed.Select(n => n.Speed!.PeakBytes is { } b ? b / 1e6 : double.NaN)])])
                {
                    Caption = "Rise of the process’ resident memory from before the network was read until it had computed.",
                };
            }
        }

        yield return new BarChart("Fitting it to all pictures", new("time", "s", Logarithmic: true), [.. selection.Networks.Select(n => n.Name)],
            [new("", [.. selection.Networks.Select(n => n.TrainingSeconds)])])
        {
            Caption = "Features of all pictures, computed once, and one head; trained anew, one training.",
        };

        Bars Bars(string name, Func<NetworkSpeed, Comparing.Spread?> of) => new(name, [.. timed.Select(n => of(n.Speed!)?.Median ?? double.NaN)])
        {
            Low = [.. timed.Select(n => of(n.Speed!)?.Min ?? double.NaN)],
            High = [.. timed.Select(n => of(n.Speed!)?.Max ?? double.NaN)],
        };
    }

    private static IEnumerable<Figure> Curves(NetworkSelection selection) => selection.Networks.Where(n => n.Curve is not null).Chunk(MostLines)
        .Select(some => new LinePlot("Accuracy by training pictures", new("pictures learned from", Logarithmic: true), new("accuracy", "%"),
            [.. some.Select(n => new Series(n.Name, [.. n.Curve!.Pictures.Select(p => (double)p)], [.. n.Curve.Errors.Select(e => 100 * (1 - e))])
            {
                Low = [.. n.Curve.ErrorIntervals.Select(e => 100 * (1 - e.High))],
                High = [.. n.Curve.ErrorIntervals.Select(e => 100 * (1 - e.Low))],
            })])
        { Caption = "Heads on parts of the pictures, each tested on a fold that it did not see; bands: 95 % confidence, other pictures and heads being drawn." });

    private static string Sentences(NetworkSelection selection) => string.Concat(selection.Networks.Where(n => n.Curve is not null)
        .Select(n => $"<p class=\"note\">{Escape($"{n.Name}: {n.Curve!.Sentence()}")}</p>\n"));

    private static string Next(NetworkSelection selection) =>
        SelectionNotes.Next(selection) is { } command ? $"<pre class=\"command\">{Escape(command)}</pre>\n" : "";

    private static string Section(string id, string title, Figure[] figures, string after = "") => figures.Length == 0 ? "" : $"""
        <section aria-labelledby="h-{id}"><h2 id="h-{id}">{title}</h2>
        <div class="figures">
        {string.Concat(figures.Select(FigureWriter.Html))}</div>
        {after}</section>

        """;

    private static IEnumerable<Figure> Maybe(TableFigure? table) => table is null ? [] : [table];
}

/// <summary>What a reader of a selection should know: a sentence each.</summary>
public static class SelectionNotes
{
    /// <summary>All that it needs.</summary>
    public static IReadOnlyList<string> Of(NetworkSelection selection)
    {
        ArgumentNullException.ThrowIfNull(selection);
        SelectionSettings s = selection.Settings;
        return
        [
            $"Accuracy: each network’s layers stay as they are, a new head is fitted to all of {s.Folds} folds but one and tested on that one, so that every picture "
                + "is judged by a head that did not see it. The folds and the recipe of the heads are the same for all networks.",
            "95 % confidence: Wilson’s interval over the pictures. Two intervals may overlap although the pair is told apart: the tests look at the pictures "
                + "that one of the two alone gets right.",
            $"p: McNemar’s exact test, two-sided, corrected for the {Count(selection.Pairs.Count)} pairs that are tested (Holm). The points with their interval come "
                + "from 10,000 resamples of the pictures, uncorrected.",
            "Pictures to tell: with so many in all, four of five such comparisons would come out, if the two differ as they do here; ≥: if they differ as much as "
                + "the interval allows.",
            .. selection.Timing is not { } t ? Array.Empty<string>() :
            [
                $"Times: all networks by turns in one run, {t.Rounds} rounds after one to warm up, who begins alternates; {t.Batch} random picture"
                    + $"{(t.Batch == 1 ? "" : "s")} a forward, {t.Threads} thread{(t.Threads == 1 ? "" : "s")}, {t.Device}. Reading and decoding pictures is not in "
                    + "them. The time that counts is that of int8 where a network is quantized, else compiled.",
                .. t.Load > 0.5 * Environment.ProcessorCount
                    ? new[] { string.Create(CultureInfo.InvariantCulture, $"The machine was busy with other work when this was measured (load {t.Load.Value:0.0} on ")
                        + $"{Environment.ProcessorCount} cores): times compare with each other, not with a calm machine’s." }
                    : [],
            ],
            "File: a checkpoint of the network with its new head.",
            .. selection.Networks.Where(n => n.Quantized).Select(n => $"{n.Name} is quantized: its features, its time and its memory are those on bytes; its weights "
                + "stay float32 in the file. `zoo finetune` makes a network in float32 of it, and `zoo quantize` one on bytes of that."),
            .. selection.Networks.Any(n => n.Origin == NetworkOrigin.Scratch)
                ? new[] { "Trained anew: on the same folds, each training as long as the pretrained network took for its features and a head, or as --budget says." }
                : [],
            .. selection.Networks.Where(n => n.Seen is not null).Select(n => $"{n.Seen}: its accuracy is too good, and it is not recommended."),
        ];
    }

    /// <summary>The command that fits the recommended network; null where there is none to fit.</summary>
    public static string? Next(NetworkSelection selection)
    {
        ArgumentNullException.ThrowIfNull(selection);
        SelectedNetwork? best = selection.Networks.FirstOrDefault(n => n.Name == selection.Recommendation.Name);
        return best is null ? null
            : best.Origin == NetworkOrigin.Scratch ? CommandLineText.Of("train", best.Architecture, "--data", selection.Settings.Source)
            : CommandLineText.Of("finetune", best.Spec, "--data", selection.Settings.Source);
    }
}
