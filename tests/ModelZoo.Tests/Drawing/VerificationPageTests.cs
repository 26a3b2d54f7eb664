using System.Xml.Linq;
using ModelZoo.Analysis;
using ModelZoo.Drawing;
using ModelZoo.Tests.Training;
using ModelZoo.Tests.Verification;
using ModelZoo.Verification;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Drawing;

[Collection(TorchCollection.Name)]
public class VerificationPageTests
{
    private const string Hostile = "<script>alert('x')</script>&\"\u0001\u202e";
    private static readonly PageFacts Facts = new("model", "fresh weights", "zoo verify model --html page.html", 7, [("ModelZoo", "0.1.0")]);

    public static TheoryData<string> Graphs => ["residual", "dense", "inception", "random"];

    [Theory]
    [MemberData(nameof(Graphs))]
    public void Every_layer_is_drawn_once_and_points_at_its_row(string name)
    {
        NetworkGraph graph = Graph(name);
        XDocument page = Page(SampleGraphs.Report(graph));
        Dictionary<string, XElement> ids = page.Descendants().Where(e => e.Attribute("id") is not null).ToDictionary(e => e.Attribute("id")!.Value);
        for (int i = 1; i <= graph.Nodes.Count; i++)
        {
            Assert.Equal("a", ids[$"n{i}"].Name.LocalName);
            Assert.Equal("tr", ids[$"r{i}"].Name.LocalName);
            Assert.Equal($"#r{i}", ids[$"n{i}"].Attribute("href")?.Value);
        }

        string[] links = [.. page.Descendants().Attributes("href").Select(a => a.Value)];
        Assert.All(links, link => Assert.Contains(link[1..], ids.Keys));
    }

    [Fact]
    public void A_planted_fault_is_red_and_named()
    {
        using var trusted = new Branchy();
        using var model = new Branchy();
        model.load_state_dict(trusted.state_dict());
        using Tensor input = randn(1, 3, 9, 9);
        FaultTests.Change(FaultTests.Find<Conv2d>(model, "right").bias!, b => b.zeros_like());
        VerificationReport report = Verifier.Verify(model, input, against: trusted);
        Assert.Equal("right", report.FirstFailure?.Name);

        XDocument page = Page(report);
        XElement box = Assert.Single(Drawn(page), a => a.Attribute("class")?.Value == "bad");
        Assert.Contains("right", box.Value, StringComparison.Ordinal);
        Assert.Contains("✗", box.Value, StringComparison.Ordinal);
        XElement row = page.Descendants().Single(e => e.Attribute("id")?.Value == box.Attribute("href")!.Value[1..]);
        Assert.Equal("bad", row.Attribute("class")?.Value);
        Assert.Contains("the bias is missing", row.Value, StringComparison.Ordinal);
        Assert.Same(row, row.Parent!.Elements().First());
        Assert.Contains("FAILS", page.Descendants().First(e => e.Attribute("class")?.Value == "headline bad").Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sound_model_is_green_with_settings_and_shapes()
    {
        using var model = new Branchy();
        using Tensor input = randn(2, 3, 9, 9);
        XDocument page = Page(Verifier.Verify(model, input));
        XElement[] boxes = [.. Drawn(page)];
        Assert.Equal(11, boxes.Length);
        Assert.All(boxes, box => Assert.Equal("ok", box.Attribute("class")?.Value));
        Assert.Contains(boxes[0].Descendants(), text => text.Value == "Conv2d k3 s2 p1");
        Assert.Contains(boxes[0].Descendants(), text => text.Value == "6×5×5");
    }

    [Fact]
    public void A_layer_without_a_reference_is_hatched_even_where_that_is_allowed()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("fc", nn.Linear(3, 3)), ("leaf", new Leaf(x => x.neg())));
        using Tensor input = randn(2, 3);
        VerificationReport report = Verifier.Verify(model, input, new VerifyOptions { AllowUnverified = new HashSet<string> { "Leaf" } });
        Assert.True(report.Passed);
        XDocument page = Page(report);
        Assert.Equal(["ok", "open"], Drawn(page).Select(a => a.Attribute("class")?.Value));
    }

