using ModelZoo.Data;
using ModelZoo.Experiments.Suites;
using ModelZoo.Imaging;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Statistics;
using Xunit;

namespace ModelZoo.Experiments.Tests;

[Collection(TorchCollection.Name)]
public class SuiteTests
{
    private static readonly Suite Two = new("two", "stripes", Preprocessing.Cifar10(),
        [new("lenet5", "LeNet-5", "with three input channels"), new("resnet20", "ResNet-20", "the paper’s")]);

    private static readonly SuiteSettings Settings = new()
    {
        Suite = "two",
        Data = "stripes",
        TrainImages = 128,
        ChoiceImages = 32,
        TestImages = 64,
        CurveImages = 32,
        SearchSeconds = 0.05,
        BudgetSeconds = 0.4,
        Threads = 1,
        Rates = [0.02, 0.1],
        Batch = 16,
    };

    [Fact]
    public void A_suite_that_is_interrupted_goes_on_and_takes_more_seeds()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        var runner = new SuiteRunner(Two, folder.Path);
        Assert.ThrowsAny<OperationCanceledException>(() => runner.Run(Settings, Stripes(), [0], line =>
        {
            if (line.StartsWith("train resnet20", StringComparison.Ordinal))
            {
                stop.Cancel();
            }
        }, stop.Token));
        SuiteResult half = runner.Read();
        Assert.Equal([1, 0], half.Rows.Select(r => r.Runs.Count));

