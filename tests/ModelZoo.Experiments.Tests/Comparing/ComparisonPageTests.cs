using System.Xml.Linq;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Plots;
using Xunit;

namespace ModelZoo.Experiments.Tests.Comparing;

[Collection(TorchCollection.Name)]
public class ComparisonPageTests
{
    private static readonly Lazy<ModelComparison> Six = new(() => ComparisonSamples.Timed(ComparisonSamples.Documented, new FakeMeter()));

    [Fact]
    public void The_page_needs_nothing_from_elsewhere()
    {
        string html = ComparisonPage.Write(Six.Value);
        XDocument page = XDocument.Parse(html);
        Assert.DoesNotContain("http:", html.Replace("http://www.w3.org/", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("https:", html, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", html, StringComparison.Ordinal);
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "iframe" or "img");
        Assert.Contains("prefers-color-scheme: dark", html, StringComparison.Ordinal);
        Assert.Contains("zoo compare &lt;a&gt; &amp; b", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_has_every_figure_and_names_its_conventions()
    {
        XDocument page = XDocument.Parse(ComparisonPage.Write(Six.Value));
        string[] captions = [.. page.Descendants().Where(e => e.Name.LocalName == "figcaption").Select(e => e.Value)];
        Assert.Contains("Accuracy against cost, ImageNet val", captions);
        Assert.Contains("Receptive field by depth", captions);
        Assert.Contains("Forward time against cost", captions);
        Assert.All(ComparisonSamples.Documented, name => Assert.Contains(name, captions)); // its layers
        string text = page.ToString();
        Assert.Contains("138,357,544", text, StringComparison.Ordinal);
        Assert.Contains("15,470,264,320", text, StringComparison.Ordinal);
        Assert.Contains("of convolutions and linear layers only", text, StringComparison.Ordinal);
        Assert.Contains("batch 4", text, StringComparison.Ordinal);
        Assert.Contains("convnet has no training time at batch 4: no &lt;step&gt;", text, StringComparison.Ordinal);
        Assert.Contains("googlenet has 6,379,984 more parameters in auxiliary classifiers", text, StringComparison.Ordinal); // 13,004,888 with them
    }

    [Fact]
    public void Accuracies_of_different_data_are_never_in_one_plot()
    {
        string[] titles = [.. new[] { "lenet5", "resnet50", "alexnet", "resnet20", "resnet56" }.Chunk(5)
            .SelectMany(models => Titles(ComparisonSamples.Timed(models, new FakeMeter(), rounds: 0)))];
        Assert.Contains("Accuracy against cost, ImageNet val", titles);
        Assert.Contains("Accuracy against cost, CIFAR-10 test", titles);
        Assert.DoesNotContain(titles, t => t.Contains("mnist", StringComparison.Ordinal)); // one model alone has no plot
    }

    [Fact]
    public void Without_timing_the_page_has_no_section_on_it()
    {
        string html = ComparisonPage.Write(ComparisonSamples.Timed(["lenet5"], new FakeMeter(), rounds: 0));
        Assert.DoesNotContain("h-time", html, StringComparison.Ordinal);
        Assert.DoesNotContain("h-training", html, StringComparison.Ordinal);
        Assert.StartsWith("1 model", XDocument.Parse(html).Descendants().First(e => e.Name.LocalName == "h1").Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Narrow_tables_of_the_documented_architectures_fit_a_hundred_columns()
    {
        foreach (TableFigure table in new[] { ComparisonTables.Size(Six.Value, narrow: true), ComparisonTables.Time(Six.Value, narrow: true)! })
        {
            int wide = 1 + table.Columns.Select((c, i) => 3 + table.Rows.Select(r => r[i].Length).Append(c.TrimStart('>').Length).Max()).Sum();
            Assert.InRange(wide, 40, 100);
            Assert.Equal(6, table.Rows.Count);
        }

        Assert.Equal(["vgg16", "138,357,544", "15.470 G", "16", "196"], ComparisonTables.Size(Six.Value, narrow: true).Rows[3].Take(5));
    }

    private static IEnumerable<string> Titles(ModelComparison comparison) =>
        XDocument.Parse(ComparisonPage.Write(comparison)).Descendants().Where(e => e.Name.LocalName == "figcaption").Select(e => e.Value);
}
