using static ModelZoo.Drawing.Markup;

namespace ModelZoo.Drawing.Plots;

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
