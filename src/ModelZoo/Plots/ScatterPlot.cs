using static ModelZoo.Plots.Markup;

namespace ModelZoo.Plots;

/// <summary>Circles whose areas are a third quantity.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Points">The circles.</param>
public sealed record ScatterPlot(string Title, Axis X, Axis Y, IReadOnlyList<ScatterPoint> Points) : Figure(Title)
{
    /// <summary>What the circles' areas are ("parameters"); null where all are alike.</summary>
    public Axis? Area { get; init; }

    /// <summary>Steps through the best of the points, rising with the horizontal axis; null for none.</summary>
    public IReadOnlyList<ScatterPoint>? Front { get; init; }
}

/// <summary>One circle.</summary>
/// <param name="Label">What it stands for; written beside it where there is room, and always in its tooltip.</param>
/// <param name="X">Along the horizontal axis.</param>
/// <param name="Y">Along the vertical axis.</param>
/// <param name="Area">The third quantity.</param>
/// <param name="Group">Circles of one group have one color; empty for none.</param>
public sealed record ScatterPoint(string Label, double X, double Y, double Area = 0, string Group = "")
{
    /// <summary>The lower end of its whisker, along the vertical axis; null for none.</summary>
    public double? Low { get; init; }

    /// <summary>The upper end.</summary>
    public double? High { get; init; }
}

/// <summary>Draws a <see cref="ScatterPlot"/>; a label stands beside its circle where it covers neither another label nor another circle.</summary>
internal static class ScatterDrawing
{
    private const double Largest = 22, Smallest = 3;
    private const int MostLed = 24; // points of a plot whose labels may stand away from them

    public static string Svg(ScatterPlot plot)
    {
        var canvas = new PlotCanvas();
        ScatterPoint[] points = [.. plot.Points.OrderByDescending(p => p.Area)];
        var x = new Scale(plot.X, points.Select(p => p.X));
        var y = new Scale(plot.Y, points.SelectMany(p => new[] { p.Y, p.Low ?? p.Y, p.High ?? p.Y }));
        string[] groups = [.. plot.Points.Select(p => p.Group).Distinct()];
        double top = canvas.Legend(groups.Length > 1
            ? groups
            : [""], (i, at, level) => canvas.Add($"<circle class=\"disc {PlotCanvas.Color(i)}\" cx=\"{Px(at)}\" cy=\"{Px(level)}\" r=\"5\"/>"));
        double greatest = points.Select(p => p.Area).DefaultIfEmpty(0).Max();
        double Radius(ScatterPoint p) => greatest > 0 && plot.Area is not null ? Math.Max(Smallest, Largest * Math.Sqrt(Math.Max(0, p.Area) / greatest)) : 4.5;
        Box frame = Frame.Draw(canvas, top, plot.X, plot.Y, x, y, inset: plot.Area is null ? 6 : Largest * 0.75);
        ScatterPoint[] shown = [.. points.Where(p => x.Has(p.X) && y.Has(p.Y))];
        Box[] circles = [.. shown.Select(p => new Box(x.At(p.X) - Radius(p), y.At(p.Y) - Radius(p), 2 * Radius(p), 2 * Radius(p)))];
        Front(canvas, frame, plot, x, y);
        foreach (ScatterPoint p in shown)
        {
            if (p is { Low: { } low, High: { } high } && y.Has(low) && y.Has(high))
            {
                string at = Px(x.At(p.X));
                canvas.Add($"<path class=\"whisker thin\" d=\"M{at} {Px(y.At(low))}V{Px(y.At(high))}\"/>");
            }

            string area = plot.Area is { } third ? $", {third.Name} {PlotNumber.Of(p.Area)}" : "";
            canvas.Add($"<circle class=\"disc {PlotCanvas.Color(Array.IndexOf(groups, p.Group))}\" cx=\"{Px(x.At(p.X))}\" cy=\"{Px(y.At(p.Y))}\" "
                + $"r=\"{Px(Radius(p))}\"><title>{Escape($"{p.Label}: {PlotNumber.Of(p.X)}, {PlotNumber.Of(p.Y)}{area}")}</title></circle>");
        }

        Label(canvas, frame, shown, circles, plot.Front is null ? "name" : "name halo");
        double bottom = Frame.Bottom(frame);
        if (plot.Area is { } quantity && greatest > 0)
        {
            bottom = Areas(canvas, quantity, greatest, bottom);
        }

        return canvas.Finish(bottom, plot.Title, $"{plot.Y.Label} against {plot.X.Label}, {points.Length} points");
    }

