using System.Globalization;
using ModelZoo.Data;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Suites;

/// <summary>
/// Runs a suite into a folder: a small JSON file for what the networks cost, for each search and for each training that counts. What is there already is not
/// run again, so an interrupted suite goes on, and more seeds are added to what there is.
/// </summary>
public sealed class SuiteRunner
{
    private const string SettingsKey = "settings", CostKey = "cost";
    private const int CostRounds = 2;

    private readonly Suite suite;
    private readonly string folder;
    private readonly ResultCache files;

    /// <param name="suite">Which.</param>
    /// <param name="folder">Made when the first result is written.</param>
    public SuiteRunner(Suite suite, string folder)
    {
        ArgumentNullException.ThrowIfNull(suite);
        (this.suite, this.folder, files) = (suite, folder, new ResultCache(folder));
    }

    /// <summary>Runs what is missing.</summary>
    /// <param name="settings">How.</param>
    /// <param name="data">Pictures of one size to learn from and to be measured on.</param>
    /// <param name="seeds">One training of each network for each of them, all networks with the first, then with the second.</param>
    /// <param name="say">Takes a line about how far it has come.</param>
    /// <param name="cancel">Ends it; what is finished stays.</param>
    /// <exception cref="UsageException">The folder holds results of other settings.</exception>
    /// <exception cref="ZooException">The folder can't be written, or there are too few pictures.</exception>
    public SuiteResult Run(SuiteSettings settings, (ImageDataset Train, ImageDataset Test) data, IReadOnlyList<long> seeds, Action<string> say,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(seeds);
        ArgumentNullException.ThrowIfNull(say);
        Begin(settings);
        int threads = get_num_threads();
        set_num_threads(settings.Threads);
        try
        {
            using var training = new SuiteTraining(suite, settings, data, cancel);
            SuiteCost[] costs = files.GetOrAdd(CostKey, () => training.Costs(CostRounds, say).ToArray());
            SuiteSearch[] searches = [.. suite.Networks.Select((network, i) => files.GetOrAdd(SearchKey(network), () =>
            {
                say($"search the rate of {network.Model} ({i + 1} of {suite.Networks.Count})");
                return training.Search(network, costs[i]);
            }))];
            foreach (long seed in seeds)
            {
                for (int i = 0; i < suite.Networks.Count; i++)
                {
                    SuiteNetwork network = suite.Networks[i];
                    SuiteRun run = files.GetOrAdd(RunKey(network, seed), () =>
                    {
                        say($"train {network.Model}, seed {seed}");
                        return training.Run(network, costs[i], searches[i].Best, seed);
                    });
                    say($"  {network.Model}, seed {seed}: " + (run.Problem
                        ?? string.Create(CultureInfo.InvariantCulture, $"{100 * run.Accuracy:F2} %, {run.ProcessorSeconds:F0} s")));
                }
            }
        }
        finally
        {
            set_num_threads(threads);
        }

        return Read();
    }

    /// <summary>What the folder holds.</summary>
    /// <exception cref="ZooException">It holds no results of this suite.</exception>
    public SuiteResult Read()
    {
        if (!files.TryGet<SuiteBeginning>(SettingsKey, out SuiteBeginning? begun)
            || !files.TryGet<SuiteCost[]>(CostKey, out SuiteCost[]? costs) || costs.Length != suite.Networks.Count)
        {
            throw new ZooException($"{folder}: holds no results of the suite {suite.Name}. `zoo compare --suite {suite.Name} --data <data>` makes them.");
        }

        return new(begun.Settings, begun.Machine, [.. suite.Networks.Select((network, i) =>
            new SuiteRow(network, costs[i], files.TryGet<SuiteSearch>(SearchKey(network), out SuiteSearch? search) ? search : null, [.. RunsOf(network)]))]);
    }

    private static string SearchKey(SuiteNetwork network) => $"{network.Model}.search";

    private static string RunKey(SuiteNetwork network, long seed) => $"{network.Model}.seed-{seed}";

    private IEnumerable<SuiteRun> RunsOf(SuiteNetwork network) => Directory.GetFiles(folder, $"{network.Model}.seed-*.json")
        .Select(path => files.TryGet<SuiteRun>(Path.GetFileNameWithoutExtension(path), out SuiteRun? run) ? run : null).OfType<SuiteRun>().OrderBy(r => r.Seed);

    private void Begin(SuiteSettings settings)
    {
        if (files.TryGet<SuiteBeginning>(SettingsKey, out SuiteBeginning? begun))
        {
            if (!settings.Same(begun.Settings))
            {
                throw new UsageException($"{folder}: holds results of other settings ({begun.Settings.BudgetSeconds} s, {begun.Settings.TrainImages:N0} "
                    + $"pictures of {begun.Settings.Data}, {begun.Settings.Threads} threads). Give the same, or another folder with --results.");
            }

            return;
        }

        files.Set(SettingsKey, new SuiteBeginning(settings, MachineDescription.Of(CPU)));
    }

    private sealed record SuiteBeginning(SuiteSettings Settings, string Machine);
}
