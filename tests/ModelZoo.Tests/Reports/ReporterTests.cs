using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Reports;
using ModelZoo.Statistics;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using ModelZoo.Transfer;
using Xunit;

namespace ModelZoo.Tests.Reports;

[Collection(TorchCollection.Name)]
public class ReporterTests
{
    private const string Hostile = "<script>alert('x')</script>&\"'\u202e";

    private static readonly Lazy<ModelReport> Digit = new(() =>
    {
        using ResolvedModel model = Lenet();
        return Reporter.Measure(model, Digits.Load(DataSplit.Test).Take(300), new()
        {
            Train = Digits.Load(DataSplit.Train),
            Pictures = 3,
            Command = "zoo train lenet5",
            Training = new()
            {
                Epochs = [.. Enumerable.Range(1, 3).Select(e => new EpochResult(e, 1.0 / e, 0.8, 0.7, 1, 100)
                {
                    TestLoss = 1,
                    LearningRate = 0.1 / e,
                    TestInterval = new(0.6, 0.8),
                })],
                Steps = 3,
                Elapsed = TimeSpan.FromSeconds(125),
                Canceled = false,
                BestEpoch = 2,
            },
            MeasuredEpoch = 3,
        });
    });

    [Fact]
    public void The_figures_are_those_of_the_evaluation()
    {
        using ResolvedModel model = Lenet();
        LabeledImages data = Digits.Load(DataSplit.Test).Take(300);
        EvaluationResult expected;
        using (CompiledModel compiled = model.Compile())
        using (var images = ImageBatches.Open(data, TransferLearning.PreprocessingToMeasure(data, model.Preprocessing)))
        {
            expected = Evaluator.Evaluate(compiled.AsModule(), images);
        }

        ClassFigures figures = Digit.Value.Classes!;
        Assert.Equal((expected.Accuracy, expected.TopAccuracy, expected.MeanF1), (figures.Accuracy, figures.TopAccuracy, figures.MeanF1));
        Assert.Equal(expected.Loss, figures.Loss, 5);
        Assert.Equal(Interval.OfShare(expected.Accuracy, 300), figures.AccuracyInterval);
        Assert.Equal(300, figures.Confusion!.Sum(row => row.Sum()));
        Assert.Equal(Math.Round(300 * (1 - figures.Accuracy)), figures.Mistakes.Sum(m => m.Count));
        Assert.All(Enumerable.Range(0, 10), c => Assert.Equal(expected.Confusion[c, (c + 1) % 10], figures.Confusion![c][(c + 1) % 10]));
        Assert.All(figures.Classes, c => Assert.True(c.F1Interval!.Value.Low <= c.F1 && c.F1 <= c.F1Interval.Value.High));
        Assert.Equal(figures.CalibrationError, figures.Reliability.Sum(b => b.Count * Math.Abs(b.Certainty - b.Accuracy)) / 300, 9);
        Assert.Equal([1157, 300], Digit.Value.Parts.Select(p => p.Images));
        Assert.Equal([1157, 300], Digit.Value.Parts.Select(p => p.Classes.Sum(c => c.Count)));
    }

    [Fact]
    public void The_pictures_are_those_it_is_wrong_about_unsure_and_sure_of_and_each_is_explained()
    {
        ModelReport report = Digit.Value;
        ImageDataset data = Digits.Load(DataSplit.Test);
        Assert.Equal(["wrong", "unsure", "sure"], report.Pictures.Select(l => l.Kind));
        Assert.Equal("relu2", report.ExplainedLayer);
        using ResolvedModel model = Lenet();
        using var classifier = ImageClassifier.FromResolved(model with
        {
            Preprocessing = TransferLearning.PreprocessingToMeasure(data, model.Preprocessing),
        });
        IReadOnlyList<Answer> answers = classifier.Predict(data.Take(300), top: 10);
        double[] certainty = [.. answers.Select(a => a[0].Probability)];
        double[] own = [.. answers.Select((a, i) => a.First(p => p.Label == data.Info.ClassNames[data.Labels[i]]).Probability)];
        int[] wrong = [.. Enumerable.Range(0, 300).Where(i => answers[i][0].Label != data.Info.ClassNames[data.Labels[i]]).OrderBy(i => own[i])];
        Assert.Equal(wrong.Take(3), report.Pictures[0].Pictures.Select(p => p.Index));
        Assert.Equal(Enumerable.Range(0, 300).OrderBy(i => certainty[i]).Take(3), report.Pictures[1].Pictures.Select(p => p.Index));
        Assert.Equal(certainty.Max(), report.Pictures[2].Pictures[0].Value, 5);
        Assert.All(report.Pictures.SelectMany(l => l.Pictures), p =>
        {
            Assert.Equal((data.NameOf(p.Index), data.Info.ClassNames[data.Labels[p.Index]]), (p.Name, p.Actual));
            Assert.True(p.Picture is not null && p.Explained is not null);
            Assert.Equal(p.Actual != p.Said, p.RightExplained is not null);
        });
    }

