using static ModelZoo.Plots.Markup;

namespace ModelZoo.Plots;

/// <summary>Upright bars in a row, each with a second one hanging under it: two quantities of the same things.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">What the bars stand for; their place is their number, from 1 on.</param>
/// <param name="Up">The axis of the upper bars.</param>
/// <param name="Down">The axis of the lower bars, from the middle down.</param>
/// <param name="Bars">From left to right.</param>
public sealed record MirrorChart(string Title, Axis X, Axis Up, Axis Down, IReadOnlyList<MirrorBar> Bars) : Figure(Title);

/// <summary>One place of a <see cref="MirrorChart"/>.</summary>
/// <param name="Name">For the tooltip.</param>
/// <param name="Up">The upper bar.</param>
/// <param name="Down">The lower bar.</param>
public sealed record MirrorBar(string Name, double Up, double Down);

/// <summary>Draws a <see cref="MirrorChart"/>.</summary>
internal static class MirrorDrawing
{
    private const double Half = 78, Right = 8;

    public static string Svg(MirrorChart chart)
    {
        var canvas = new PlotCanvas();
        double top = canvas.Legend([$"{chart.Up.Label} ↑", $"{chart.Down.Label} ↓"], (i, at, level) =>
            canvas.Add($"<rect class=\"bar {PlotCanvas.Color(i)}\" x=\"{Px(at - 7)}\" y=\"{Px(level - 5)}\" width=\"14\" height=\"10\"/>")) + 4;
        double middle = top + Half, bottom = middle + Half;
        var up = new Scale(chart.Up, chart.Bars.Select(b => b.Up), zero: true) { Begin = middle, End = top };
        var down = new Scale(chart.Down, chart.Bars.Select(b => b.Down), zero: true) { Begin = middle, End = bottom };
        IReadOnlyList<Tick> above = up.Ticks(4);
        Tick[] below = [.. down.Ticks(4).Where(t => t.Value != 0)];
        double left = Math.Ceiling(above.Concat(below).Select(t => PlotCanvas.TextWidth(t.Text)).DefaultIfEmpty(0).Max()) + 10,
            wide = PlotCanvas.Width - left - Right;
        foreach ((double y, string text) in above.Select(t => (up.At(t.Value), t.Text)).Concat(below.Select(t => (down.At(t.Value), t.Text))))
        {
            canvas.Line(left, y, left + wide, y);
            canvas.Text(left - 6, y + 4, text, "end");
        }

        double slot = wide / Math.Max(1, chart.Bars.Count), bar = Math.Min(28, slot > 3 ? slot * 0.8 : slot);
        for (int i = 0; i < chart.Bars.Count; i++)
        {
            MirrorBar b = chart.Bars[i];
            double x = left + ((i + 0.5) * slot) - (bar / 2);
            string both = One(up, 0, b.Up, x, bar, middle) + One(down, 1, b.Down, x, bar, middle);
            if (both.Length > 0)
            {
                canvas.Add($"<g><title>{Escape($"{b.Name}: {Value(chart.Up, b.Up)}; {Value(chart.Down, b.Down)}")}</title>{both}</g>");
            }
        }

        canvas.Line(left, middle, left + wide, middle, "rule");
        Numbers(canvas, chart.Bars.Count, left, slot, bottom);
        canvas.Text(left + (wide / 2), bottom + 33, KeepStart(chart.X.Label, (int)(wide / PlotCanvas.Letter)), "middle", "axis");
        return canvas.Finish(bottom + 40, chart.Title, $"{chart.Up.Label} and {chart.Down.Label} of {chart.Bars.Count} × {chart.X.Label}");
    }

    private static string One(Scale scale, int series, double value, double x, double width, double middle)
    {
        double end = scale.Has(value) ? scale.At(value) : middle, height = Math.Abs(end - middle);
        return height < 0.05
            ? ""
            : $"<rect class=\"bar {PlotCanvas.Color(series)}\" x=\"{Px2(x)}\" y=\"{Px2(Math.Min(end, middle))}\" width=\"{Px2(width)}\" "
                + $"height=\"{Px2(height)}\"/>";
    }

    private static void Numbers(PlotCanvas canvas, int count, double left, double slot, double bottom)
    {
        double needed = PlotCanvas.TextWidth($"{count}") + 8;
        int every = new[] { 1, 2, 5, 10, 20, 50, 100, 200, 500 }.FirstOrDefault(n => n * slot >= needed, Math.Max(1, count));
        for (int i = 1; i <= count; i++)
        {
            if (i % every == 0 || (i == 1 && every > 1))
            {
                double half = PlotCanvas.TextWidth($"{i}") / 2;
                canvas.Text(Math.Clamp(left + ((i - 0.5) * slot), half, PlotCanvas.Width - half), bottom + 15, $"{i}", "middle");
            }
        }
    }

    private static string Value(Axis axis, double value) => $"{axis.Name} {PlotNumber.Of(value)}{(axis.Unit.Length > 0 ? $" {axis.Unit}" : "")}";

    // Bars of deep networks are narrower than a pixel.
    private static string Px2(double value) => Math.Round(value, 2).ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);
}
