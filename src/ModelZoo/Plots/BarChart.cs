using static ModelZoo.Plots.Markup;

namespace ModelZoo.Plots;

/// <summary>Horizontal bars: for each category one bar of each series.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Value">The axis along the bars.</param>
/// <param name="Categories">What the bars are of.</param>
/// <param name="Series">The bars.</param>
public sealed record BarChart(string Title, Axis Value, IReadOnlyList<string> Categories, IReadOnlyList<Bars> Series) : Figure(Title);

/// <summary>The bars of one series; a value that is not a number has none.</summary>
/// <param name="Name">For the legend.</param>
/// <param name="Values">One for each category.</param>
public sealed record Bars(string Name, IReadOnlyList<double> Values)
{
    /// <summary>The lower end of each bar's spread; null for none.</summary>
    public IReadOnlyList<double>? Low { get; init; }

    /// <summary>The upper end of each bar's spread.</summary>
    public IReadOnlyList<double>? High { get; init; }
}

/// <summary>Draws a <see cref="BarChart"/>.</summary>
internal static class BarDrawing
{
    private const double Bar = 12, Between = 8, MostLabel = 130;

    public static string Svg(BarChart chart)
    {
        var canvas = new PlotCanvas();
        bool named = chart.Series.Count > 1;
        double top = canvas.Legend(named ? [.. chart.Series.Select(s => s.Name)] : [""], (i, at, level) =>
            canvas.Add($"<rect class=\"bar {PlotCanvas.Color(i)}\" x=\"{Px(at - 7)}\" y=\"{Px(level - 5)}\" width=\"14\" height=\"10\"/>"));
        var value = new Scale(chart.Value, chart.Series.SelectMany(s => s.Values.Concat(s.Low ?? []).Concat(s.High ?? [])), zero: true);
        double widest = chart.Categories.Select(PlotCanvas.TextWidth).DefaultIfEmpty(0).Max();
        bool beside = widest <= MostLabel;
        double left = beside ? Math.Ceiling(widest) + 8 : 4;
        double numbers = chart.Series.SelectMany(s => s.Values).Where(value.Has).Select(v => PlotCanvas.TextWidth(PlotNumber.Of(v))).DefaultIfEmpty(0).Max()
            + 6;
        (value.Begin, value.End) = (left, PlotCanvas.Width - Math.Max(numbers, 14));
        double row = (chart.Series.Count * Bar) + Between + (beside ? 0 : PlotCanvas.LineHeight), bottom = top + 4 + (chart.Categories.Count * row);
        IReadOnlyList<Tick> ticks = Frame.Fitting(value);
        foreach (Tick tick in ticks)
        {
            canvas.Line(value.At(tick.Value), top, value.At(tick.Value), bottom);
            double half = PlotCanvas.TextWidth(tick.Text) / 2;
            canvas.Text(Math.Clamp(value.At(tick.Value), half, PlotCanvas.Width - half), bottom + 13, tick.Text, "middle");
        }

        double zero = value.At(chart.Value.Logarithmic ? value.Low : Math.Max(0, value.Low));
        for (int c = 0; c < chart.Categories.Count; c++)
        {
            double y = top + 4 + (c * row);
            if (beside)
            {
                canvas.Text(left - 6, y + (chart.Series.Count * Bar / 2) + 4, chart.Categories[c], "end", "name");
            }
            else
            {
                canvas.Text(left, y + 11, KeepStart(chart.Categories[c], (int)((PlotCanvas.Width - left) / PlotCanvas.Letter)), style: "name halo");
                y += PlotCanvas.LineHeight;
            }

            for (int s = 0; s < chart.Series.Count; s++)
            {
                One(canvas, chart, s, c, y + (s * Bar), value, zero);
            }
        }

        canvas.Line(zero, top, zero, bottom, "rule");
        canvas.Text((left + PlotCanvas.Width) / 2, bottom + 30, KeepStart(chart.Value.Label, (int)((PlotCanvas.Width - left) / PlotCanvas.Letter)), "middle",
            "axis");
        return canvas.Finish(bottom + 38, chart.Title,
            $"{chart.Value.Label} of {string.Join(", ", chart.Categories)}{(named ? $"; {string.Join(", ", chart.Series.Select(b => b.Name))}" : "")}");
    }

    private static void One(PlotCanvas canvas, BarChart chart, int series, int category, double y, Scale value, double zero)
    {
        Bars bars = chart.Series[series];
        double v = bars.Values[category];
        if (!value.Has(v))
        {
            return;
        }

        double end = value.At(v), tip = end;
        string name = bars.Name.Length > 0 ? $"{chart.Categories[category]}, {bars.Name}" : chart.Categories[category];
        canvas.Add($"<rect class=\"bar {PlotCanvas.Color(series)}\" x=\"{Px(Math.Min(zero, end))}\" y=\"{Px(y + 1)}\" "
            + $"width=\"{Px(Math.Max(1, Math.Abs(end - zero)))}\" "
            + $"height=\"{Px(Bar - 2)}\"><title>{Escape($"{name}: {PlotNumber.Of(v)} {chart.Value.Unit}")}</title></rect>");
        if (bars.Low is { } low && bars.High is { } high && value.Has(low[category]) && value.Has(high[category]))
        {
            (double from, double to) = (value.At(low[category]), value.At(high[category]));
            canvas.Add($"<path class=\"whisker\" d=\"M{Px(from)} {Px(y + (Bar / 2))}H{Px(to)}M{Px(from)} {Px(y + 3)}v{Px(Bar - 6)}M{Px(to)} "
                + $"{Px(y + 3)}v{Px(Bar - 6)}\"/>");
            tip = Math.Max(tip, to);
        }

        canvas.Text(Math.Max(tip, zero) + 4, y + 10, PlotNumber.Of(v), style: "value");
    }
}
