using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ModelZoo.Analysis;
using ModelZoo.Distributed;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>
/// Ranks of one thread each against one process of as many threads, by turns, on the same global batch: images per second, and how long a rank waits for
/// messages; and what <see cref="ScalingModel"/> makes of it for many ranks.
/// </summary>
internal static class ScalingSpeed
{
    private const int Warm = 2;
    private static readonly int[] Many = [8, 64, 512];
    private static readonly (string Name, Network Network)[] Networks =
        [("10 Gbit/s", new(1.25e9, 20e-6)), ("100 Gbit/s", new(12.5e9, 5e-6))];

    private static readonly TrainingCase[] Cases = [new("resnet20", 128, 32, 3, 10, 8), new("resnet50", 8, 224, 3, 1000, 4)];

    internal static string[] Models { get; } = [.. Cases.Select(c => c.Model)];

    /// <summary>Measures.</summary>
    /// <param name="setting">Threads of the one process, and as many ranks.</param>
    /// <param name="rounds">How often the sides take turns.</param>
    /// <param name="only">Models; none: all.</param>
    /// <param name="launcher">mpiexec and its flags, for ranks that are somewhere else.</param>
    internal static void Run(Setting setting, int rounds, string[] only, string launcher)
    {
        setting.Output.Say($"training, data in memory, one process of {setting.Threads} threads against {setting.Threads} ranks of one, {rounds} rounds:");
        foreach (TrainingCase one in Cases.Where(c => only.Length == 0 || only.Contains(c.Model)))
        {
            var turns = new Rounds();
            List<double> waited = [];
            for (int round = 0; round < rounds; round++)
            {
                turns.Run(
                    () =>
                    {
                        RankTimes times = Start(one, 1, [.. launcher.Split(' '), "-n", $"{setting.Threads}"]);
                        waited.Add(times.Waited / times.Seconds);
                        return times.Seconds;
                    },
                    () => Start(one, setting.Threads, []).Seconds);
            }

            double images = (double)one.Batch * one.Steps;
            RatioSummary ratio = turns.Ratio;
            setting.Output.Say(string.Create(CultureInfo.InvariantCulture,
                $"{one.Model,-10} batch {one.Batch,3}: one process {images / turns.TheirsMedian,7:F1} images/s, {setting.Threads} ranks "
                + $"{images / turns.OursMedian,7:F1}, ratio {ratio.Median:F2} [{ratio.Min:F2}, {ratio.Max:F2}], waiting "
                + $"{Rounds.Median(waited):P0} of the time"));
            setting.Output.Add(new { one.Model, one.Batch, setting.Threads, turns.OursMedian, turns.TheirsMedian, ratio, waited = Rounds.Median(waited) });
        }
    }

    /// <summary>Says what a simulation makes of many ranks.</summary>
    /// <param name="setting">Where to.</param>
    /// <param name="seconds">That a rank computes for a step.</param>
    /// <param name="only">One network and its batch on a rank, through which the model is checked: seconds of a step between two ranks.</param>
    internal static void Simulate(Setting setting, double[] seconds, Network? only)
    {
        manual_seed(1);
        using ZooModel model = Catalog.Models.Find("resnet50").Create();
        var summary = ModelSummary.Of(model, 3, 224, 224);
        var bucketed = new ScalingModel(summary, RankGroup.UsualMessageBytes);
        var whole = new ScalingModel(summary, long.MaxValue);
        setting.Output.Say(string.Create(CultureInfo.InvariantCulture,
            $"resnet50, {bucketed.Bytes / 1e6:F1} MB of gradients, messages of {RankGroup.UsualMessageBytes >> 20} MiB:"));
        foreach (double compute in seconds)
        {
            foreach ((string name, Network network) in only is null ? Networks : [("as given", only)])
            {
                foreach (int ranks in only is null ? Many : [2])
                {
                    double step = bucketed.Step(compute, ranks, network), after = whole.Step(compute, ranks, network, overlaps: false);
                    setting.Output.Say(string.Create(CultureInfo.InvariantCulture,
                        $"{compute * 1000,7:F0} ms a step, {name,-10} {ranks,4} ranks: {step * 1000,7:F0} ms, efficiency {compute / step:P0}; in one message "
                        + $"after the backward {after * 1000,7:F0} ms, {compute / after:P0}"));
                    setting.Output.Add(new { compute, network = name, ranks, step, after });
                }
            }
        }
    }

    /// <summary>What is started: trains steps on one batch that is drawn, alone or as one of several, and prints its seconds.</summary>
    internal static void Child(string name, int batch, int size, int steps, int threads)
    {
        set_num_threads(threads);
        using RankGroup? group = MpiGroup.IsLaunched ? MpiGroup.Join() : null;
        TrainingCase one = Cases.First(c => c.Model == name) with { Batch = batch, Size = size, Steps = steps };
        manual_seed(1);
        using ZooModel model = Catalog.Models.Find(name).Create();
        using var source = new Steps(one, group);
        new Trainer(model, TrainingMode.All[1].Recipe(batch), new TrainerOptions { Ranks = group }).Fit(source, null);
        if (group is null or { IsFirst: true })
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(new RankTimes(source.Seconds, source.Waited)));
        }
    }

    private static RankTimes Start(TrainingCase one, int threads, string[] launcher)
    {
        string[] command =
        [
            .. launcher, "dotnet", Environment.GetCommandLineArgs()[0], "scaling-rank", one.Model, "--batch", $"{one.Batch}", "--size", $"{one.Size}",
            "--steps", $"{one.Steps}", "--threads", $"{threads}",
        ];
        using Process process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true })!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<RankTimes>(said.Split('\n').First(line => line.StartsWith('{')))!
            : throw new ZooException($"{string.Join(' ', command)} ended with {process.ExitCode}: {said}");
    }

    private sealed record RankTimes(double Seconds, double Waited);

    /// <summary>The same batch again and again, or this rank's share of it; the first steps are not timed.</summary>
    private sealed class Steps : IBatchSource, IDisposable
    {
        private readonly TrainingCase one;
        private readonly RankGroup? group;
        private readonly Tensor images, labels;

        public Steps(TrainingCase one, RankGroup? group)
        {
            (this.one, this.group) = (one, group);
            (int first, int end) = group is null ? (0, one.Batch) : new BatchShare(group.Rank, group.Size).Of(one.Batch);
            using Tensor drawn = randn([end - first, one.Size, one.Size, one.Channels]);
            images = drawn.permute(0, 3, 1, 2); // channels last
            labels = arange(end - first, ScalarType.Int64).remainder(one.Classes);
        }

        public double Seconds { get; private set; }

        public double Waited { get; private set; }

        public int Count => (Warm + one.Steps) * one.Batch;

        public long[] Shape => images.shape[1..];

        public IReadOnlyList<string> ClassNames { get; } = ["0"];

        public bool TakesShare(Recipe recipe) => true;

        public IEnumerable<Batch> Shuffled(EpochSampler plan)
        {
            var clock = new Stopwatch();
            TimeSpan before = default;
            for (int step = 0; step < Warm + one.Steps; step++)
            {
                if (step == Warm)
                {
                    before = group?.Waited ?? default;
                    clock.Start();
                }

                yield return new Batch(images.alias(), labels.alias());
            }

            (Seconds, Waited) = (clock.Elapsed.TotalSeconds, ((group?.Waited ?? default) - before).TotalSeconds);
        }

        public IEnumerable<Batch> InOrder(int batchSize) => [new Batch(images.narrow(0, 0, 1), labels.narrow(0, 0, 1))];

        public void Dispose()
        {
            images.Dispose();
            labels.Dispose();
        }
    }
}
