using static ModelZoo.Drawing.Markup;

namespace ModelZoo.Drawing.Plots;

/// <summary>Draws a <see cref="ScatterPlot"/>; a label stands beside its circle where it covers neither another label nor another circle.</summary>
internal static class ScatterDrawing
{
    private const double Largest = 22, Smallest = 3;

    public static string Svg(ScatterPlot plot)
    {
        var canvas = new PlotCanvas();
        ScatterPoint[] points = [.. plot.Points.OrderByDescending(p => p.Area)];
        var x = new Scale(plot.X, points.Select(p => p.X));
        var y = new Scale(plot.Y, points.Select(p => p.Y));
        string[] groups = [.. plot.Points.Select(p => p.Group).Distinct()];
        double top = canvas.Legend(groups.Length > 1 ? groups : [""], (i, at, level) => canvas.Add($"<circle class=\"disc {PlotCanvas.Colour(i)}\" cx=\"{Px(at)}\" cy=\"{Px(level)}\" r=\"5\"/>"));
        double greatest = points.Select(p => p.Area).DefaultIfEmpty(0).Max();
        double Radius(ScatterPoint p) => greatest > 0 && plot.Area is not null ? Math.Max(Smallest, Largest * Math.Sqrt(Math.Max(0, p.Area) / greatest)) : 4.5;
        Box frame = Frame.Draw(canvas, top, plot.X, plot.Y, x, y, inset: plot.Area is null ? 6 : Largest * 0.75);
        ScatterPoint[] shown = [.. points.Where(p => x.Has(p.X) && y.Has(p.Y))];
        Box[] circles = [.. shown.Select(p => new Box(x.At(p.X) - Radius(p), y.At(p.Y) - Radius(p), 2 * Radius(p), 2 * Radius(p)))];
        foreach (ScatterPoint p in shown)
        {
            string area = plot.Area is { } third ? $", {third.Name} {PlotNumber.Of(p.Area)}" : "";
            canvas.Add($"<circle class=\"disc {PlotCanvas.Colour(Array.IndexOf(groups, p.Group))}\" cx=\"{Px(x.At(p.X))}\" cy=\"{Px(y.At(p.Y))}\" r=\"{Px(Radius(p))}\"><title>{Escape($"{p.Label}: {PlotNumber.Of(p.X)}, {PlotNumber.Of(p.Y)}{area}")}</title></circle>");
        }

        Label(canvas, frame, shown, circles);
        double bottom = Frame.Bottom(frame);
        if (plot.Area is { } quantity && greatest > 0)
        {
            canvas.Text(2, bottom + 8, KeepStart($"area of a circle: {quantity.Label}, up to {PlotNumber.Of(greatest)}", (int)(PlotCanvas.Width / PlotCanvas.Letter)));
            bottom += 16;
        }

        return canvas.Finish(bottom, plot.Title, $"{plot.Y.Label} against {plot.X.Label}, {points.Length} points");
    }

    private static void Label(PlotCanvas canvas, Box frame, ScatterPoint[] shown, Box[] circles)
    {
        List<Box> taken = [];
        for (int i = 0; i < shown.Length; i++)
        {
            Box circle = circles[i];
            double wide = PlotCanvas.TextWidth(shown[i].Label), middle = circle.Y + (circle.Height / 2), centre = circle.X + (circle.Width / 2);
            Box[] places =
            [
                new(circle.Right + 3, middle - 6, wide, 12),
                new(circle.X - 3 - wide, middle - 6, wide, 12),
                new(centre - (wide / 2), circle.Y - 14, wide, 12),
                new(centre - (wide / 2), circle.Y + circle.Height + 2, wide, 12),
                new(circle.Right, circle.Y - 10, wide, 12),
                new(circle.Right, circle.Y + circle.Height - 2, wide, 12),
                new(circle.X - wide, circle.Y - 10, wide, 12),
                new(circle.X - wide, circle.Y + circle.Height - 2, wide, 12),
            ];
            int own = i;
            Box? free = places.Where(b => b.X >= frame.X && b.Right <= PlotCanvas.Width && b.Y >= frame.Y && b.Y + b.Height <= frame.Y + frame.Height)
                .Where(b => !taken.Exists(other => Meet(b, other)) && !circles.Where((_, c) => c != own).Any(other => Meet(b, other))).Cast<Box?>().FirstOrDefault();
            if (free is { } box)
            {
                taken.Add(box);
                canvas.Text(box.X, box.Y + 10, shown[i].Label, style: "name");
            }
        }
    }

    private static bool Meet(Box a, Box b) => a.X < b.Right && b.X < a.Right && a.Y < b.Y + b.Height && b.Y < a.Y + a.Height;
}
