using System.Diagnostics;
using ModelZoo.Models;
using ModelZoo.Training;
using ModelZoo.Training.Precision;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>Images per second of the trainer, data in memory, against eager PyTorch in float32 on the same batch: blocks of steps by turns in one run.</summary>
internal static class TrainingSpeed
{
    private static readonly Case[] Cases =
    [
        new("lenet5", 64, 32, 1, 10, 200),
        new("resnet20", 128, 32, 3, 10, 8),
        new("alexnet", 64, 224, 3, 1000, 2),
        new("googlenet", 16, 224, 3, 1000, 2),
        new("resnet50", 8, 224, 3, 1000, 2),
    ];

    internal static string[] Models { get; } = [.. Cases.Select(c => c.Model)];

    internal static void Run(Setting setting, int rounds, string[] only)
    {
        setting.Output.Say($"training, data in memory, SGD with momentum 0.9 and weight decay, {setting.Threads} threads, {rounds} rounds, interleaved with eager PyTorch in float32; images/s (best rounds), ratio median [min, max]:");
        foreach (Case one in Cases.Where(c => only.Length == 0 || only.Contains(c.Model)))
        {
            foreach ((string name, string precision, bool channelsLast) in new[] { ("fp32", "fp32", false), ("fp32, channels_last", "fp32", true), ("bf16, channels_last", "bf16", true) })
            {
                if (precision == "bf16" && !Bfloat16.OnProcessor)
                {
                    setting.Output.Say($"  {one.Model,-10} {name,-20} this processor does not compute in bfloat16");
                    continue;
                }

                Measure(setting, rounds, one, name, new Recipe
                {
                    Epochs = 1,
                    BatchSize = one.Batch,
                    LearningRate = 0.001,
                    Momentum = 0.9,
                    WeightDecay = 1e-4,
                    Precision = precision,
                    ChannelsLast = channelsLast,
                });
            }
        }
    }

    private static void Measure(Setting setting, int rounds, Case one, string name, Recipe recipe)
    {
        using Peer peer = setting.Start("bench-peer.py");
        string order = $"train:{one.Model}:{one.Batch}:{one.Size}";
        manual_seed(1);
        using ZooModel model = Catalog.Models.Find(one.Model).Create();
        using var source = new Blocks(one, rounds, () => peer.Run(order, one.Steps).Seconds);
        new Trainer(model, recipe).Fit(source, null);
        Rounds times = source.Times;
        double ours = one.Steps * one.Batch / times.OursBest, theirs = one.Steps * one.Batch / times.TheirsBest;
        setting.Output.Say($"  {one.Model,-10} {name,-20} batch {one.Batch,3}  ours {ours,7:F1}  PyTorch {theirs,7:F1}  ratio {times.Ratio.Median:F3} [{times.Ratio.Min:F3}, {times.Ratio.Max:F3}]");
        setting.Output.Add(new
        {
            Benchmark = "train",
            one.Model,
            one.Batch,
            recipe.Precision,
            recipe.ChannelsLast,
            setting.Threads,
            Rounds = rounds,
            OursImagesPerSecond = ours,
            PytorchImagesPerSecond = theirs,
            times.Ratio,
        });
    }

    private sealed record Case(string Model, int Batch, int Size, int Channels, int Classes, int Steps);

    /// <summary>The same batch over and over; between two blocks of steps the other side has its turn. The first block of each side is not counted.</summary>
    private sealed class Blocks : IBatchSource, IDisposable
    {
        private readonly Case one;
        private readonly int rounds;
        private readonly Func<double> other;
        private readonly Tensor images;
        private readonly Tensor labels;

        public Blocks(Case one, int rounds, Func<double> other)
        {
            (this.one, this.rounds, this.other) = (one, rounds, other);
            images = randn(one.Batch, one.Channels, one.Size, one.Size);
            labels = arange(one.Batch).remainder(one.Classes).to(ScalarType.Int64);
        }

        public Rounds Times { get; } = new();

        public int Count => (rounds + 1) * one.Steps * one.Batch;

        public long[] Shape => images.shape[1..];

        public IReadOnlyList<string> ClassNames { get; } = ["0"];

        public IEnumerable<Batch> Shuffled(EpochPlan plan)
        {
            for (int round = 0; round <= rounds; round++)
            {
                // Who goes first alternates, so that a drift of the machine favours nobody.
                double theirs = round % 2 == 0 ? other() : 0;
                var clock = Stopwatch.StartNew();
                for (int step = 0; step < one.Steps; step++)
                {
                    yield return new Batch(images.alias(), labels.alias());
                }

                double ours = clock.Elapsed.TotalSeconds;
                theirs = round % 2 == 0 ? theirs : other();
                if (round > 0)
                {
                    Times.Add(ours, theirs);
                }
            }
        }

        public IEnumerable<Batch> InOrder(int batchSize) => throw new NotSupportedException();

        public void Dispose()
        {
            images.Dispose();
            labels.Dispose();
        }
    }
}
