using System.Text;
using static ModelZoo.Drawing.Markup;

namespace ModelZoo.Drawing.Plots;

/// <summary>An SVG drawing in the making. Plots are laid out <see cref="Width"/> wide and grow or shrink with the page, so that text stays readable from a telephone to a desk.</summary>
internal sealed class PlotCanvas
{
    /// <summary>Of every plot, in its own units.</summary>
    public const double Width = 400;

    /// <summary>Of a letter of the page's monospaced 11 px font.</summary>
    public const double Letter = 6.65;

    /// <summary>Of a line of text.</summary>
    public const double LineHeight = 15;

    private const int Colours = 8;

    private readonly StringBuilder svg = new();

    public static double TextWidth(string text) => text.Length * Letter;

    /// <summary>The class that gives series <paramref name="index"/> its colour.</summary>
    public static string Colour(int index) => $"c{index % Colours}";

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
    public string Finish(double height, string title, string description) =>
        $"<svg role=\"img\" aria-label=\"{Escape(title)}\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Px(Width)} {Px(Math.Ceiling(height))}\">\n<title>{Escape(title)}</title><desc>{Escape(description)}</desc>\n{svg}</svg>";
}
