using System.Text;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Plots;

/// <summary>
/// An SVG drawing in the making. Plots are laid out <see cref="Width"/> wide and grow or shrink with the page, so that text stays readable from a telephone to
/// a desk.
/// </summary>
internal sealed class PlotCanvas
{
    /// <summary>Of every plot, in its own units.</summary>
    public const double Width = 400;

    /// <summary>Of a letter of the page's monospaced 11 px font.</summary>
    public const double Letter = 6.65;

    /// <summary>Of a line of text.</summary>
    public const double LineHeight = 15;

    private const int Colors = 8;

    private readonly StringBuilder svg = new();

    public static double TextWidth(string text) => text.Length * Letter;

    /// <summary>The class that gives series <paramref name="index"/> its color.</summary>
    public static string Color(int index) => $"c{index % Colors}";

    public void Add(string element) => svg.Append(element).Append('\n');

    public void Text(double x, double y, string text, string anchor = "start", string style = "tick") =>
        Add($"<text class=\"{style}\" x=\"{Px(x)}\" y=\"{Px(y)}\"{(anchor == "start" ? "" : $" text-anchor=\"{anchor}\"")}>{Escape(text)}</text>");

    public void Line(double x1, double y1, double x2, double y2, string style = "grid") =>
        Add($"<line class=\"{style}\" x1=\"{Px(x1)}\" y1=\"{Px(y1)}\" x2=\"{Px(x2)}\" y2=\"{Px(y2)}\"/>");

    /// <summary>Names of series with their marks, in as many rows as they need.</summary>
    /// <param name="names">In the series' order; unnamed ones are left out.</param>
    /// <param name="mark">Draws the mark of a series around a place.</param>
    /// <returns>The height that was used.</returns>
    public double Legend(IReadOnlyList<string> names, Action<int, double, double> mark)
    {
        const double Swatch = 24, Gap = 14;
        double x = 2, y = 10;
        if (names.All(name => name.Length == 0))
        {
            return 0;
        }

        for (int i = 0; i < names.Count; i++)
        {
            string name = KeepStart(names[i], (int)((Width - Swatch - 4) / Letter));
            double wide = Swatch + TextWidth(name);
            if (x > 2 && x + wide > Width)
            {
                (x, y) = (2, y + LineHeight);
            }

            mark(i, x + 9, y - 4);
            Text(x + Swatch, y, name, style: "name");
            x += wide + Gap;
        }

        return y + 8;
    }

    /// <summary>The whole drawing.</summary>
    /// <param name="height">In the drawing's own units.</param>
    /// <param name="title">For those who don't see it.</param>
    /// <param name="description">What is on the axes.</param>
    /// <param name="top">Where it begins in a larger drawing; null for a drawing of its own.</param>
    public string Finish(double height, string title, string description, double? top = null)
    {
        string place = top is { } y ? $" y=\"{Px(y)}\" width=\"{Px(Width)}\" height=\"{Px(Math.Ceiling(height))}\"" : "";
        return $"<svg role=\"img\" aria-label=\"{Escape(title)}\" xmlns=\"http://www.w3.org/2000/svg\"{place} viewBox=\"0 0 {Px(Width)} "
            + $"{Px(Math.Ceiling(height))}\">\n<title>{Escape(title)}</title><desc>{Escape(description)}</desc>\n{svg}</svg>";
    }
}

/// <summary>The two axes of a plot: marks, grid and labels, with room for each.</summary>
internal static class Frame
{
    private const double Height = 200, Right = 12;

    /// <summary>Draws axes at the given height and places the scales on them. Returns the frame that the data go into.</summary>
    /// <param name="canvas">Where.</param>
    /// <param name="top">What is used already.</param>
    /// <param name="xAxis">The horizontal one.</param>
    /// <param name="yAxis">The vertical one.</param>
    /// <param name="x">Its scale.</param>
    /// <param name="y">Its scale.</param>
    /// <param name="inset">Room between the axes' ends and the data.</param>
    public static Box Draw(PlotCanvas canvas, double top, Axis xAxis, Axis yAxis, Scale x, Scale y, double inset = 0)
    {
        IReadOnlyList<Tick> rows = y.Ticks(6);
        double left = Math.Ceiling(rows.Select(t => PlotCanvas.TextWidth(t.Text)).DefaultIfEmpty(0).Max()) + 10;
        canvas.Text(2, top + 11, KeepStart(yAxis.Label, (int)(PlotCanvas.Width / PlotCanvas.Letter)), style: "axis");
        var frame = new Box(left, top + 24, PlotCanvas.Width - left - Right, Height);
        (x.Begin, x.End) = (frame.X + inset, frame.Right - inset);
        (y.Begin, y.End) = (frame.Y + frame.Height - inset, frame.Y + inset);
        foreach (Tick tick in rows)
        {
            canvas.Line(frame.X, y.At(tick.Value), frame.Right, y.At(tick.Value));
            canvas.Text(frame.X - 6, y.At(tick.Value) + 4, tick.Text, "end");
        }

        double bottom = frame.Y + frame.Height;
        canvas.Line(frame.X, bottom, frame.Right, bottom, "rule");
        foreach (Tick tick in Fitting(x))
        {
            canvas.Line(x.At(tick.Value), bottom, x.At(tick.Value), bottom + 4, "rule");
            double half = PlotCanvas.TextWidth(tick.Text) / 2;
            canvas.Text(Math.Clamp(x.At(tick.Value), half, PlotCanvas.Width - half), bottom + 16, tick.Text, "middle");
        }

        canvas.Text(frame.X + (frame.Width / 2), bottom + 33, KeepStart(xAxis.Label, (int)(frame.Width / PlotCanvas.Letter)), "middle", "axis");
        return frame;
    }

    /// <summary>What lies under the frame: marks and the axis' label.</summary>
    public static double Bottom(Box frame) => frame.Y + frame.Height + 40;

    /// <summary>As many marks as fit side by side.</summary>
    public static IReadOnlyList<Tick> Fitting(Scale x)
    {
        for (int count = 8; count > 1; count--)
        {
            IReadOnlyList<Tick> ticks = x.Ticks(count);
            if (!Overlap(ticks, x))
            {
                return ticks;
            }
        }

        // Marks that were asked for one by one: as many as there is room for, from the left.
        List<Tick> kept = [];
        foreach (Tick tick in x.Ticks(2).OrderBy(t => x.At(t.Value)))
        {
            if (!Overlap([.. kept, tick], x))
            {
                kept.Add(tick);
            }
        }

        return kept;
    }

    private static bool Overlap(IReadOnlyList<Tick> ticks, Scale x)
    {
        for (int i = 1; i < ticks.Count; i++)
        {
            double room = Math.Abs(x.At(ticks[i].Value) - x.At(ticks[i - 1].Value));
            if (room < ((PlotCanvas.TextWidth(ticks[i].Text) + PlotCanvas.TextWidth(ticks[i - 1].Text)) / 2) + 8)
            {
                return true;
            }
        }

        return false;
    }
}