        List<string> said = [];
        SuiteResult whole = runner.Run(Settings, Stripes(), [0, 1], said.Add, default);
        Assert.DoesNotContain(said, line => line.StartsWith("time ", StringComparison.Ordinal) || line.StartsWith("search ", StringComparison.Ordinal));
        Assert.Equal(["train resnet20, seed 0", "train lenet5, seed 1", "train resnet20, seed 1"],
            said.Where(line => line.StartsWith("train ", StringComparison.Ordinal)));
        Assert.Equal(half.Rows[0].Runs[0].ProcessorSeconds, whole.Rows[0].Runs[0].ProcessorSeconds);
        Assert.All(whole.Rows, row =>
        {
            Assert.Equal([0L, 1L], row.Runs.Select(r => r.Seed).Order());
            Assert.All(row.Runs, run =>
            {
                Assert.Equal(16L * run.Steps, run.Pictures); // 128 pictures are 8 whole steps
                Assert.InRange(run.Curve.Count, 1, 5);
                Assert.True(run.Curve.Zip(run.Curve.Skip(1)).All(p => p.Second.Seconds >= p.First.Seconds));
                Assert.InRange(run.ProcessorSeconds, 0.01, 20); // the first steps of a process are dear
            });
            Assert.Contains(row.Search!.Best, Settings.Rates);
        });
        Assert.True(whole.Rows.Max(r => r.Accuracies.Max()) > 80); // guessing gives 50; how many steps there are is the machine's
    }

    [Fact]
    public void Results_of_other_settings_are_not_mixed_with_these()
    {
        using var folder = new TemporaryFolder();
        var runner = new SuiteRunner(Two, folder.Path);
        using var stopped = new CancellationTokenSource();
        stopped.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => runner.Run(Settings, Stripes(), [0], _ => { }, stopped.Token));
        UsageException refused = Assert.Throws<UsageException>(() =>
            runner.Run(Settings with { BudgetSeconds = 3 }, Stripes(), [0], _ => { }, default));
        Assert.Contains("holds results of other settings (0.4 s", refused.Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => runner.Run(Settings with { Rates = [0.02] }, Stripes(), [0], _ => { }, default));
        Assert.Contains("holds no "
            + "results", Assert.Throws<ZooException>(() => new SuiteRunner(Two, folder.File("none")).Read()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_interval_takes_the_spread_that_all_networks_have_in_common()
    {
        SuiteResult planted = Planted([0.60, 0.62], [0.70, 0.74]);
        (double deviation, int freedom) = planted.Spread();
        Assert.Equal(2, freedom);
        Assert.Equal(Math.Sqrt((2 + 8) / 2.0), deviation, 9); // sums of squares 1² + 1² and 2² + 2²
        Interval interval = planted.IntervalOf(planted.Rows[0])!.Value;
        Assert.Equal(61, (interval.Low + interval.High) / 2, 9);
        Assert.Equal(4.302653 * Math.Sqrt(5) / Math.Sqrt(2), (interval.High - interval.Low) / 2, 5); // Student's 97.5 % of two degrees of freedom
        Assert.Null(Planted([0.6], [0.7]).IntervalOf(planted.Rows[0]));
    }

    [Fact]
    public void The_page_says_budget_seeds_and_what_diverged()
    {
        SuiteResult planted = Planted([0.60, 0.62], [0.70]);
        SuiteRow lost = planted.Rows[1] with { Runs = [planted.Rows[1].Runs[0] with { Problem = "the loss is not finite", Accuracy = 0 }] };
        IReadOnlyList<(string File, string Text)> files = SuitePage.Write(Two, planted with { Rows = [planted.Rows[0], lost] }, "results");
        string page = files[0].Text;
        Assert.Equal(["results.md", "results/curves.svg"], files.Select(f => f.File));
        Assert.Contains("0.4 s of the processor's time for each training", page, StringComparison.Ordinal);
        Assert.Contains("1 or 2 seeds a network", page, StringComparison.Ordinal);
        Assert.Contains("61.00 % (", page, StringComparison.Ordinal);
        Assert.Contains("| diverged | diverged |", page, StringComparison.Ordinal);
        Assert.Contains("**30.0**", page, StringComparison.Ordinal); // the rate that was chosen
        System.Xml.Linq.XDocument.Parse(files[1].Text);
    }

    [Fact]
    public void The_page_in_docs_is_what_its_files_give()
    {
        string docs = Path.Combine(CatalogFiles.Find(AppContext.BaseDirectory).Root, "docs");
        SuiteResult result = new SuiteRunner(Suite.Cifar10, Path.Combine(docs, "results")).Read();
        foreach ((string file, string text) in SuitePage.Write(Suite.Cifar10, result, "results"))
        {
            Assert.Equal(text, File.ReadAllText(Path.Combine(docs, file)));
        }
    }

    [Fact]
    public void Every_network_of_a_suite_takes_its_input()
    {
        foreach (SuiteNetwork network in Suite.All.SelectMany(s => s.Networks))
        {
            ModelInfo info = Catalog.Models.Find(network.Model);
            Assert.InRange(info.MinimumSize, 1, 32);
            Assert.True(ModelProfile.Of(info, new ModelOptions(10, 3, 32, 32)).Macs > 0, network.Model);
        }

        Assert.Contains("Did you mean 'cifar10'?", Assert.Throws<UsageException>(() => Suite.Find("cifar")).Message, StringComparison.Ordinal);
    }

    private static SuiteResult Planted(double[] first, double[] second) => new(Settings, "a machine",
        [.. new[] { first, second }.Select((accuracies, i) => new SuiteRow(Two.Networks[i], new(1000, 2000, 0.01, 0.1),
            new([new(0.02, 0.2), new(0.1, 0.3)]),
            [.. accuracies.Select((a, seed) => new SuiteRun(seed, 40, 640, 0.4, a, [new(0.2, 1, a / 2), new(0.4, 1, a)]))]))]);

    // Horizontal and vertical ones, in noise.
    private static (ImageDataset Train, ImageDataset Test) Stripes()
    {
        return (Of(160, 1), Of(64, 2));

        static ImageDataset Of(int count, ulong seed)
        {
            var random = new SeededRandom(seed);
            var pixels = new byte[count * 3 * 32 * 32];
            for (int i = 0; i < pixels.Length; i++)
            {
                (int place, int image) = (i % 1024, i / 3072);
                int along = image % 2 == 0 ? place / 32 : place % 32;
                pixels[i] = (byte)((along / 4 % 2 * 150) + random.Next(100));
            }

            return ImageDataset.FromBytes(new($"stripes/{seed}", "made", "none", ["across", "down"]), new(3, 32, 32), pixels, 255,
                [.. Enumerable.Range(0, count).Select(i => i % 2)]);
        }
    }
}
