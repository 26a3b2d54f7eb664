using System.Xml.Linq;
using ModelZoo.Experiments.Report;
using Xunit;

namespace ModelZoo.Experiments.Tests;

public class ReportPageTests
{
    private static readonly ExperimentRecord[] Records = [.. new[] { Verdict.Reproduced, Verdict.NotReproduced, Verdict.NotDecidable }.Select((verdict, i) =>
        new ExperimentRecord(new Counting($"experiment-{i}", usesData: true).Info, new RunSettings("quick", i, 3, "digits", 1),
            new ExperimentResult(verdict, new(i, "×", $"Effect {i} <&>.")) { Seeds = [0, 1, 2], DataUsed = "digits", Figures = Figures.OfEveryKind,
            Notes = ["A <note>."] }, 12.5, "a machine"))];

    [Fact]
    public void Every_claim_has_a_row_that_leads_to_its_section_with_figures_and_command()
    {
        XDocument page = XDocument.Parse(ReportPage.Write(Records));
        Dictionary<string, XElement> ids = page.Descendants().Where(e => e.Attribute("id") is not null).ToDictionary(e => e.Attribute("id")!.Value);
        XElement table = page.Descendants().First(e => e.Name.LocalName == "table");
        foreach (ExperimentRecord r in Records)
        {
            XElement row = table.Descendants().Single(e => e.Name.LocalName == "a" && e.Attribute("href")?.Value == $"#{r.Info.Name}").Parent!.Parent!;
            Assert.Contains(ReportPage.Say(r.Result.Verdict), row.Value, StringComparison.Ordinal);
            Assert.Contains(r.Result.Effect.Sentence, row.Value, StringComparison.Ordinal);
            Assert.Contains("3 (0 … 2)", row.Value, StringComparison.Ordinal);
            XElement section = ids[r.Info.Name].Parent!;
            Assert.Contains(section.Descendants(), e => e.Name.LocalName == "pre" && e.Value == r.Command);
            Assert.Equal(Figures.OfEveryKind.Count, section.Descendants().Count(e => e.Name.LocalName == "figure"));
        }

        Assert.All(page.Descendants().Attributes("href"), link => Assert.Contains(link.Value[1..], ids.Keys));
        Assert.Contains("1 of 3 claims reproduced, 1 not reproduced, 1 not decidable", page.ToString(), StringComparison.Ordinal);
        Assert.Equal("zoo reproduce experiment-1 --quick --seed 1 --seeds 3 --data digits", Records[1].Command);
    }

    [Fact]
    public void The_page_needs_nothing_from_elsewhere()
    {
        string html = ReportPage.Write(Records);
        Assert.DoesNotContain("http:", html.Replace("http://www.w3.org/", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("https:", html, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", html, StringComparison.Ordinal);
        XDocument page = XDocument.Parse(html);
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "iframe");
        Assert.All(page.Descendants().Attributes("src"), src => Assert.StartsWith("data:image/png;base64,", src.Value, StringComparison.Ordinal));
        Assert.Contains("prefers-color-scheme: dark", html, StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_page_is_a_page() => Assert.Contains("0 of 0", XDocument.Parse(ReportPage.Write([])).ToString(), StringComparison.Ordinal);
}
