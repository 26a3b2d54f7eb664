using System.Globalization;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Selecting;

/// <summary>The tables of a selection: for the page, and for terminals of 100 columns.</summary>
public static class SelectionTables
{
    private const int MostName = 22, MostPaired = 20;

    /// <summary>A row for each network, the most accurate first; the recommended one has an arrow, those on the front a dot.</summary>
    /// <param name="selection">The selection.</param>
    /// <param name="narrow">Whether it has to fit 100 columns.</param>
    public static TableFigure Networks(NetworkSelection selection, bool narrow = false)
    {
        ArgumentNullException.ThrowIfNull(selection);
        bool timed = selection.Timing is not null;
        bool Best(SelectedNetwork n) => n.Name == selection.Recommendation.Name;
        (string Head, Func<SelectedNetwork, string> Cell)[] columns =
        [
            .. narrow ? new (string, Func<SelectedNetwork, string>)[] { ("", n => Best(n) ? "→" : "") } : [],
            ("network", n => narrow ? KeepStart(n.Name, MostName) + (n.Seen is null ? "" : " (!)")
                : $"{(Best(n) ? "→ " : "")}{n.Name}{(n.Seen is null ? "" : " (knows these pictures)")}"),
            .. narrow ? Array.Empty<(string, Func<SelectedNetwork, string>)>() : [("weights", n => Origin(n.Origin))],
            (">accuracy", n => ComparisonTables.Percent(100 * n.Accuracy)),
            (narrow ? ">95 %" : ">95 % confidence", n => n.AccuracyInterval.Percent()),
            .. !timed ? Array.Empty<(string, Func<SelectedNetwork, string>)>() : narrow
                ? [(">ms", n => n.Speed is { } s ? Three(s.Milliseconds) : "")]
                : [(">eager, ms", n => Range(n.Speed?.Eager)), (">compiled, ms", n => Range(n.Speed?.Compiled)), (">int8, ms", n => Range(n.Speed?.Bytes))],
            (narrow ? ">file" : ">file size", n => ComparisonTables.Bytes(n.DiskBytes)),
            .. !timed ? Array.Empty<(string, Func<SelectedNetwork, string>)>()
                : [(">memory", n => ComparisonTables.Bytes(n.Speed?.PeakBytes))],
            .. narrow ? Array.Empty<(string, Func<SelectedNetwork, string>)>() : [(">parameters", n => Count(n.Parameters)),
                (">MACs", n => n.Macs is { } m ? ComparisonTables.Macs(m) : "")],
            (narrow ? ">fitted" : ">fitted in", n => Seconds(n.TrainingSeconds) + " s"),
            ("front", n => n.OnFront ? "●" : ""),
        ];
        return new($"{Count(selection.Settings.Pictures)} pictures of {selection.Settings.Data}, {selection.Settings.Classes.Count} classes, each judged by a "
            + "head that did not see it", [.. columns.Select(c => c.Head)],
            [.. selection.Networks.Select(n => (string[])[.. columns.Select(c => c.Cell(n))])]);
    }

    /// <summary>A row for each pair that was tested; null where there is one network.</summary>
    /// <param name="selection">The selection.</param>
    /// <param name="narrow">Whether it has to fit 100 columns.</param>
    public static TableFigure? Pairs(NetworkSelection selection, bool narrow = false)
    {
        ArgumentNullException.ThrowIfNull(selection);
        return selection.Pairs.Count == 0 ? null : new("Is the first better than the second?",
            narrow
                ? ["first", "second", ">points", ">95 %", ">alone", ">p", "", ">to tell"]
                : ["first", "second", ">by, points", ">95 % confidence", ">right where the other is wrong", ">p", "verdict", ">pictures in all to tell"],
            [.. selection.Pairs.Select(p => (string[])
            [
                narrow ? KeepStart(p.First, MostPaired) : p.First,
                narrow ? KeepStart(p.Second, MostPaired) : p.Second,
                Points(-p.Test.Difference),
                $"{Points(-p.Difference.High)} … {Points(-p.Difference.Low)}",
                $"{p.Test.FirstOnly} : {p.Test.SecondOnly}",
                p.P < 0.001 ? "< 0.001" : p.P.ToString("F3", CultureInfo.InvariantCulture),
                p.Decided ? "better" : "open",
                p.Decided ? "" : p.Pictures is { } n ? Count(n) : p.PicturesAtLeast is { } least ? $"≥ {Count(least)}" : "",
            ])]);
    }

    /// <summary>Where weights come from, in words.</summary>
    public static string Origin(NetworkOrigin origin) => origin switch
    {
        NetworkOrigin.Shipped => "with the zoo",
        NetworkOrigin.Pulled => "pulled",
        NetworkOrigin.Checkpoint => "own checkpoint",
        NetworkOrigin.Onnx => "ONNX",
        _ => "trained anew",
    };

    private static string Range(Spread? s) => s is null ? "" : $"{Three(s.Median)} ({Three(s.Min)} – {Three(s.Max)})";

    private static string Three(double value) =>
        value.ToString(value >= 99.95 ? "F0" : value >= 9.995 ? "F1" : value >= 0.9995 ? "F2" : "F3", CultureInfo.InvariantCulture);

    private static string Seconds(double value) => value.ToString(value < 10 ? "F1" : "F0", CultureInfo.InvariantCulture);

    private static string Points(double share) => (100 * share).ToString("+0.0;−0.0;0.0", CultureInfo.InvariantCulture);
}
