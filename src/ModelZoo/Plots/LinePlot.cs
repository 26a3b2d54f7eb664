using static ModelZoo.Plots.Markup;

namespace ModelZoo.Plots;

/// <summary>Lines over a common axis.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Series">The lines, at most eight.</param>
public sealed record LinePlot(string Title, Axis X, Axis Y, IReadOnlyList<Series> Series) : Figure(Title);

/// <summary>One line of a plot; a value that is not a number interrupts it.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="X">Ascending.</param>
/// <param name="Y">As many values.</param>
public sealed record Series(string Name, IReadOnlyList<double> X, IReadOnlyList<double> Y)
{
    /// <summary>The lower edge of the band around the line (the least over seeds); null for no band.</summary>
    public IReadOnlyList<double>? Low { get; init; }

    /// <summary>The upper edge of the band.</summary>
    public IReadOnlyList<double>? High { get; init; }

    /// <summary>The mean over several runs, with the band from the least to the greatest.</summary>
    /// <param name="name">For the legend.</param>
    /// <param name="x">Ascending.</param>
    /// <param name="runs">For each run as many values.</param>
    public static Series OfRuns(string name, IReadOnlyList<double> x, IReadOnlyList<IReadOnlyList<double>> runs) =>
        new(name, x, [.. x.Select((_, i) => runs.Average(run => run[i]))])
        {
            Low = [.. x.Select((_, i) => runs.Min(run => run[i]))],
            High = [.. x.Select((_, i) => runs.Max(run => run[i]))]
        };
}

/// <summary>Draws a <see cref="LinePlot"/>.</summary>
internal static class LineDrawing
{
    private const int MostMarks = 30;

    public static string Svg(LinePlot plot) => Svg(plot, null, out _);

    /// <summary>The drawing as a part of another one.</summary>
    /// <param name="plot">What to draw.</param>
    /// <param name="top">Where it begins in the other drawing; null for a drawing of its own.</param>
    /// <param name="height">How much it takes.</param>
    public static string Svg(LinePlot plot, double? top, out double height)
    {
        var canvas = new PlotCanvas();
        var x = new Scale(plot.X, plot.Series.SelectMany(s => s.X), round: false);
        var y = new Scale(plot.Y, plot.Series.SelectMany(s => s.Y.Concat(s.Low ?? []).Concat(s.High ?? [])));
        double used = canvas.Legend([.. plot.Series.Select(s => s.Name)], (i, at, level) =>
        {
            canvas.Add($"<line class=\"line {PlotCanvas.Color(i)} d{i % 4}\" x1=\"{Px(at - 9)}\" y1=\"{Px(level)}\" x2=\"{Px(at + 9)}\" y2=\"{Px(level)}\"/>");
            canvas.Add(Mark(i, at, level));
        });
        Box frame = Frame.Draw(canvas, used, plot.X, plot.Y, x, y, inset: 4);
        for (int i = 0; i < plot.Series.Count; i++)
        {
            Band(canvas, plot.Series[i], i, x, y);
        }

        for (int i = 0; i < plot.Series.Count; i++)
        {
            Line(canvas, plot.Series[i], i, x, y);
        }

        height = Math.Ceiling(Frame.Bottom(frame));
        return canvas.Finish(height, plot.Title, $"{plot.Y.Label} against {plot.X.Label}: {string.Join(", ", plot.Series.Select(s => s.Name))}", top);
    }

    /// <summary>A small shape around a place, another for each series.</summary>
    public static string Mark(int series, double x, double y) => (series % 4) switch
    {
        0 => $"<circle class=\"mark {PlotCanvas.Color(series)}\" cx=\"{Px(x)}\" cy=\"{Px(y)}\" r=\"3.2\"/>",
        1 => $"<path class=\"mark {PlotCanvas.Color(series)}\" d=\"M{Px(x)} {Px(y - 4)}l4 7h-8z\"/>",
        2 => $"<path class=\"mark {PlotCanvas.Color(series)}\" d=\"M{Px(x - 3)} {Px(y - 3)}h6v6h-6z\"/>",
        _ => $"<path class=\"mark {PlotCanvas.Color(series)}\" d=\"M{Px(x)} {Px(y - 4.2)}l4.2 4.2l-4.2 4.2l-4.2 -4.2z\"/>",
    };

    private static void Band(PlotCanvas canvas, Series series, int index, Scale x, Scale y)
    {
        if (series.Low is not { } low || series.High is not { } high)
        {
            return;
        }

        int[] shown = [.. Enumerable.Range(0, series.X.Count).Where(i => x.Has(series.X[i]) && y.Has(low[i]) && y.Has(high[i]))];
        if (shown.Length > 1)
        {
            IEnumerable<string> edge = shown.Select(i => $"{Px(x.At(series.X[i]))} {Px(y.At(high[i]))}")
                .Concat(shown.Reverse().Select(i => $"{Px(x.At(series.X[i]))} {Px(y.At(low[i]))}"));
            canvas.Add($"<path class=\"band {PlotCanvas.Color(index)}\" d=\"M{string.Join('L', edge)}z\"/>");
        }
    }

    private static void Line(PlotCanvas canvas, Series series, int index, Scale x, Scale y)
    {
        string path = "";
        bool down = false;
        for (int i = 0; i < series.X.Count; i++)
        {
            bool shown = x.Has(series.X[i]) && y.Has(series.Y[i]);
            path += shown ? $"{(down ? 'L' : 'M')}{Px(x.At(series.X[i]))} {Px(y.At(series.Y[i]))}" : "";
            down = shown;
        }

        if (path.Length > 0)
        {
            canvas.Add($"<path class=\"line {PlotCanvas.Color(index)} d{index % 4}\" d=\"{path}\"/>");
        }

        if (series.X.Count <= MostMarks)
        {
            for (int i = 0; i < series.X.Count; i++)
            {
                if (x.Has(series.X[i]) && y.Has(series.Y[i]))
                {
                    string title = Escape($"{series.Name}: {PlotNumber.Of(series.X[i])}, {PlotNumber.Of(series.Y[i])}");
                    canvas.Add($"<g><title>{title}</title>{Mark(index, x.At(series.X[i]), y.At(series.Y[i]))}</g>");
                }
            }
        }
    }
}
