using System.Xml.Linq;
using ModelZoo.Experiments.Selecting;
using ModelZoo.Plots;
using ModelZoo.Statistics;
using Xunit;
using static ModelZoo.Experiments.Tests.Selecting.SelectionSamples;

namespace ModelZoo.Experiments.Tests.Selecting;

public class SelectionPageTests
{
    private static readonly NetworkSelection Three = Select(null, Network("<script>large", First(10), milliseconds: 30, megabytes: 100) with
    {
        Curve = LearningCurve.Of([20, 40, 80], [.. new[] { 60, 40, 20 }.Select(wrong => (IReadOnlyList<IReadOnlyList<bool>>)
            [[.. Enumerable.Range(0, 200).Select(i => i >= wrong)], [.. Enumerable.Range(0, 200).Select(i => i >= wrong + 4)]])]),
    }, Network("middle", First(20, 100)), Network("a_network_of_a_very_long_name:with_weights", First(60, 140), milliseconds: 2) with { Seen = "it was" });

    [Fact]
    public void The_page_needs_nothing_from_elsewhere_and_shows_all()
    {
        string html = SelectionPage.Write(Three);
        XDocument page = XDocument.Parse(html);
        Assert.DoesNotContain("http:", html.Replace("http://www.w3.org/", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "iframe" or "img");
        string[] captions = [.. page.Descendants().Where(e => e.Name.LocalName == "figcaption").Select(e => e.Value)];
        Assert.Contains("Accuracy against time", captions);
        Assert.Contains("Accuracy against size", captions);
        Assert.Contains("Accuracy by training pictures", captions);
        Assert.Contains("Is the first better than the second?", captions);
        Assert.Equal(2, page.Descendants().Count(e => (string?)e.Attribute("class") == "line front"));
        Assert.Equal(6, page.Descendants().Count(e => (string?)e.Attribute("class") == "whisker thin"));
        Assert.Contains("→ &lt;script&gt;large", html, StringComparison.Ordinal);
        Assert.Contains("zoo compare &lt;a&gt; &amp; b", html, StringComparison.Ordinal);
        Assert.Contains("zoo finetune &#39;&lt;script&gt;large&#39; --data &#39;folder:&lt;p&gt;&#39;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_times_size_stands_in_for_them()
    {
        string html = SelectionPage.Write(Select(null, Network("a", First(3), milliseconds: null), Network("b", First(9), milliseconds: null)));
        Assert.DoesNotContain("Accuracy against time", html, StringComparison.Ordinal);
        Assert.DoesNotContain("eager", html, StringComparison.Ordinal);
        Assert.Contains("Accuracy against size", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_front_begins_at_the_cheapest_and_rises()
    {
        XDocument page = XDocument.Parse(SelectionPage.Write(Select(null, Network("a", First(5), milliseconds: 100), Network("b", First(50), milliseconds: 1),
            Network("c", First(60), milliseconds: 50))));
        string path = (string)page.Descendants().First(e => (string?)e.Attribute("class") == "line front").Attribute("d")!;
        double[] x = [.. path.Split('H').Skip(1).Select(p => double.Parse(p.Split('V')[0], System.Globalization.CultureInfo.InvariantCulture))];
        double[] y = [.. path.Split('V').Skip(1).Select(p => double.Parse(p.Split('H')[0], System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(3, x.Length); // two networks, and on to the edge
        Assert.True(x[0] < x[1] && x[1] <= x[2] && y[0] > y[1], path);
    }

    [Fact]
    public void What_no_terminal_can_do_without_fits_a_hundred_columns()
    {
        string[] unneeded = [">memory", "front", ">fitted", ">alone"];
        foreach (TableFigure table in new[] { SelectionTables.Networks(Three, narrow: true), SelectionTables.Pairs(Three, narrow: true)! })
        {
            int wide = 1 + table.Columns.Select((c, i) => unneeded.Contains(c) ? 0
                : 3 + table.Rows.Select(r => r[i].Length).Append(c.TrimStart('>').Length).Max()).Sum();
            Assert.InRange(wide, 40, 100);
            Assert.Equal(3, table.Rows.Count);
        }
    }
}
