using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Experiments.Selecting;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Statistics;
using ModelZoo.Training;
using ModelZoo.Transfer;

namespace ModelZoo.Bench;

/// <summary>
/// Whether `zoo compare --data` recommends the right network: it chooses on one half of the pictures, and on the other half every network is measured with a
/// head that was fitted to all of the first.
/// </summary>
internal static class ChoiceFigures
{
    internal static void Run(Setting setting, string[] specs, string source, int first, int splits, double[] megabytes, string folder)
    {
        LabeledImages all = DataSource.Parse(source).Open(DataSplit.Train, new SplitOptions { ValShare = 0 });
        IReadOnlyList<NetworkAtHand> networks = specs.Length > 0 ? NetworkAtHand.Read(specs) : NetworkAtHand.Find("runs");
        setting.Output.Say($"{networks.Count} networks on {all.Name}: {all.Count} pictures, {splits} times half of them to choose by and half held out");
        (int right, int fine, int inside, int measured, int questions) = (0, 0, 0, 0, 0);
        for (ulong split = (ulong)first; split < (ulong)(first + splits); split++)
        {
            Folds halves = Folds.Stratified(all.Labels, 2, split);
            (LabeledImages chosen, LabeledImages held) = (Part(all, halves.Learned(0)), Part(all, halves.Tested(0)));
            string kept = Path.Combine(folder, $"split{split}");
            SelectionRequest request = new()
            {
                Networks = networks,
                Data = chosen,
                Source = source,
                Folder = kept,
                Seed = split,
                Rounds = 0,
                Say = setting.Output.Say,
            };
            NetworkSelection free = NetworkSelector.Run(request);
            Dictionary<string, IReadOnlyList<bool>> hits = free.Networks.ToDictionary(n => n.Name, n => Measure(n, chosen, held, split, kept));
            measured += free.Networks.Count;
            inside += free.Networks.Count(n => n.AccuracyInterval.Contains(Share(hits[n.Name])));
            foreach (SelectionLimits limits in megabytes.Select(m => new SelectionLimits(MaxMegabytes: m)).Prepend(new()))
            {
                NetworkSelection selection = limits == new SelectionLimits() ? free : NetworkSelector.Run(request with { Limits = limits });
                SelectedNetwork[] within = [.. selection.Networks.Where(n => limits.MaxMegabytes is not { } most || n.DiskBytes <= most * 1e6)];
                if (selection.Recommendation.Name is not { } name)
                {
                    continue;
                }

                SelectedNetwork best = within.MaxBy(n => Share(hits[n.Name]))!;
                PairedTest test = PairedTest.Of(hits[best.Name], hits[name]);
                bool same = Share(hits[name]) >= Share(hits[best.Name]);
                (questions, right, fine) = (questions + 1, right + (same ? 1 : 0), fine + (same || !test.Decided ? 1 : 0));
                string asked = limits.MaxMegabytes is { } mb ? string.Create(CultureInfo.InvariantCulture, $"at most {mb} MB") : "no limit";
                setting.Output.Say($"  split {split}, {asked}: {name} ({Percent(selection.Networks.First(n => n.Name == name).Accuracy)} by folds, "
                    + $"{Percent(Share(hits[name]))} held out); best held out {best.Name} ({Percent(Share(hits[best.Name]))}, p "
                    + $"{test.P.ToString("F3", CultureInfo.InvariantCulture)}); not told from {selection.Recommendation.NotTold.Count}");
                setting.Output.Add(new
                {
                    Benchmark = "choice",
                    Split = split,
                    limits.MaxMegabytes,
                    Recommended = name,
                    HeldOut = Share(hits[name]),
                    Best = best.Name,
                    BestHeldOut = Share(hits[best.Name]),
                    test.P,
                });
            }
        }

        setting.Output.Say($"{right} of {questions} recommendations are the best on the held-out half; {fine} are it or not worse beyond chance; "
            + $"{inside} of {measured} held-out accuracies lie in the interval of the folds");
    }

    private static IReadOnlyList<bool> Measure(SelectedNetwork network, LabeledImages chosen, LabeledImages held, ulong seed, string folder)
    {
        using ResolvedModel model = ImportedGraph.WithHead(ModelResolver.Resolve(Catalog.Models, network.Spec, Catalog.ReadResource));
        var options = new FineTuneOptions
        {
            Seed = seed,
            NewHead = true,
            Precision = FeaturePrecision.Full,
            FeatureCache = Path.Combine(folder, "features"),
        };
        using FineTuneResult tuned = FineTuner.Run(model, chosen, null, options);
        using IImageBatches images = ImageBatches.Open(held, TransferLearning.PreprocessingFor(chosen, model.Preprocessing), null, new());
        return Evaluator.Evaluate(tuned.Model.Model, images, batchSize: 32).Hits;
    }

    private static LabeledImages Part(LabeledImages data, int[] places) =>
        data is LabeledFiles files ? files.Subset(places) : ((ImageDataset)data).Subset(places);

    private static string Percent(double share) => (100 * share).ToString("F1", CultureInfo.InvariantCulture) + " %";

    private static double Share(IReadOnlyList<bool> hits) => (double)hits.Count(h => h) / hits.Count;
}
