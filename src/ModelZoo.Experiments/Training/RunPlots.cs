using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Training;

/// <summary>Learning curves and tables over a <see cref="RunTable"/>; the band around a line goes from the least to the greatest of the seeds.</summary>
internal static class RunPlots
{
    private const string Band = "Lines are means over the seeds, bands go from the least to the greatest.";

    public static LinePlot Loss(RunTable runs, params IReadOnlyList<(string Variant, string Label)> lines) =>
        Curves("Training loss", runs, new("training loss", "nats", Logarithmic: true), p => p.Loss, lines);

    public static LinePlot TrainError(RunTable runs, params IReadOnlyList<(string Variant, string Label)> lines) =>
        Curves("Training error", runs, new("training error", "%") { From = 0 }, p => p.TrainError, lines);

    public static LinePlot TestError(RunTable runs, params IReadOnlyList<(string Variant, string Label)> lines) =>
        Curves("Test error", runs, new("test error", "%") { From = 0 }, p => p.TestError, lines);

    /// <summary>A quantity of each epoch.</summary>
    public static LinePlot Curves(string title, RunTable runs, Axis y, Func<EpochPoint, double> quantity,
        IReadOnlyList<(string Variant, string Label)> lines) => new(title, Epochs(lines.Max(l => runs[l.Variant].Max(r => r.Epochs.Count))), y,
            [.. lines.Select(l => Line(runs[l.Variant], l.Label, quantity))])
        { Caption = Band };

    /// <summary>A quantity of whole runs, over something that is varied.</summary>
    public static LinePlot Over(string title, RunTable runs, Axis x, Axis y, Func<Measured, double> quantity,
        IReadOnlyList<(string Label, IReadOnlyList<(double X, string Variant)> Points)> lines) =>
        new(title, x, y, [.. lines.Select(l => new Series(l.Label, [.. l.Points.Select(p => p.X)], [.. l.Points.Select(p => runs.Mean(p.Variant, quantity))])
        {
            Low = [.. l.Points.Select(p => runs.Each(p.Variant, quantity).Min())],
            High = [.. l.Points.Select(p => runs.Each(p.Variant, quantity).Max())],
        })])
        { Caption = Band };

    /// <summary>A row for each variant: quantities as mean and spread over seeds.</summary>
    public static TableFigure Table(string title, RunTable runs, IReadOnlyList<(string Variant, string Label)> rows,
        params IReadOnlyList<(string Head, Func<Measured, double> Quantity)> columns) => new(title, ["network", .. columns.Select(c => $">{c.Head}")],
            [.. rows.Select(r => (IReadOnlyList<string>)[r.Label, .. columns.Select(c => Cell(runs.Each(r.Variant, c.Quantity)))])])
        { Caption = "Mean over the seeds, and from the least to the greatest." };

    // Whole numbers, also where they are few.
    private static Axis Epochs(int last) => new("epoch") { Ticks = last <= 12 ? [.. Enumerable.Range(1, last).Select(e => (double)e)] : null };

    private static string Cell(double[] values) =>
        values.Max() - values.Min() < 1e-9 ? Short(values[0]) : $"{Short(values.Average())} ({Short(values.Min())}–{Short(values.Max())})";

    private static string Short(double value) => Math.Abs(value) >= 1000 ? Count((long)Math.Round(value)) : Number(value);

    private static Series Line(IReadOnlyList<Measured> runs, string label, Func<EpochPoint, double> quantity)
    {
        int epochs = runs.Max(r => r.Epochs.Count);
        return Series.OfRuns(label, [.. Enumerable.Range(1, epochs).Select(e => (double)e)],
            [.. runs.Select(r =>
                (IReadOnlyList<double>)[.. Enumerable.Range(0, epochs).Select(e => e < r.Epochs.Count ? quantity(r.Epochs[e]) : double.NaN)])]);
    }
}
