using ModelZoo.Plots;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Drawing;

/// <summary>Writes a laid-out graph as one inline SVG element; colors and fonts are the page's.</summary>
internal static class SvgWriter
{
    // Of the page's monospaced 11 px font, with a little to spare.
    private const double Letter = 6.75, Inset = 8, MarkWidth = 14, LineHeight = 13;

    /// <summary>A width that holds every cell's text.</summary>
    public static double BoxWidth(IEnumerable<Cell> cells) => Math.Ceiling(cells.Select(cell => Math.Max(
        (Fitted(cell, 0).Length * Letter) + (cell.Mark.Length > 0 ? MarkWidth : 0),
        Enumerable.Range(1, Math.Max(0, cell.Lines.Count - 1)).Select(i => (Fitted(cell, i).Length + (i == 2 ? cell.Corner.Length + 1 : 0)) * Letter)
            .DefaultIfEmpty().Max()))
        .DefaultIfEmpty(60).Max() + (2 * Inset));

    /// <summary>The drawing.</summary>
    /// <param name="layout">Where things go.</param>
    /// <param name="cells">What is in the boxes, in the layout's order.</param>
    /// <param name="frameNames">The label of each group that the layout was given.</param>
    /// <param name="label">The drawing in a sentence, for those who don't see it.</param>
    public static string Write(GraphLayout layout, IReadOnlyList<Cell> cells, IReadOnlyList<string> frameNames, string label) =>
        $"<svg role=\"group\" aria-label=\"{Escape(label)}\" xmlns=\"http://www.w3.org/2000/svg\" width=\"{Px(layout.Width)}\" height=\"{Px(layout.Height)}\" "
            + $"viewBox=\"0 0 {Px(layout.Width)} {Px(layout.Height)}\">\n"
        + string.Concat(layout.Frames.Select(frame => Rectangle("frame", frame.Box)))
        + string.Concat(layout.Routes.GroupBy(route => route.Source).Select(Lines))
        + string.Concat(layout.Frames.Select(frame => $"<text class=\"label\" x=\"{Px(frame.Box.X + 6)}\" "
            + $"y=\"{Px(frame.Box.Y + 12)}\">{Escape(KeepEnd(frameNames[frame.Group], (int)((frame.Box.Width - 12) / Letter)))}</text>\n"))
        + string.Concat(cells.Select((cell, i) => Write(cell, layout.Boxes[i])))
        + "</svg>";

    /// <summary>All lines of one source as one path: what they share is drawn once.</summary>
    private static string Lines(IEnumerable<Route> routes)
    {
        HashSet<(Place, Place)> drawn = [];
        string path = "", tips = "";
        foreach (Route route in routes)
        {
            for (int i = 1; i < route.Points.Count; i++)
            {
                (Place from, Place to) = (route.Points[i - 1], route.Points[i]);
                if (drawn.Add((from, to)))
                {
                    double middle = (from.Y + to.Y) / 2;
                    path += $"M{Px(from.X)} {Px(from.Y)}" + (Math.Abs(from.X - to.X) < 0.5
                        ? $"V{Px(to.Y)}"
                        : $"C{Px(from.X)} {Px(middle)} {Px(to.X)} {Px(middle)} {Px(to.X)} {Px(to.Y)}");
                }
            }

            tips += $"M{Px(route.Points[^1].X)} {Px(route.Points[^1].Y)}l-3-6h6z";
        }

        return $"<path class=\"line\" d=\"{path}\"/><path class=\"tip\" d=\"{tips}\"/>\n";
    }

    private static string Write(Cell cell, Box box)
    {
        double x = box.X + Inset, y = box.Y + 14;
        bool marked = cell.Mark.Length > 0;
        string inside = $"<title>{Escape(cell.Hover)}</title>" + Rectangle("", box)
            + (marked ? $"<text class=\"mark\" x=\"{Px(x - 1)}\" y=\"{Px(y)}\">{Escape(cell.Mark)}</text>" : "")
            + string.Concat(cell.Lines.Select((line, i) => line.Length == 0
                ? ""
                : $"<text{(i == 0 ? " class=\"name\"" : "")} x=\"{Px(x + (i == 0 && marked ? MarkWidth : 0))}\" "
                    + $"y=\"{Px(y + (i * LineHeight))}\">{Escape(Fitted(cell, i))}</text>"))
            + (cell.Corner.Length > 0 ? $"<text class=\"corner\" x=\"{Px(box.Right - 5)}\" y=\"{Px(y + (2 * LineHeight))}\">{Escape(cell.Corner)}</text>" : "");
        string id = cell.Id is null ? "" : $" id=\"{Escape(cell.Id)}\"";
        return cell.Link is null
            ? $"<g{id} class=\"{cell.Style}\">{inside}</g>\n"
            : $"<a{id} class=\"{cell.Style}\" href=\"#{Escape(cell.Link)}\">{inside}</a>\n";
    }

    // A path is known by its end, settings by their beginning.
    private static string Fitted(Cell cell, int line) =>
        line >= cell.Lines.Count ? "" : line == 0 ? KeepEnd(cell.Lines[0], cell.Letters) : KeepStart(cell.Lines[line], cell.Letters);

    private static string Rectangle(string style, Box box) =>
        $"<rect{(style.Length > 0 ? $" class=\"{style}\"" : "")} x=\"{Px(box.X)}\" y=\"{Px(box.Y)}\" width=\"{Px(box.Width)}\" height=\"{Px(box.Height)}\" "
            + "rx=\"4\"/>";
}
