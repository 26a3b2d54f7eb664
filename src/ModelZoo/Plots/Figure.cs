using System.Text.Json.Serialization;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Plots;

/// <summary>A figure as data: <see cref="FigureWriter"/> draws it, and JSON keeps it (the property "kind" names its type).</summary>
/// <param name="Title">What it shows, in a few words.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(LinePlot), "line")]
[JsonDerivedType(typeof(ScatterPlot), "scatter")]
[JsonDerivedType(typeof(BarChart), "bars")]
[JsonDerivedType(typeof(MirrorChart), "mirror")]
[JsonDerivedType(typeof(HeatMap), "heat")]
[JsonDerivedType(typeof(ImageGrid), "images")]
[JsonDerivedType(typeof(TableFigure), "table")]
public abstract record Figure(string Title)
{
    /// <summary>What to see in it: a sentence or two under it; empty for none.</summary>
    public string Caption { get; init; } = "";
}

/// <summary>A table.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Columns">The columns' heads; one that starts with '>' is aligned to the right.</param>
/// <param name="Rows">As many cells each.</param>
public sealed record TableFigure(string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows) : Figure(Title);

/// <summary>Draws figures for a page that has <see cref="Style"/> in its style sheet (and, for <see cref="ImageGrid"/>, may show its own images).</summary>
public static class FigureWriter
{
    private const int PlainWidth = 46; // letters that a table may have at 400 px
    private const int MostRows = 16; // of a table that is open from the start

    /// <summary>
    /// The figures' rules. The colors are those of Okabe and Ito, which people with any kind of color blindness tell apart, darker on white and lighter on
    /// black; series differ by their marks and dashes, too.
    /// </summary>
    public const string Style = """
        :root { --c0: #0067a5; --c1: #c8480a; --c2: #007a59; --c3: #a8487d; --c4: #9a6a00; --c5: #3a87b8; --c6: #5a4b9a; --c7: #626a73; }
        @media (prefers-color-scheme: dark) { :root { --c0: #62b6f0; --c1: #ff9350; --c2: #35c79c; --c3: #ee9ccb; --c4: #eebd45; --c5: #a5dcff; --c6: #b7a9f5;
        --c7: #a9b1ba; } }
        .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1.2rem 2rem; align-items: start;
        margin: 0.8rem 0; }
        figure { margin: 0; min-width: 0; } figure.wide { grid-column: 1 / -1; } figcaption { font-weight: 600; margin-bottom: 0.35rem; }
        figure > p { color: var(--soft); font-size: 0.87rem; } figure th, figure td { white-space: normal; }
        figure > svg { width: 100%; max-width: 34rem; height: auto; }
        .c0 { --c: var(--c0); } .c1 { --c: var(--c1); } .c2 { --c: var(--c2); } .c3 { --c: var(--c3); } .c4 { --c: var(--c4); } .c5 { --c: var(--c5); }
        .c6 { --c: var(--c6); } .c7 { --c: var(--c7); }
        svg text.axis { fill: var(--text); font-weight: 600; } svg text.name { font-weight: 400; } svg text.value { fill: var(--text); }
        svg text.on { fill: var(--back); } svg text.halo { paint-order: stroke; stroke: var(--back); stroke-width: 3px; }
        svg .rule { stroke: var(--soft); } svg .line[class*=" c"] { stroke: var(--c); stroke-width: 2; }
        svg .mark[class*=" c"] { fill: var(--c); stroke: var(--back); stroke-width: 0.8; }
        svg .band { fill: var(--c); fill-opacity: 0.18; } svg .bar { fill: var(--c); }
        svg .disc { fill: var(--c); fill-opacity: 0.35; stroke: var(--c); stroke-width: 1.4; }
        svg .cell { fill: var(--c); stroke: var(--rule); stroke-width: 0.5; }
        svg .key { fill: none; stroke: var(--soft); } svg .lead { stroke: var(--soft); stroke-width: 0.8; }
        svg .whisker { stroke: var(--text); stroke-width: 1.2; fill: none; }
        svg .whisker.thin { stroke: var(--soft); stroke-width: 0.9; } svg .front { stroke-dasharray: 5 3; }
        svg .d1 { stroke-dasharray: 7 3; } svg .d2 { stroke-dasharray: 2 3; }
        svg .d3 { stroke-dasharray: 9 3 2 3; }
        .pictures { display: grid; gap: 0.5rem; max-width: 40rem; }
        .pictures > div { min-width: 0; font-size: 0.75rem; line-height: 1.25; color: var(--soft); text-align: center; }
        .pictures > div.name { grid-column: 1 / -1; text-align: left; color: var(--text); }
        .pictures img { display: block; width: 100%; height: auto; image-rendering: pixelated; border: 1px solid var(--rule); }
        @media (max-width: 38rem) { table.cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        table.cards, table.cards tbody, table.cards tr, table.cards td, table.cards th { display: block; white-space: normal; text-align: left; }
          table.cards tr { border: 1px solid var(--rule); border-radius: 6px; padding: 0.35rem 0; margin-bottom: 0.5rem; }
          table.cards td, table.cards tbody th { border: 0; padding: 0.1rem 0.6rem; overflow-wrap: anywhere; min-width: 0; }
          table.cards td[data-label] { display: inline-block; margin-right: 0.7rem; } table.cards td:empty { display: none; }
          table.cards td[data-label]::before { content: attr(data-label) ": "; color: var(--soft); } table.cards { width: 100%; }
          table.cards tr > :first-child { font-weight: 600; } }
        """;

