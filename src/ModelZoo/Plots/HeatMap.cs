using System.Globalization;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Plots;

/// <summary>A matrix as shaded cells: the stronger the shade, the larger the value; negative ones have another color.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="X">Along the columns.</param>
/// <param name="Y">Along the rows, from the top.</param>
/// <param name="Values">Rows of as many values each.</param>
public sealed record HeatMap(string Title, Axis X, Axis Y, IReadOnlyList<IReadOnlyList<double>> Values) : Figure(Title)
{
    /// <summary>A name for each column; null for 0, 1, 2 …</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>A name for each row; null for 0, 1, 2 …</summary>
    public IReadOnlyList<string>? Rows { get; init; }

    /// <summary>What the values are measured in ("accuracy, %").</summary>
    public string Unit { get; init; } = "";

    /// <summary>Whether the numbers stand in the cells, where these are large enough.</summary>
    public bool Numbers { get; init; } = true;
}

/// <summary>Draws a <see cref="HeatMap"/>.</summary>
internal static class HeatDrawing
{
    private const double MostCell = 44;

    public static string Svg(HeatMap map)
    {
        var canvas = new PlotCanvas();
        int rows = map.Values.Count, columns = map.Values.Select(r => r.Count).DefaultIfEmpty(0).Max();
        string[] rowNames = [.. Enumerable.Range(0, rows).Select(i => map.Rows?[i] ?? $"{i}")],
            columnNames = [.. Enumerable.Range(0, columns).Select(i => map.Columns?[i] ?? $"{i}")];
        double left = Math.Ceiling(rowNames.Select(PlotCanvas.TextWidth).DefaultIfEmpty(0).Max()) + 8;
        double cell = Math.Min(MostCell, (PlotCanvas.Width - left - 4) / Math.Max(1, columns));
        double greatest = map.Values.SelectMany(r => r).Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        bool signed = map.Values.SelectMany(r => r).Any(v => v < 0);
        canvas.Text(2, 11, KeepStart($"{map.Y.Label} ↓   {map.X.Label} →", (int)(PlotCanvas.Width / PlotCanvas.Letter)), style: "axis");
        double widest = columnNames.Select(PlotCanvas.TextWidth).DefaultIfEmpty(1).Max();
        bool upright = map.Columns is not null && widest + 6 > cell; // names all stay, where there is room for a line of each
        int everyColumn = Every(upright ? 12 : widest + 6, cell), everyRow = Every(12, cell);
        double top = upright ? 28 + widest : 36;
        for (int c = 0; c < columns; c += everyColumn)
        {
            double middle = left + ((c + 0.5) * cell);
            if (upright)
            {
                canvas.Add($"<text class=\"tick\" transform=\"translate({Px(middle + 4)} {Px(top - 5)}) rotate(-90)\">{Escape(columnNames[c])}</text>");
            }
            else
            {
                canvas.Text(middle, top - 5, columnNames[c], "middle");
            }
        }

        bool numbers = map.Numbers && map.Values.SelectMany(r => r).All(v => PlotCanvas.TextWidth(PlotNumber.Of(v)) <= cell - 2);
        for (int r = 0; r < rows; r++)
        {
            double y = top + (r * cell);
            if (r % everyRow == 0)
            {
                canvas.Text(left - 6, y + (cell / 2) + 4, rowNames[r], "end");
            }

            for (int c = 0; c < map.Values[r].Count; c++)
            {
                double v = map.Values[r][c], share = greatest > 0 && double.IsFinite(v) ? Math.Abs(v) / greatest : 0;
                canvas.Add($"<rect class=\"cell {(v < 0 ? PlotCanvas.Color(1) : PlotCanvas.Color(0))}\" x=\"{Px(left + (c * cell))}\" y=\"{Px(y)}\" "
                    + $"width=\"{Px(cell)}\" height=\"{Px(cell)}\" "
                    + $"fill-opacity=\"{share.ToString("0.###", CultureInfo.InvariantCulture)}\">"
                    + $"<title>{Escape($"{rowNames[r]}, {columnNames[c]}: {PlotNumber.Of(v)} {map.Unit}")}</title></rect>");
                if (numbers && double.IsFinite(v))
                {
                    canvas.Text(left + ((c + 0.5) * cell), y + (cell / 2) + 4, PlotNumber.Of(v), "middle", share > 0.6 ? "on" : "halo");
                }
            }
        }

        double bottom = top + (rows * cell) + 18;
        string unit = map.Unit.Length > 0 ? $" {map.Unit}" : "";
        canvas.Text(2, bottom, KeepStart(signed
            ? $"full shade: ±{PlotNumber.Of(greatest)}{unit}"
            : $"full shade: {PlotNumber.Of(greatest)}{unit}", (int)(PlotCanvas.Width / PlotCanvas.Letter)));
        return canvas.Finish(bottom + 8, map.Title, $"{rows} rows ({map.Y.Label}) by {columns} columns ({map.X.Label}){unit}");
    }

    private static int Every(double needed, double cell) => Math.Max(1, (int)Math.Ceiling(needed / cell));
}
