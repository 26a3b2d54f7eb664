using static ModelZoo.Drawing.Markup;

namespace ModelZoo.Drawing.Plots;

/// <summary>Draws a <see cref="LinePlot"/>.</summary>
internal static class LineDrawing
{
    private const int MostMarks = 30;

    public static string Svg(LinePlot plot)
    {
        var canvas = new PlotCanvas();
        var x = new Scale(plot.X, plot.Series.SelectMany(s => s.X), round: false);
        var y = new Scale(plot.Y, plot.Series.SelectMany(s => s.Y.Concat(s.Low ?? []).Concat(s.High ?? [])));
        double top = canvas.Legend([.. plot.Series.Select(s => s.Name)], (i, at, level) =>
        {
            canvas.Add($"<line class=\"line {PlotCanvas.Colour(i)} d{i % 4}\" x1=\"{Px(at - 9)}\" y1=\"{Px(level)}\" x2=\"{Px(at + 9)}\" y2=\"{Px(level)}\"/>");
            canvas.Add(Mark(i, at, level));
        });
        Box frame = Frame.Draw(canvas, top, plot.X, plot.Y, x, y, inset: 4);
        for (int i = 0; i < plot.Series.Count; i++)
        {
            Band(canvas, plot.Series[i], i, x, y);
        }

        for (int i = 0; i < plot.Series.Count; i++)
        {
            Line(canvas, plot.Series[i], i, x, y);
        }

        return canvas.Finish(Frame.Bottom(frame), plot.Title, $"{plot.Y.Label} against {plot.X.Label}: {string.Join(", ", plot.Series.Select(s => s.Name))}");
    }

    /// <summary>A small shape around a place, another for each series.</summary>
    public static string Mark(int series, double x, double y) => (series % 4) switch
    {
        0 => $"<circle class=\"mark {PlotCanvas.Colour(series)}\" cx=\"{Px(x)}\" cy=\"{Px(y)}\" r=\"3.2\"/>",
        1 => $"<path class=\"mark {PlotCanvas.Colour(series)}\" d=\"M{Px(x)} {Px(y - 4)}l4 7h-8z\"/>",
        2 => $"<path class=\"mark {PlotCanvas.Colour(series)}\" d=\"M{Px(x - 3)} {Px(y - 3)}h6v6h-6z\"/>",
        _ => $"<path class=\"mark {PlotCanvas.Colour(series)}\" d=\"M{Px(x)} {Px(y - 4.2)}l4.2 4.2l-4.2 4.2l-4.2 -4.2z\"/>",
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
            IEnumerable<string> edge = shown.Select(i => $"{Px(x.At(series.X[i]))} {Px(y.At(high[i]))}").Concat(shown.Reverse().Select(i => $"{Px(x.At(series.X[i]))} {Px(y.At(low[i]))}"));
            canvas.Add($"<path class=\"band {PlotCanvas.Colour(index)}\" d=\"M{string.Join('L', edge)}z\"/>");
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
            canvas.Add($"<path class=\"line {PlotCanvas.Colour(index)} d{index % 4}\" d=\"{path}\"/>");
        }

        if (series.X.Count <= MostMarks)
        {
            for (int i = 0; i < series.X.Count; i++)
            {
                if (x.Has(series.X[i]) && y.Has(series.Y[i]))
                {
                    canvas.Add($"<g><title>{Escape($"{series.Name}: {PlotNumber.Of(series.X[i])}, {PlotNumber.Of(series.Y[i])}")}</title>{Mark(index, x.At(series.X[i]), y.At(series.Y[i]))}</g>");
                }
            }
        }
    }
}
