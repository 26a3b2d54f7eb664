using System.Globalization;
using System.Text;

namespace ModelZoo.Training;

/// <summary>curves.svg: loss, accuracy and learning rate over the epochs, one above the other.</summary>
internal static class Curves
{
    private const int Width = 720, Panel = 170, Left = 64, Right = 20, Top = 30, Gap = 46;
    private static readonly string[] Colours = ["#1f6fb4", "#d1622b"];

    /// <param name="epochs">At least one.</param>
    /// <param name="title">What was trained.</param>
    public static string Draw(IReadOnlyList<EpochResult> epochs, string title)
    {
        var svg = new StringBuilder();
        int height = Top + 3 * (Panel + Gap);
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" width=\"{Width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{height}\" fill=\"#fff\"/><text x=\"{Left}\" y=\"16\" font-size=\"14\" fill=\"#222\">{Drawing.Markup.Escape(title)}</text>\n");
        Plot(svg, 0, "loss", epochs, "", logarithmic: false, ("training", e => e.Loss), ("test", e => e.TestLoss));
        Plot(svg, 1, "accuracy, %", epochs, "", logarithmic: false, ("training", e => 100 * e.TrainAccuracy), ("test", e => 100 * e.TestAccuracy));
        Plot(svg, 2, "learning rate", epochs, "epoch", logarithmic: true, ("of the epoch's last step", e => e.LearningRate > 0 ? e.LearningRate : null));
        return svg.Append("</svg>\n").ToString();
    }

    private static void Plot(StringBuilder svg, int index, string name, IReadOnlyList<EpochResult> epochs, string below, bool logarithmic, params (string Name, Func<EpochResult, double?> Of)[] lines)
    {
        double top = Top + index * (Panel + Gap), bottom = top + Panel;
        double[] values = [.. lines.SelectMany(l => epochs.Select(l.Of)).OfType<double>().Where(double.IsFinite)];
        if (values.Length == 0)
        {
            return;
        }

        logarithmic &= values.Max() / values.Min() > 5;
        (double low, double high, double[] ticks) = logarithmic ? Decades(values.Min(), values.Max()) : Ticks(values.Min(), values.Max());
        int last = Math.Max(2, epochs[^1].Epoch);
        foreach (double tick in ticks)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {Y(tick):F1}H{Width - Right}\" stroke=\"#ddd\"/><text x=\"{Left - 6}\" y=\"{Y(tick) + 4:F1}\" text-anchor=\"end\" fill=\"#444\">{tick:0.####}</text>\n");
        }

        foreach (double tick in Ticks(1, last).Marks.Where(t => t >= 1 && t <= last && t == Math.Floor(t)))
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{X(tick):F1} {bottom}v4\" stroke=\"#444\"/><text x=\"{X(tick):F1}\" y=\"{bottom + 17}\" text-anchor=\"middle\" fill=\"#444\">{tick:0}</text>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {top}V{bottom}H{Width - Right}\" fill=\"none\" stroke=\"#444\"/><text x=\"{Left}\" y=\"{top - 5}\" fill=\"#222\">{name}</text><text x=\"{(Left + Width - Right) / 2}\" y=\"{bottom + 32}\" text-anchor=\"middle\" fill=\"#222\">{below}</text>\n");
        double legend = Width - Right;
        for (int i = lines.Length - 1; i >= 0; i--)
        {
            (double X, double Y)[] points = [.. epochs.Where(e => lines[i].Of(e) is { } v && double.IsFinite(v)).Select(e => (X(e.Epoch), Y(lines[i].Of(e)!.Value)))];
            if (points.Length == 0)
            {
                continue;
            }

            string path = string.Join(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:F1},{p.Y:F1}")));
            svg.Append(CultureInfo.InvariantCulture, $"<polyline points=\"{path}\" fill=\"none\" stroke=\"{Colours[i]}\" stroke-width=\"1.6\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{points[^1].X:F1}\" cy=\"{points[^1].Y:F1}\" r=\"2.5\" fill=\"{Colours[i]}\"/><text x=\"{legend}\" y=\"{top - 5}\" text-anchor=\"end\" fill=\"{Colours[i]}\">{lines[i].Name}</text>\n");
            legend -= 8 * lines[i].Name.Length + 14;
        }

        double X(double epoch) => Left + (epoch - 1) / (last - 1) * (Width - Right - Left);

        double Y(double value) => bottom - (logarithmic ? Math.Log(value / low) / Math.Log(high / low) : (value - low) / (high - low)) * Panel;
    }

    // Round numbers that enclose the values: multiples of 1, 2 or 5 times a power of ten.
    private static (double Low, double High, double[] Marks) Ticks(double least, double most)
    {
        double span = Math.Max(most - least, Math.Max(Math.Abs(most), 1e-6) * 1e-3);
        double unit = Math.Pow(10, Math.Floor(Math.Log10(span / 5)));
        double step = unit * new[] { 1, 2, 5, 10 }.First(m => span / (unit * m) <= 6);
        double low = Math.Floor(least / step) * step, high = Math.Ceiling(Math.Max(most, least + span) / step) * step;
        return (low, high, [.. Enumerable.Range(0, (int)Math.Round((high - low) / step) + 1).Select(i => low + i * step)]);
    }

    private static (double Low, double High, double[] Marks) Decades(double least, double most)
    {
        int from = (int)Math.Floor(Math.Log10(least)), to = (int)Math.Ceiling(Math.Log10(most));
        return (Math.Pow(10, from), Math.Pow(10, to), [.. Enumerable.Range(from, to - from + 1).Select(e => Math.Pow(10, e))]);
    }
}
