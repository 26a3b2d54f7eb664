using System.Globalization;
using System.IO.Compression;
using System.Xml.Linq;
using ModelZoo.Plots;
using Xunit;

namespace ModelZoo.Experiments.Tests;

/// <summary>What is drawn stays in its frame, and no label covers another.</summary>
public class PlotTests
{
    private const double Letter = 6.6, Ascent = 8.5, Descent = 2.5; // of the 11 px font that pages have

    public static TheoryData<string> Plots => [.. All.Keys];

    private static Dictionary<string, Figure> All { get; } = Cases().ToDictionary(f => f.Title);

    [Theory]
    [MemberData(nameof(Plots))]
    public void Labels_stay_in_the_drawing_and_cover_no_other_label(string title)
    {
        XElement svg = Svg(All[title]);
        double[] view = Numbers(svg.Attribute("viewBox")!.Value);
        (XElement Text, double Left, double Right, double Top,
            double Bottom)[] boxes = [.. svg.Descendants().Where(e => e.Name.LocalName == "text").Select(BoxOf)];
        Assert.NotEmpty(boxes);
        foreach (var box in boxes)
        {
            Assert.True(box.Left >= -0.5 && box.Right <= view[2] + 0.5 && box.Top >= -0.5
                && box.Bottom <= view[3] + 0.5, $"{box.Text.Value} leaves the drawing: {box.Left} … {box.Right}, {box.Top} … {box.Bottom}");
        }

        for (int i = 0; i < boxes.Length; i++)
        {
            for (int j = i + 1; j < boxes.Length; j++)
            {
                bool meet = boxes[i].Left < boxes[j].Right && boxes[j].Left < boxes[i].Right && boxes[i].Top < boxes[j].Bottom
                    && boxes[j].Top < boxes[i].Bottom;
                Assert.False(meet, $"'{boxes[i].Text.Value}' covers '{boxes[j].Text.Value}'");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Plots))]
    public void Everything_drawn_lies_within_the_drawing(string title)
    {
        XElement svg = Svg(All[title]);
        double[] view = Numbers(svg.Attribute("viewBox")!.Value);
        foreach (XElement e in svg.Descendants())
        {
            foreach ((string name, double limit) in new[] { ("x", view[2]), ("x1", view[2]), ("x2", view[2]), ("cx", view[2]), ("y", view[3]), ("y1", view[3]),
                ("y2", view[3]), ("cy", view[3]) })
            {
                if (e.Attribute(name) is { } a)
                {
                    Assert.InRange(double.Parse(a.Value, CultureInfo.InvariantCulture), 0, limit);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Plots))]
    public void Every_plot_says_what_it_is_to_those_who_do_not_see_it(string title)
    {
        XElement svg = Svg(All[title]);
        Assert.Equal("img", svg.Attribute("role")?.Value);
        Assert.Equal(All[title].Title, svg.Elements().First(e => e.Name.LocalName == "title").Value);
        Assert.NotEmpty(svg.Elements().First(e => e.Name.LocalName == "desc").Value);
        Assert.Null(svg.Attribute("width")); // it grows with the page
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-3, 17)]
    [InlineData(0.00012, 0.00019)]
    [InlineData(1e6, 138e6)]
    [InlineData(99.1, 99.4)]
    [InlineData(5, 5)]
    public void Marks_are_round_and_within_the_axis(double from, double to)
    {
        var plot = new LinePlot("t", new("x"), new("y"), [new("", [0, 1], [from, to])]);
        XElement svg = Svg(plot);
        XElement[] grid = [.. svg.Descendants().Where(e => e.Name.LocalName == "line" && e.Attribute("class")?.Value == "grid")];
        Assert.InRange(grid.Length, 2, 8);
        string[] marks = [.. svg.Descendants().Where(e => e.Name.LocalName == "text" && e.Attribute("text-anchor")?.Value == "end").Select(e => e.Value)];
        Assert.Equal(grid.Length, marks.Length);
        Assert.Equal(marks.Distinct().Count(), marks.Length);
        double[] steps = [.. grid.Select(g => double.Parse(g.Attribute("y1")!.Value, CultureInfo.InvariantCulture))];
        for (int i = 2; i < steps.Length; i++)
        {
            Assert.Equal(steps[1] - steps[0], steps[i] - steps[i - 1], 0.21);
        }
    }

    [Fact]
    public void The_scatter_of_a_whole_catalog_has_labels_beside_circles_and_areas_in_proportion()
    {
        var plot = new ScatterPlot("t", new("x"), new("y"), [new("small", 1, 1, 1), new("large", 2, 2, 4)]) { Area = new("parameters") };
        double[] radii = [.. Svg(plot).Descendants().Where(e => e.Name.LocalName == "circle")
            .Select(e => double.Parse(e.Attribute("r")!.Value, CultureInfo.InvariantCulture)).OrderDescending()];
        Assert.Equal(2, radii[0] / radii[1], 2); // four times the area
        Assert.True(Svg(All["Circles"]).Descendants().Count(e => e.Name.LocalName == "text" && e.Value.StartsWith("model_", StringComparison.Ordinal)) >= 8);
    }