    // From the bottom of the frame up to the first, along to where the next one is better, and on to the right edge.
    private static void Front(PlotCanvas canvas, Box frame, ScatterPlot plot, Scale x, Scale y)
    {
        ScatterPoint[] steps = [.. (plot.Front ?? []).Where(p => x.Has(p.X) && y.Has(p.Y)).OrderBy(p => p.X)];
        if (steps.Length > 0)
        {
            canvas.Add($"<path class=\"line front\" d=\"M{Px(x.At(steps[0].X))} {Px(frame.Bottom)}"
                + string.Concat(steps.Select(p => $"H{Px(x.At(p.X))}V{Px(y.At(p.Y))}")) + $"H{Px(frame.Right)}\"/>");
        }
    }

    /// <summary>Circles of round sizes as a legend. Returns the height that is used.</summary>
    private static double Areas(PlotCanvas canvas, Axis quantity, double greatest, double top)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(greatest))), first = greatest >= 5 * power ? 5 * power : greatest >= 2 * power ? 2 * power : power;
        (double Value, double Radius)[] keys = [.. new[] { first, first / 5, first / 25 }.Select(v => (v, Largest * Math.Sqrt(v / greatest))).Where(k =>
            k.Item2 >= Smallest)];
        double middle = top + 4 + keys[0].Radius;
        string name = KeepStart($"area: {quantity.Label}", 30);
        canvas.Text(2, middle + 4, name, style: "axis");
        double x = PlotCanvas.TextWidth(name) + 14;
        foreach ((double value, double radius) in keys)
        {
            string text = PlotNumber.Of(value);
            canvas.Add($"<ellipse class=\"key\" cx=\"{Px(x + radius)}\" cy=\"{Px(middle)}\" rx=\"{Px(radius)}\" ry=\"{Px(radius)}\"/>");
            canvas.Text(x + (2 * radius) + 4, middle + 4, text);
            x += (2 * radius) + PlotCanvas.TextWidth(text) + 18;
        }

        return middle + keys[0].Radius + 6;
    }

    private static void Label(PlotCanvas canvas, Box frame, ScatterPoint[] shown, Box[] circles, string style)
    {
        List<Box> taken = [];
        for (int i = 0; i < shown.Length; i++)
        {
            Box circle = circles[i];
            double wide = PlotCanvas.TextWidth(shown[i].Label), middle = circle.Y + (circle.Height / 2), center = circle.X + (circle.Width / 2);
            Box[] places =
            [
                new(circle.Right + 3, middle - 6, wide, 12),
                new(circle.X - 3 - wide, middle - 6, wide, 12),
                new(center - (wide / 2), circle.Y - 14, wide, 12),
                new(center - (wide / 2), circle.Y + circle.Height + 2, wide, 12),
                new(circle.Right, circle.Y - 10, wide, 12),
                new(circle.Right, circle.Y + circle.Height - 2, wide, 12),
                new(circle.X - wide, circle.Y - 10, wide, 12),
                new(circle.X - wide, circle.Y + circle.Height - 2, wide, 12),
            ];
            int own = i;
            bool Free(Box b) => b.X >= frame.X && b.Right <= PlotCanvas.Width && b.Y >= frame.Y && b.Y + b.Height <= frame.Y + frame.Height
                && !taken.Exists(other => Meet(b, other)) && !circles.Where((_, c) => c != own).Any(other => Meet(b, other));
            Box? near = places.Where(Free).Cast<Box?>().FirstOrDefault(), free = near
                ?? (shown.Length <= MostLed ? Away(center, middle, circle.Width / 2, wide).Where(Free).Cast<Box?>().FirstOrDefault() : null);
            if (free is { } box)
            {
                taken.Add(box);
                if (near is null)
                {
                    canvas.Line(center, middle, Math.Clamp(center, box.X, box.Right), middle < box.Y ? box.Y : box.Y + box.Height, "lead");
                }

                canvas.Text(box.X, box.Y + 10, shown[i].Label, style: style);
            }
        }
    }

    /// <summary>Places around a circle, from near to far, that a line leads to.</summary>
    private static IEnumerable<Box> Away(double x, double y, double radius, double wide) =>
        from distance in new[] { 14.0, 24, 36, 50, 66, 84, 104, 126 }
        from angle in new[] { -90, 90, -60, -120, 60, 120, -35, -145, 35, 145, -15, -165, 15, 165 }
        let center = (X: x + ((radius + distance) * Math.Cos(angle * Math.PI / 180)), Y: y + ((radius + distance) * Math.Sin(angle * Math.PI / 180)))
        let left = center.X - (wide * (0.5 - (0.5 * Math.Cos(angle * Math.PI / 180))))
        select new Box(left, center.Y - 6, wide, 12);

    private static bool Meet(Box a, Box b) => a.X < b.Right && b.X < a.Right && a.Y < b.Y + b.Height && b.Y < a.Y + a.Height;
}