    [Fact]
    public void The_page_needs_nothing_from_elsewhere_and_says_everything_by_words()
    {
        string html = ReportPage.Write(Digit.Value);
        XDocument page = XDocument.Parse(html);
        Assert.DoesNotContain(page.Descendants(), e => e.Name.LocalName is "script" or "link" or "iframe" or "object" or "form");
        Assert.DoesNotContain("url(http", html, StringComparison.Ordinal);
        Assert.Contains("default-src 'none'; style-src 'unsafe-inline'; img-src data:", html, StringComparison.Ordinal);
        XElement[] images = [.. page.Descendants().Where(e => e.Name.LocalName == "img")];
        Assert.InRange(images.Length, 18, 40);
        Assert.All(images, i => Assert.StartsWith("data:image/", i.Attribute("src")!.Value, StringComparison.Ordinal));
        Assert.All(images, i => Assert.NotEmpty(i.Attribute("alt")!.Value));
        Assert.InRange(html.Length, 10_000, 600_000);

        // Each link leads somewhere, each section has a heading, tables have heads, plots have a name.
        HashSet<string> ids = [.. page.Descendants().Attributes("id").Select(a => a.Value)];
        Assert.All(page.Descendants().Attributes("href"), a => Assert.Contains(a.Value[1..], ids));
        Assert.All(page.Descendants().Attributes("aria-labelledby"), a => Assert.Contains(a.Value, ids));
        Assert.Equal(["Data", "Training", "Figures", "Most wrong about", "Least sure of", "Most sure of", "How it was made"],
            page.Descendants().Where(e => e.Name.LocalName == "h2").Select(e => e.Value));
        Assert.All(page.Descendants().Where(e => e.Name.LocalName == "th"), th => Assert.NotNull(th.Attribute("scope")));
        Assert.Contains("zoo train lenet5", page.Root!.Value, StringComparison.Ordinal);
        Assert.Contains("the best in the test was epoch 2", page.Root.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void What_comes_from_names_and_files_is_escaped()
    {
        DatasetInfo info = new($"data {Hostile}", Hostile, Hostile, [$"a{Hostile}", $"b{Hostile}"]);
        ImageDataset data = ImageDataset.FromFloats(info, new(1, 32, 32), Enumerable.Range(0, 6 * 1024).Select(i => i % 7 / 7f).ToArray(), [0, 1, 0, 1, 0, 1]);
        using ResolvedModel fresh = ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, null, new(2, 1, 32, 32));
        var options = new ReportOptions { Command = Hostile, Warnings = [Hostile], Source = Hostile };
        ModelReport report = Reporter.Measure(fresh with { Labels = info.ClassNames, Trained = true }, data, options) with
        {
            Folders = [new(Hostile, 3, new Dictionary<string, int> { [Hostile] = 1 })],
            Making = new Dictionary<string, string> { [Hostile] = Hostile },
            Recipe = Hostile,
        };
        string html = ReportPage.Write(report);
        Assert.DoesNotContain(XDocument.Parse(html).Descendants(), e => e.Name.LocalName == "script");
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\u202e', html);
        Assert.Contains("a&lt;script&gt;", html, StringComparison.Ordinal);
        JsonElement classes = JsonDocument.Parse(report.ToJson()).RootElement.GetProperty("classes").GetProperty("classes");
        Assert.Equal(info.ClassNames[0], classes[0].GetProperty("label").GetString());
    }

    [Fact]
    public void Numbers_are_written_the_same_in_every_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        (string page, string json) = (ReportPage.Write(Digit.Value), Digit.Value.ToJson());
        try
        {
            var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            (other.NumberFormat.NumberDecimalSeparator, other.NumberFormat.NumberGroupSeparator, other.NumberFormat.NegativeSign) = (",", ".", "~");
            CultureInfo.CurrentCulture = other;
            Assert.Equal("0,5", $"{0.5}");
            Assert.Equal((page, json), (ReportPage.Write(Digit.Value), Digit.Value.ToJson()));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void The_numbers_for_programs_are_those_of_the_page()
    {
        JsonElement json = JsonDocument.Parse(Digit.Value.ToJson()).RootElement;
        JsonElement classes = json.GetProperty("classes");
        Assert.Equal(Digit.Value.Classes!.Accuracy, classes.GetProperty("accuracy").GetDouble());
        Assert.Equal(Digit.Value.Classes.AccuracyInterval.Low, classes.GetProperty("accuracyInterval").GetProperty("low").GetDouble());
        Assert.Equal(10, classes.GetProperty("confusion").GetArrayLength());
        Assert.Equal(3, json.GetProperty("training").GetProperty("epochs").GetArrayLength());
        Assert.Equal("classes", json.GetProperty("task").GetString());
        Assert.Equal(3, json.GetProperty("pictures")[0].GetProperty("pictures").GetArrayLength());
        Assert.False(json.GetProperty("pictures")[0].GetProperty("pictures")[0].TryGetProperty("picture", out _));
    }

    [Fact]
    public void A_report_is_written_whole_or_not_at_all_and_a_canceled_one_ends()
    {
        using var folder = new TempFolder();
        ReportPage.Save(Digit.Value, folder.File("report.html"), folder.File("report.json"));
        Assert.Equal(["report.html", "report.json"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
        Assert.Throws<ZooException>(() => ReportPage.Save(Digit.Value, folder.File("none/report.html"), null));
        using ResolvedModel model = Lenet();
        Assert.Throws<OperationCanceledException>(() => Reporter.Measure(model, Digits.Load(DataSplit.Test), null, new CancellationToken(canceled: true)));
    }

    private static ResolvedModel Lenet() => ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
}