    [Theory]
    [InlineData(416_520, 467_200)]
    [InlineData(4.1e9, 4.3e9)]
    [InlineData(60, 61)]
    public void A_short_logarithmic_axis_has_marks_too(double from, double to)
    {
        XElement svg = Svg(new ScatterPlot("t", new("x", Logarithmic: true), new("y"), [new("a", from, 1), new("b", to, 2)]));
        Assert.InRange(svg.Descendants().Count(e =>
            e.Name.LocalName == "text" && e.Attribute("class")?.Value == "tick" && e.Attribute("text-anchor")?.Value == "middle"), 2, 10);
    }

    [Fact]
    public void Labels_of_crowded_circles_move_away_and_lines_lead_to_them()
    {
        XElement svg = Svg(All["Crowded"]);
        Assert.Equal(10, svg.Descendants().Count(e => e.Name.LocalName == "text" && e.Value.StartsWith("a_long_name_", StringComparison.Ordinal)));
        Assert.True(svg.Descendants().Count(e => e.Attribute("class")?.Value == "lead") >= 2);
    }

    [Fact]
    public void The_legend_of_areas_has_circles_in_proportion()
    {
        (double Radius, string Text)[] keys = [.. Svg(All["Crowded"]).Descendants().Where(e => e.Name.LocalName == "ellipse").Select(e =>
            (double.Parse(e.Attribute("rx")!.Value, CultureInfo.InvariantCulture), e.ElementsAfterSelf().First().Value))];
        Assert.True(keys.Length >= 2);
        Assert.Equal(("10M", "2M"), (keys[0].Text, keys[1].Text));
        Assert.Equal(Math.Sqrt(5), keys[0].Radius / keys[1].Radius, 1);
    }

    [Fact]
    public void A_png_holds_its_pixels()
    {
        byte[] pixels = [.. Enumerable.Range(0, 3 * 5 * 3).Select(i => (byte)(i * 5))];
        byte[] file = Png.Encode(3, 5, 3, pixels);
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], file[..8]);
        Assert.Equal([0, 0, 0, 3, 0, 0, 0, 5, 8, 2, 0, 0, 0], file[16..29]);
        Assert.Equal([0xAE, 0x42, 0x60, 0x82], file[^4..]); // the check of an IEND chunk
        int length = (file[33] << 24) | (file[34] << 16) | (file[35] << 8) | file[36];
        using var unpacked = new MemoryStream();
        using (var zlib = new ZLibStream(new MemoryStream(file, 41, length), CompressionMode.Decompress))
        {
            zlib.CopyTo(unpacked);
        }

        Assert.Equal(pixels, unpacked.ToArray().Chunk(10).SelectMany(row => row[1..]));
        Assert.Throws<ArgumentException>(() => Png.Encode(3, 5, 2, pixels));
    }

    private static IEnumerable<Figure> Cases()
    {
        foreach (Figure figure in Figures.OfEveryKind.Where(f => f is not (ImageGrid or TableFigure)))
        {
            yield return figure;
        }

        yield return new LinePlot("Many lines with long names", new("multiply-accumulates", Logarithmic: true),
            new("a rather long name of an axis", "thousandths"),
            [.. Enumerable.Range(0, 8).Select(i => new Series($"a series with a long name {i}", [1e5, 3e7, 4e10], [1e-5 * i, 2e-5, 3e-5]))]);
        yield return new LinePlot("One point", new("x"), new("y"), [new("", [3], [7])]);
        yield return new LinePlot("Nothing", new("x"), new("y"), [new("", [], [])]);
        yield return new BarChart("Large", new("multiply-accumulates", Logarithmic: true), [.. Enumerable.Range(0, 20).Select(i => $"model_number_{i}")],
            [new("", [.. Enumerable.Range(0, 20).Select(i => Math.Pow(3, i))])]);
        yield return new MirrorChart("Many bars", new("layer, in order of execution"), new("MACs", "%") { To = 40 }, new("parameters", "%") { To = 40 },
            [.. Enumerable.Range(1, 160).Select(i => new MirrorBar($"{i}", i % 40, (3 * i) % 40))]);
        yield return new ScatterPlot("Crowded", new("MACs", Logarithmic: true), new("top-1", "%"),
            [new("little", 1e8, 60, 1e6), new("much", 1e10, 80, 1e7),
            .. Enumerable.Range(0, 10).Select(i => new ScatterPoint($"a_long_name_{i}", 1e9 * (1 + (i * 0.01)), 70 + (i * 0.02), 1e6))])
        { Area = new("parameters") };
        yield return new HeatMap("Wide", new("batch", "images"), new("normalization"),
            [.. Enumerable.Range(0, 30).Select(r => Enumerable.Range(0, 60).Select(c => (double)(r * c)).ToArray())]);
    }

    private static XElement Svg(Figure figure) => XDocument.Parse(FigureWriter.Html(figure)).Descendants().Single(e => e.Name.LocalName == "svg");

    private static (XElement Text, double Left, double Right, double Top, double Bottom) BoxOf(XElement text)
    {
        (double x, double y, double wide) = (Of("x"), Of("y"), text.Value.Length * Letter);
        double left = text.Attribute("text-anchor")?.Value switch { "middle" => x - (wide / 2), "end" => x - wide, _ => x };
        return (text, left, left + wide, y - Ascent, y + Descent);

        double Of(string name) => double.Parse(text.Attribute(name)!.Value, CultureInfo.InvariantCulture);
    }

    private static double[] Numbers(string text) => [.. text.Split(' ').Select(t => double.Parse(t, CultureInfo.InvariantCulture))];
}