    [Fact]
    public void Names_and_messages_are_escaped()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential((Hostile.Replace(".", "", StringComparison.Ordinal), new Leaf(x => x.neg())));
        using Tensor input = randn(2, 3);
        VerificationReport report = Verifier.Verify(model, input);
        report = report with { Checks = [.. report.Checks.Select(c => c with { Note = Hostile, LikelyCause = Hostile, Op = Hostile, Quantity = Hostile })] };
        PageFacts facts = Facts with { Model = Hostile, Source = Hostile, Command = Hostile, Versions = [(Hostile, Hostile)], Problems = [Hostile] };
        foreach (string html in (string[])[VerificationPage.Write(facts, report), VerificationIndex.Write([new(Hostile, facts, report)], Hostile)])
        {
            Assert.DoesNotContain(XDocument.Parse(html).Descendants(), e => e.Name.LocalName == "script");
            Assert.DoesNotContain('\u202e', html);
            Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_page_needs_nothing_from_elsewhere()
    {
        XDocument page = Page(SampleGraphs.Report(SampleGraphs.Inception(2)));
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "img" or "iframe" or "object");
        Assert.DoesNotContain("@import", page.ToString(), StringComparison.Ordinal);
        Assert.All(page.Descendants().Attributes("src"), src => Assert.Fail(src.Value));
        Assert.Contains("default-src 'none'", page.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Pages_of_the_biggest_networks_stay_small()
    {
        NetworkGraph deep = SampleGraphs.Residual(3, 8, 36, 3), dense = SampleGraphs.Dense(6, 12, 48, 32), tangled = SampleGraphs.Random(3, 600);
        Assert.True(deep.Nodes.Count > 500 && dense.Nodes.Count > 600);
        foreach (NetworkGraph graph in (NetworkGraph[])[deep, dense, tangled])
        {
            Assert.InRange(VerificationPage.Write(Facts, SampleGraphs.Report(graph)).Length, 100_000, 3_000_000);
        }
    }

    [Fact]
    public void The_same_report_gives_the_same_page() =>
        Assert.Equal(VerificationPage.Write(Facts, SampleGraphs.Report(Graph("dense"))), VerificationPage.Write(Facts, SampleGraphs.Report(Graph("dense"))));

    [Fact]
    public void A_problem_outside_the_layers_fails_the_page_and_the_index()
    {
        VerificationReport report = SampleGraphs.Report(Graph("inception"));
        PageFacts wrong = Facts with { Problems = ["the card is not true"] };
        Assert.Contains("the card is not true", VerificationPage.Write(wrong, report), StringComparison.Ordinal);
        Assert.Contains("✗ FAILS", VerificationPage.Write(wrong, report), StringComparison.Ordinal);
        string index = VerificationIndex.Write([new("a.html", Facts, report), new("b.html", wrong, report)], "zoo verify --all");
        Assert.Contains("1 of 2 FAIL", index, StringComparison.Ordinal);
        Assert.True(index.IndexOf("b.html", StringComparison.Ordinal) < index.IndexOf("a.html", StringComparison.Ordinal));
    }

    [Fact]
    public void A_forward_that_fails_is_drawn_as_far_as_it_got()
    {
        using nn.Module<Tensor, Tensor> model = nn.Sequential(("fc", nn.Linear(3, 3)), ("leaf", new Leaf(_ => throw new InvalidOperationException("no more"))));
        using Tensor input = randn(2, 3);
        XDocument page = Page(Verifier.Verify(model, input));
        Assert.Single(Drawn(page));
        Assert.Contains("no more", page.ToString(), StringComparison.Ordinal);
    }

    private static NetworkGraph Graph(string name) => name switch
    {
        "residual" => SampleGraphs.Residual(3, 4, 6, 3),
        "dense" => SampleGraphs.Dense(6, 12),
        "inception" => SampleGraphs.Inception(4),
        _ => SampleGraphs.Random(5, 200),
    };

    private static XDocument Page(VerificationReport report) => XDocument.Parse(VerificationPage.Write(Facts, report));

    /// <summary>The layers' boxes.</summary>
    private static IEnumerable<XElement> Drawn(XDocument page) =>
        page.Descendants().Where(e => e.Name.LocalName == "a" && e.Attribute("id")?.Value.StartsWith('n') == true);
}
