using System.Text;
using ModelZoo.Data;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Experiments.Suites;
using Spectre.Console;
using static TorchSharp.torch;

namespace ModelZoo.Cli;

/// <summary><c>zoo compare --suite</c>: runs what is missing of a suite, and writes its page from what its folder holds.</summary>
internal static class SuiteRun
{
    private const double StandardBudget = 60, ShareOfSearch = 0.15;
    private const int StandardSeeds = 3, ChoiceImages = 1000, TestImages = 3000, CurveImages = 500;

    internal static string Names => string.Join(", ", Suite.All.Select(s => s.Name));

    /// <param name="session">The command's.</param>
    /// <param name="name">The suite.</param>
    /// <param name="source">The data; null: only the page is written, from what is there.</param>
    /// <param name="budget">As on the command line.</param>
    /// <param name="seeds">How many.</param>
    /// <param name="limit">The most pictures to learn from.</param>
    /// <param name="results">The folder.</param>
    /// <param name="foreign">What was given beside, and has no meaning here.</param>
    internal static int Run(Session session, string name, string? source, string? budget, int? seeds, int? limit, string? results, string[] foreign)
    {
        var suite = Suite.Find(name);
        if (foreign.Length > 0)
        {
            throw new UsageException($"--suite says which networks are trained and how; leave {string.Join(", ", foreign)} out.");
        }

        string folder = Path.TrimEndingDirectorySeparator(results ?? Path.Combine("runs", suite.Name));
        string page = folder + ".md";
        OutputFile.MustBeWritable(page, "--results");
        var runner = new SuiteRunner(suite, folder);
        SuiteResult result = source is null ? runner.Read() : Train(session, runner, suite, DataSource.Parse(source), budget, seeds ?? StandardSeeds, limit);
        foreach ((string file, string text) in SuitePage.Write(suite, result, Path.GetFileName(folder)))
        {
            AtomicFile.Write(Path.Combine(Path.GetDirectoryName(page) ?? "", file), stream => stream.Write(Encoding.UTF8.GetBytes(text)));
        }

        session.Show(result, console =>
        {
            TextTable table = Tables.New("network", ">parameters", ">MACs", ">pictures seen", ">accuracy");
            foreach (SuiteRow row in result.Rows)
            {
                table.Row(row.Network.Title, Plots.Markup.Count(row.Cost.Parameters), ComparisonTables.Macs(row.Cost.Macs), SuitePage.Seen(row),
                    SuitePage.Accuracy(result, row));
            }

            console.Write(table);
            console.WriteLine($"page: {page}");
        });
        return 0;
    }

    private static SuiteResult Train(Session session, SuiteRunner runner, Suite suite, DataSource source, string? budget, int seeds, int? limit)
    {
        double seconds = budget is null ? StandardBudget
            : Budget.Parse(budget).Time is { } time ? time.TotalSeconds
            : throw new UsageException($"--budget {budget}: a suite's is a time of the processor, such as 60s.");
        if (session.Device.type != TorchSharp.DeviceType.CPU)
        {
            throw new UsageException("--suite counts the processor's time. Use --device cpu.");
        }

        ImageDataset train = InMemory(source.Open(DataSplit.Train)), test = InMemory(source.Open(DataSplit.Test));
        train.MustTeach();
        int choice = Math.Min(ChoiceImages, train.Count / 5), learned = Math.Min(limit ?? int.MaxValue, train.Count - choice);
        var settings = new SuiteSettings
        {
            Suite = suite.Name,
            Data = source.ShortName,
            TrainImages = learned,
            ChoiceImages = choice,
            TestImages = Math.Min(TestImages, test.Count),
            CurveImages = Math.Min(CurveImages, test.Count),
            SearchSeconds = ShareOfSearch * seconds,
            BudgetSeconds = seconds,
            Threads = get_num_threads(),
        };
        return runner.Run(settings, (train, test), [.. Enumerable.Range(0, seeds).Select(i => session.Seed + i)], session.Say, session.Cancel);
    }

    private static ImageDataset InMemory(LabeledImages images) => images switch
    {
        ImageDataset dataset => dataset,
        LabeledFiles files => files.InMemory(),
        _ => throw new UsageException($"{images.Name}: these images are not taken here."),
    };
}
