using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ModelZoo.Data;
using ModelZoo.Models;
using ModelZoo.Training;
using ModelZoo.Transfer;

namespace ModelZoo.Bench;

/// <summary>A new head on a frozen trunk, 25 epochs: ours with features computed once, against scripts/peers/transfer.py, with the same weights, images, batch, rates and threads.</summary>
internal static class TransferComparison
{
    private const int Epochs = 25;

    private static readonly Recipe Recipe = new() { Epochs = Epochs, BatchSize = 32, Optimizer = "sgd", LearningRate = 1e-3, Momentum = 0.9, Schedule = "step", StepSize = 7, Gamma = 0.1 };

    /// <summary>Runs both, ours before and after the other.</summary>
    /// <param name="args">--data folder [--model name] [--lr rate] [--weights file.pth] [--peer-epochs n] [--rounds n] [--heads n].</param>
    /// <param name="threads">Of each.</param>
    internal static int Run(string[] args, int threads)
    {
        string data = Value(args, "--data") ?? throw new UsageException("bench transfer needs --data <folder with train and val>.");
        string? given = Value(args, "--weights");
        string model = Value(args, "--model") ?? "resnet50", rate = Value(args, "--lr") ?? "0.001";
        int peerEpochs = int.Parse(Value(args, "--peer-epochs") ?? $"{Epochs}", CultureInfo.InvariantCulture), rounds = int.Parse(Value(args, "--rounds") ?? "1", CultureInfo.InvariantCulture);
        int heads = int.Parse(Value(args, "--heads") ?? "0", CultureInfo.InvariantCulture);
        string weights = given ?? Path.Combine(Path.GetTempPath(), $"modelzoo-bench-{Environment.ProcessId}.pth");
        try
        {
            if (given is null)
            {
                Console.WriteLine("no --weights: a fresh network's are used, whose accuracy means nothing");
                Peer(model, data, weights, threads, 0, "--make-weights");
            }

            var (ours, theirs, right, theirRight) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
            for (int round = 0; round < rounds; round++)
            {
                (double a, double accuracy) = Ours(model, data, weights, rate, round);
                using JsonDocument peer = JsonDocument.Parse(Peer(model, data, weights, threads, peerEpochs, "--lr", rate, "--seed", $"{round}", "--heads", $"{(round == 0 ? heads : 0)}"));
                JsonElement root = peer.RootElement;
                double[] epochs = [.. root.GetProperty("epochs").EnumerateArray().Select(e => e.GetProperty("seconds").GetDouble())];
                double seconds = root.GetProperty("seconds").GetDouble() + (Epochs - peerEpochs) * epochs.Average();
                (double b, _) = Ours(model, data, weights, rate, round);
                ours.Add((a + b) / 2);
                theirs.Add(seconds);
                right.Add(accuracy);
                theirRight.Add(root.GetProperty("accuracy").GetDouble());
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"round {round + 1}: ours {a:F1} s and {b:F1} s, accuracy {accuracy:P2}; eager PyTorch {root.GetProperty("torch").GetString()} {seconds:F1} s"
                    + $"{(peerEpochs < Epochs ? $" (from {peerEpochs} epochs of {epochs.Average():F1} s)" : "")}, accuracy {root.GetProperty("accuracy").GetDouble():P2}; ratio {seconds / ours[^1]:F1}"));
                if (round == 0 && heads > 1)
                {
                    CompareHeads(model, data, weights, rate, heads, [.. root.GetProperty("heads").EnumerateArray().Select(h => h.GetDouble())]);
                }
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"frozen {model}, {Epochs} epochs, batch 32, {threads} threads: ours {ours.Average():F1} s, eager PyTorch {theirs.Average():F1} s, ratio {theirs.Sum() / ours.Sum():F1}; mean accuracy over {rounds} seeds: ours {right.Average():P2}, PyTorch {theirRight.Average():P2}"));
            return 0;
        }
        finally
        {
            if (given is null)
            {
                File.Delete(weights);
            }
        }
    }

    // With the same features, what the seed alone does: one run says little about 153 validation images.
    private static void CompareHeads(string model, string data, string weights, string rate, int heads, double[] theirs)
    {
        string cache = Directory.CreateTempSubdirectory("modelzoo-bench-").FullName;
        try
        {
            double[] ours = [.. Enumerable.Range(0, heads).Select(seed => Ours(model, data, weights, rate, seed, cache).Accuracy)];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{heads} heads each: ours {Text(ours)}, PyTorch {Text(theirs)}; difference of the means {ours.Average() - theirs.Average():P2}"));
        }
        finally
        {
            Directory.Delete(cache, recursive: true);
        }

        static string Text(double[] values) => string.Create(CultureInfo.InvariantCulture,
            $"{values.Average():P2} (standard deviation {Math.Sqrt(values.Sum(v => (v - values.Average()) * (v - values.Average())) / (values.Length - 1)):P2})");
    }

    private static (double Seconds, double Accuracy) Ours(string model, string data, string weights, string rate, int seed, string? cache = null)
    {
        var clock = Stopwatch.StartNew();
        using ResolvedModel pretrained = ModelResolver.Resolve(Catalog.Models, model, Catalog.ReadResource, weights);
        DataSource source = DataSource.Parse($"folder:{data}");
        using FineTuneResult result = FineTuner.Run(pretrained, source.Open(DataSplit.Train), source.Open(DataSplit.Test), new FineTuneOptions { Seed = (ulong)seed, FeatureCache = cache, Recipe = Recipe with { LearningRate = double.Parse(rate, CultureInfo.InvariantCulture) } });
        double seconds = clock.Elapsed.TotalSeconds;
        if (cache is not null)
        {
            return (seconds, result.Training.TestAccuracy ?? 0);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  ours: {seconds:F1} s, of these {result.Training.Elapsed.TotalSeconds:F1} s for the {Epochs} epochs of the head; features: {result.FeatureNote}"));
        return (seconds, result.Training.TestAccuracy ?? 0);
    }

    private static string Peer(string model, string data, string weights, int threads, int epochs, params string[] more)
    {
        string script = Path.Combine(Environment.GetEnvironmentVariable("ZOO_ROOT") ?? ".", "scripts", "peers", "transfer.py");
        using Process process = Process.Start(new ProcessStartInfo("/usr/bin/python3", [script, "--model", model, "--data", data, "--weights", weights, "--threads", $"{threads}", "--epochs", $"{epochs}", .. more])
        {
            RedirectStandardOutput = true,
        })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new ZooException($"{script} ended with {process.ExitCode}.");
    }

    private static string? Value(string[] args, string flag) => Array.IndexOf(args, flag) is >= 0 and int i && i + 1 < args.Length ? args[i + 1] : null;
}