    // What the figures' rules take from the page that they stand on.
    private const string Ground = """
        :root { --back: #ffffff; --text: #1b1f24; --soft: #57606a; --rule: #d0d7de; --line: #6e7781; }
        @media (prefers-color-scheme: dark) { :root { --back: #0f1318; --text: #e6edf3; --soft: #9aa4af; --rule: #343b44; --line: #8b949e; } }
        svg { font: 11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; background: var(--back); } svg text { fill: var(--text); }
        svg .line { fill: none; stroke: var(--line); stroke-width: 1.3; } svg .tick { fill: var(--soft); } svg .grid { stroke: var(--rule); }
        """;

    /// <summary>Plots one above the other as an SVG file of its own.</summary>
    /// <param name="title">What stands above them.</param>
    /// <param name="plots">From the top.</param>
    public static string SvgFile(string title, IReadOnlyList<LinePlot> plots)
    {
        ArgumentNullException.ThrowIfNull(plots);
        const double Head = 26, Gap = 14;
        double y = Head;
        string inside = "";
        foreach (LinePlot plot in plots)
        {
            inside += LineDrawing.Svg(plot, y, out double height) + "\n";
            y += height + Gap;
        }

        string size = $"width=\"{Px(2 * PlotCanvas.Width)}\" height=\"{Px(2 * y)}\" viewBox=\"0 0 {Px(PlotCanvas.Width)} {Px(y)}\"";
        return $"<svg xmlns=\"http://www.w3.org/2000/svg\" {size}>\n<title>{Escape(title)}</title>\n<style>\n{Ground}\n{Style}\n</style>\n"
            + $"<text class=\"axis\" x=\"2\" y=\"15\">{Escape(KeepStart(title, (int)(PlotCanvas.Width / PlotCanvas.Letter)))}</text>\n{inside}</svg>\n";
    }

    /// <summary>One figure as HTML, which is well-formed XML.</summary>
    public static string Html(Figure figure)
    {
        ArgumentNullException.ThrowIfNull(figure);
        string inside = figure switch
        {
            LinePlot line => LineDrawing.Svg(line),
            ScatterPlot scatter => ScatterDrawing.Svg(scatter),
            BarChart bars => BarDrawing.Svg(bars),
            MirrorChart mirror => MirrorDrawing.Svg(mirror),
            HeatMap heat => HeatDrawing.Svg(heat),
            ImageGrid images => Pictures(images),
            TableFigure table => Table(table),
            _ => throw new ArgumentException($"No drawing of a {figure.GetType().Name}.", nameof(figure)),
        };
        string caption = figure.Caption.Length > 0 ? $"\n<p>{Escape(figure.Caption)}</p>" : "";
        string style = figure is TableFigure or ImageGrid ? " class=\"wide\"" : "";
        return $"<figure{style}><figcaption>{Escape(figure.Title)}</figcaption>\n{inside}{caption}</figure>\n";
    }

    private static string Pictures(ImageGrid grid)
    {
        int columns = Math.Max(1, grid.Columns);
        string cells = string.Concat(grid.Images.Select((image, i) =>
            (i % columns == 0 && grid.Rows is { } rows && i / columns < rows.Count ? $"<div class=\"name\">{Escape(rows[i / columns])}</div>\n" : "")
            + $"<div><img alt=\"{Escape(NameOf(image, i))}\" width=\"{image.Width}\" height=\"{image.Height}\" "
            + $"src=\"data:image/png;base64,{Convert.ToBase64String(Png.Encode(image.Width, image.Height, image.Channels, image.Pixels))}\"/>"
            + $"{Escape(image.Label)}</div>\n"));
        return $"<div class=\"pictures\" style=\"grid-template-columns: repeat({columns}, minmax(0, 1fr)); max-width: "
            + $"{Math.Clamp(columns * 6, 6, 40)}rem\">{cells}</div>";

        string NameOf(PlotImage image, int i) =>
            image.Label.Length > 0 ? image.Label : grid.Rows is { } names && i / columns < names.Count ? names[i / columns] : grid.Title;
    }

    private static string Table(TableFigure table)
    {
        string[] heads = [.. table.Columns.Select(c => c.TrimStart('>'))], sides = [.. table.Columns.Select(c => c.StartsWith('>') ? " class=\"r\"" : "")];
        int wide = Enumerable.Range(0, heads.Length).Sum(i => table.Rows.Select(r => r[i].Length).Append(heads[i].Length).Max() + 3);
        string head = string.Concat(heads.Select((h, i) => $"<th scope=\"col\"{sides[i]}>{Escape(h)}</th>"));
        string body = string.Concat(table.Rows.Select(row => $"<tr>{string.Concat(row.Select(Cell))}</tr>\n"));
        string whole = $"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{Escape(table.Title)}\">"
            + $"<table{(wide > PlainWidth ? " class=\"cards\"" : "")}><thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table></div>";
        return table.Rows.Count <= MostRows ? whole : $"<details><summary>{Count(table.Rows.Count)} rows</summary>\n{whole}</details>";

        string Cell(string text, int i) => $"<td{sides[i]}{(i == 0 ? "" : $" data-label=\"{Escape(heads[i])}\"")}>{Escape(text)}</td>";
    }
}
