using ModelZoo.Plots;
using ModelZoo.Statistics;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Reports;

/// <summary>The figures of a report as plots and tables.</summary>
internal static class ClassSections
{
    private const int MostCells = 30; // classes a side of the confusion's drawing
    private const int MostPairs = 15;
    private const int LeastDrawn = 10; // answers that a point of the reliability diagram stands for

    public static string Figures(ClassFigures figures)
    {
        int[] told = [.. Enumerable.Range(0, figures.Classes.Count).Where(c => figures.Classes[c].Count > 0)];
        return $"<div class=\"figures\">\n{Confusion(figures)}{Reliability(figures.Reliability, figures.CalibrationError, "answers", "certainty", "right")}"
            + $"{Pairs(figures)}</div>\n{Table(figures, told)}{(figures.Answered is { } a ? Answered(a) : "")}";
    }

    public static string Figures(LabelFigures figures)
    {
        string table = FigureWriter.Html(new TableFigure("Labels", ["label", ">images", ">average precision", ">threshold", ">precision", ">recall", ">F1"],
            [.. figures.Labels.Select(l => (IReadOnlyList<string>)[l.Label, Count(l.Count), l.AveragePrecision is { } a ? ReportText.Percent(a) : "–",
                Number(l.Threshold ?? 0.5), ReportText.Percent(l.Precision, l.PrecisionInterval), ReportText.Percent(l.Recall, l.RecallInterval),
                ReportText.Percent(l.F1, l.F1Interval)])]));
        return $"{table}<div class=\"figures\">\n{Reliability(figures.Reliability, figures.CalibrationError, "labels", "probability", "there")}</div>\n";
    }

    public static string Figures(NumberFigures figures)
    {
        double low = figures.Actual.Concat(figures.Predicted).Min(), high = figures.Actual.Concat(figures.Predicted).Max();
        string plot = FigureWriter.Html(new ScatterPlot($"{figures.Name}: predicted against actual", new("actual") { From = low, To = high },
            new("predicted") { From = low, To = high }, [.. figures.Actual.Zip(figures.Predicted, (a, p) => new ScatterPoint("", a, p))])
        {
            Caption = "A perfect prediction lies on the diagonal from the lower left to the upper right.",
        });
        return $"<div class=\"figures\">\n{plot}</div>\n";
    }

    private static string Confusion(ClassFigures figures)
    {
        int all = figures.Classes.Count;
        if (figures.Confusion is not { } counts || all < 2)
        {
            return "";
        }

        // Of many classes those that take part in most mistakes.
        int[] shown = all <= MostCells ? [.. Enumerable.Range(0, all)]
            : [.. Enumerable.Range(0, all).OrderByDescending(c => figures.Classes[c].Count + figures.Classes[c].Said - (2 * counts[c][c])).Take(MostCells)
                .Order()];
        string[] names = [.. shown.Select(c => KeepStart(figures.Classes[c].Label, 18))];
        return FigureWriter.Html(new HeatMap("Confusion: what the images of each class were called", new("said"), new("class"),
            [.. shown.Select(l => (IReadOnlyList<double>)[.. shown.Select(p => Math.Round(100.0 * counts[l][p] / Math.Max(1, counts[l].Sum()), 1))])])
        {
            Columns = names,
            Rows = names,
            Unit = "% of the class",
            Caption = all <= MostCells ? "" : $"{MostCells} of the {Count(all)} classes: those with most mistakes.",
        });
    }

    private static string Pairs(ClassFigures figures)
    {
        IReadOnlyList<Mistake> all = figures.Mistakes;
        return all.Count == 0 ? "" : FigureWriter.Html(new TableFigure("Mistakes, the most frequent first", ["class", "taken for", ">images"],
            [.. all.Take(MostPairs).Select(m => (IReadOnlyList<string>)[m.Label, m.Said, Count(m.Count)])])
        {
            Caption = all.Count > MostPairs ? $"{MostPairs} of {Count(all.Count)} pairs of classes; the numbers for programs (JSON) have them all." : "",
        });
    }

    private static string Reliability(IReadOnlyList<CertaintyBin> bins, double error, string what, string certainty, string right)
    {
        CertaintyBin[] drawn = Merged(bins);
        double[] middle = [.. drawn.Select(b => 100 * b.Certainty)];
        return FigureWriter.Html(new LinePlot("Reliability", new(certainty, "%") { From = 0, To = 100 }, new($"share {right}", "%") { From = 0, To = 100 },
            [
                new("measured, and its interval", middle, [.. drawn.Select(b => 100 * b.Accuracy)])
                {
                    Low = [.. drawn.Select(b => 100 * b.AccuracyInterval.Low)],
                    High = [.. drawn.Select(b => 100 * b.AccuracyInterval.High)],
                },
                new("as often as it says", [0, 100], [0, 100]),
            ])
        {
            Caption = $"On the dashed line it is right as often as it says; below, less often. Expected calibration error: {ReportText.Percent(error)}.",
        }) + FigureWriter.Html(new BarChart($"How sure: {what} by {certainty}", new(what),
            [.. bins.Select(b => $"{Number(Math.Round(100 * b.From))} – {Number(Math.Round(100 * b.To))} %")],
            [new("", [.. bins.Select(b => (double)b.Count)])]));
    }

    // A point of a few answers says nothing: neighbors come together until they have enough.
    private static CertaintyBin[] Merged(IReadOnlyList<CertaintyBin> bins)
    {
        List<CertaintyBin> merged = [];
        foreach (CertaintyBin bin in bins)
        {
            if (merged.Count > 0 && (merged[^1].Count < LeastDrawn || (bin == bins[^1] && bin.Count < LeastDrawn)))
            {
                CertaintyBin before = merged[^1];
                int count = before.Count + bin.Count;
                merged[^1] = new(before.From, bin.To, count, ((before.Count * before.Certainty) + (bin.Count * bin.Certainty)) / count,
                    ((before.Count * before.Accuracy) + (bin.Count * bin.Accuracy)) / count);
            }
            else
            {
                merged.Add(bin);
            }
        }

        return [.. merged];
    }

    private static string Table(ClassFigures figures, int[] told)
    {
        string table = FigureWriter.Html(new TableFigure("Classes", ["class", ">images", ">precision", ">recall", ">F1"],
            [.. told.Select(c => figures.Classes[c]).Select(c => (IReadOnlyList<string>)[c.Label, Count(c.Count), ReportText.Percent(c.Precision,
                c.PrecisionInterval), ReportText.Percent(c.Recall, c.RecallInterval), ReportText.Percent(c.F1, c.F1Interval)])])
        {
            Caption = "Precision: of those called so, the share that are. Recall: of those that are, the share called so. F1: the harmonic mean of both.",
        });
        int lacking = figures.Classes.Count - told.Length;
        return table + (lacking == 0 ? "" : $"<p>{Count(lacking)} of the model’s {Count(figures.Classes.Count)} classes {(lacking == 1 ? "has" : "have")} no "
            + "images in this data.</p>\n");
    }

    private static string Answered(Trust.AnsweredResult a) =>
        $"<p>Calibrated: {ReportText.Percent(a.Coverage)} of the images get an answer, {Count(a.Wrong)} of {Count(a.Answered)} answers are wrong "
        + $"({ReportText.Percent(a.ErrorRate, a.ErrorInterval)}); unknown: {Count(a.Unlikely)} not likely enough, {Count(a.Unlike)} unlike the training "
        + "pictures.</p>\n";
}
