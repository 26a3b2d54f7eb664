using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Training;
using ModelZoo.Transfer;

namespace ModelZoo.Bench;

/// <summary>
/// A new head on a frozen backbone, 25 epochs: ours with features computed once, against scripts/peers/transfer.py, with the same weights, images, batch, rates
/// and threads.
/// </summary>
internal static class TransferComparison
{
    internal const int Epochs = 25;

    private static readonly Recipe Recipe = new()
    {
        Epochs = Epochs,
        BatchSize = 32,
        Optimizer = "sgd",
        LearningRate = 1e-3,
        Momentum = 0.9,
        Schedule = "step",
        StepSize = 7,
        Gamma = 0.1
    };

    /// <summary>Runs both, ours before and after the other.</summary>
    internal static void Run(Setting setting, TransferPlan plan)
    {
        string weights = plan.Weights ?? Path.Combine(Path.GetTempPath(), $"modelzoo-bench-{Environment.ProcessId}.pth");
        bool fresh = plan.Weights is null;
        plan = plan with { Weights = weights };
        try
        {
            if (fresh)
            {
                setting.Output.Say($"no --weights: a fresh network's are used, whose accuracy means nothing");
                Peer(plan, setting.Threads, 0, "--make-weights");
            }

            var (ours, theirs, right, theirRight) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            for (int round = 0; round < plan.Rounds; round++)
            {
                (double a, double accuracy) = Ours(setting.Output, plan, round);
                using JsonDocument peer = JsonDocument.Parse(Peer(plan, setting.Threads, plan.PeerEpochs, "--lr", Rate(plan), "--seed", $"{round}", "--heads",
                    $"{(round == 0 ? plan.Heads : 0)}"));
                JsonElement root = peer.RootElement;
                double[] epochs = [.. root.GetProperty("epochs").EnumerateArray().Select(e => e.GetProperty("seconds").GetDouble())];
                double seconds = root.GetProperty("seconds").GetDouble() + (Epochs - plan.PeerEpochs) * epochs.Average();
                (double b, _) = Ours(setting.Output, plan, round);
                ours.Add((a + b) / 2);
                theirs.Add(seconds);
                right.Add(accuracy);
                theirRight.Add(root.GetProperty("accuracy").GetDouble());
                string estimate = plan.PeerEpochs < Epochs ? FormattableString.Invariant($" (from {plan.PeerEpochs} epochs of {epochs.Average():F1} s)") : "";
                setting.Output.Say($"round {round + 1}: ours {a:F1} s and {b:F1} s, accuracy {accuracy:P2}; eager PyTorch "
                    + $"{root.GetProperty("torch").GetString()} {seconds:F1} s{estimate}, accuracy {theirRight[^1]:P2}; ratio {seconds / ours[^1]:F1}");
                if (round == 0 && plan.Heads > 1)
                {
                    CompareHeads(setting.Output, plan, [.. root.GetProperty("heads").EnumerateArray().Select(h => h.GetDouble())]);
                }
            }

            double ratio = theirs.Sum() / ours.Sum();
            setting.Output.Say($"frozen {plan.Model}, {Epochs} epochs, batch 32, {setting.Threads} threads: ours {ours.Average():F1} s, eager PyTorch "
                + $"{theirs.Average():F1} s, ratio {ratio:F1}; mean accuracy over {plan.Rounds} seeds: ours {right.Average():P2}, PyTorch "
                + $"{theirRight.Average():P2}");
            setting.Output.Add(new
            {
                Benchmark = "transfer",
                plan.Model,
                Epochs,
                plan.PeerEpochs,
                setting.Threads,
                plan.Rounds,
                OursSeconds = ours.Average(),
                PytorchSeconds = theirs.Average(),
                Ratio = ratio,
                OursAccuracy = right.Average(),
                PytorchAccuracy = theirRight.Average()
            });
        }
        finally
        {
            if (fresh)
            {
                File.Delete(weights);
            }
        }
    }

    // With the same features, what the seed alone does: one run says little about 153 validation images.
    private static void CompareHeads(Output output, TransferPlan plan, double[] theirs)
    {
        string cache = Directory.CreateTempSubdirectory("modelzoo-bench-").FullName;
        try
        {
            double[] ours = [.. Enumerable.Range(0, plan.Heads).Select(seed => Ours(output, plan, seed, cache).Accuracy)];
            output.Say($"{plan.Heads} heads each: ours {Text(ours)}, PyTorch {Text(theirs)}; difference of the means {ours.Average() - theirs.Average():P2}");
            output.Add(new
            {
                Benchmark = "transfer-heads",
                plan.Model,
                plan.Heads,
                OursMean = ours.Average(),
                OursDeviation = Deviation(ours),
                PytorchMean = theirs.Average(),
                PytorchDeviation = Deviation(theirs)
            });
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }

        static string Text(double[] values) => FormattableString.Invariant($"{values.Average():P2} (standard deviation {Deviation(values):P2})");

        static double Deviation(double[] values) => Math.Sqrt(values.Sum(v => (v - values.Average()) * (v - values.Average())) / (values.Length - 1));
    }

    private static (double Seconds, double Accuracy) Ours(Output output, TransferPlan plan, int seed, string? cache = null)
    {
        var clock = Stopwatch.StartNew();
        using ResolvedModel pretrained = ModelResolver.Resolve(Catalog.Models, plan.Model, Catalog.ReadResource, plan.Weights);
        DataSource source = DataSource.Parse($"folder:{plan.Data}");
        using FineTuneResult result = FineTuner.Run(pretrained, source.Open(DataSplit.Train), source.Open(DataSplit.Test),
            new FineTuneOptions { Seed = (ulong)seed, NewHead = true, FeatureCache = cache, Recipe = Recipe with { LearningRate = plan.Rate } });
        double seconds = clock.Elapsed.TotalSeconds;
        if (cache is null)
        {
            output.Say($"  ours: {seconds:F1} s, of these {result.Training.Elapsed.TotalSeconds:F1} s for the {Epochs} epochs of the head; features: "
                + $"{result.FeatureNote}");
        }

        return (seconds, result.Training.TestAccuracy ?? 0);
    }

    private static string Peer(TransferPlan plan, int threads, int epochs, params string[] more)
    {
        string script = Setting.Script("peers", "transfer.py");
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/python3",
            [script, "--model", plan.Model, "--data", plan.Data, "--weights", plan.Weights!, "--threads", $"{threads}", "--epochs", $"{epochs}", .. more])
        {
            RedirectStandardOutput = true,
        })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new ZooException($"{script} ended with {process.ExitCode}; what it wrote stands above.");
    }

    private static string Rate(TransferPlan plan) => plan.Rate.ToString("R", CultureInfo.InvariantCulture);
}
