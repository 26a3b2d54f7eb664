using System.Diagnostics;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Precision;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>
/// Blocks of our trainer's steps and of other sides', by turns in one run, each round beginning with the next side. The trainer asks for its next batch; before
/// a block of steps begins and after it has ended the others have their turns. Every side's first block is not counted.
/// </summary>
internal sealed class TrainingRace : IBatchSource, IDisposable
{
    private readonly TrainingCase one;
    private readonly int rounds;
    private readonly Device device;
    private readonly Side[] others;
    private readonly Tensor images;
    private readonly Tensor labels;
    private readonly List<double> ours = [];

    private TrainingRace(TrainingCase one, TrainingMode mode, int rounds, Device device, Side[] others)
    {
        (this.one, this.rounds, this.device, this.others) = (one, rounds, device, others);
        Tensor drawn = randn([one.Batch, one.Channels, one.Size, one.Size], device: device); // [B,C,S,S]
        images = mode.ChannelsLast ? ChannelsLast.Of(drawn) : drawn.alias(); // as data in memory lies
        drawn.Dispose();
        labels = arange(one.Batch, ScalarType.Int64, device: device).remainder(one.Classes); // [B]
    }

    public int Count => (rounds + 1) * one.Steps * one.Batch;

    public long[] Shape => images.shape[1..];

    public IReadOnlyList<string> ClassNames { get; } = ["0"];

    /// <summary>Runs the rounds, against others.</summary>
    internal static RaceResult Run(TrainingCase one, TrainingMode mode, int rounds, Device device, params Side[] others)
    {
        manual_seed(1);
        using ZooModel model = Catalog.Models.Find(one.Model).Create();
        using var race = new TrainingRace(one, mode, rounds, device, others);
        new Trainer(model, mode.Recipe(one.Batch), new TrainerOptions { Device = device }).Fit(race, null);
        return new RaceResult(one.Steps * one.Batch, race.ours, others.ToDictionary(s => s.Name, s => (IReadOnlyList<double>)s.Seconds));
    }

    public IEnumerable<Batch> Shuffled(EpochSampler plan)
    {
        int sides = others.Length + 1;
        for (int round = 0; round <= rounds; round++)
        {
            // We are the last in the list of sides; the round begins with side number (round mod sides).
            int[] order = [.. Enumerable.Range(0, sides).Select(i => (round + i) % sides)];
            int own = Array.IndexOf(order, others.Length);
            Turns(order[..own], counted: round > 0);
            Synchronize();
            var clock = Stopwatch.StartNew();
            for (int step = 0; step < one.Steps; step++)
            {
                yield return new Batch(images.alias(), labels.alias());
            }

            Synchronize();
            if (round > 0)
            {
                ours.Add(clock.Elapsed.TotalSeconds);
            }

            Turns(order[(own + 1)..], counted: round > 0);
        }
    }

    public IEnumerable<Batch> InOrder(int batchSize) => throw new NotSupportedException();

    public void Dispose()
    {
        images.Dispose();
        labels.Dispose();
    }

    private void Turns(int[] sides, bool counted)
    {
        foreach (Side side in sides.Select(s => others[s]))
        {
            double seconds = side.Run(one.Steps);
            if (counted)
            {
                side.Seconds.Add(seconds);
            }
        }
    }

    private void Synchronize()
    {
        if (device.type == DeviceType.CUDA)
        {
            cuda.synchronize(device);
        }
    }

    /// <summary>Whom we are compared with.</summary>
    /// <param name="Name">In the figures.</param>
    /// <param name="Run">Runs that many steps and returns their seconds.</param>
    internal sealed record Side(string Name, Func<int, double> Run)
    {
        internal List<double> Seconds { get; } = [];
    }
}

/// <summary>Seconds of all sides, round by round.</summary>
/// <param name="Images">Of a block.</param>
/// <param name="Ours">Seconds of our blocks.</param>
/// <param name="Others">Seconds of each other side's blocks, by its name.</param>
internal sealed record RaceResult(int Images, IReadOnlyList<double> Ours, IReadOnlyDictionary<string, IReadOnlyList<double>> Others)
{
    /// <summary>Images per second in the median round.</summary>
    internal double OursPerSecond => Images / Rounds.Median(Ours);

    internal double PerSecond(string side) => Images / Rounds.Median(Others[side]);

    /// <summary>The other's time over ours in the same round: above 1 we are faster. Null for a side that did not run.</summary>
    internal RatioSummary? Ratio(string side)
    {
        if (!Others.TryGetValue(side, out IReadOnlyList<double>? theirs))
        {
            return null;
        }

        var rounds = new Rounds();
        foreach ((double own, double other) in Ours.Zip(theirs))
        {
            rounds.Add(own, other);
        }

        return rounds.Ratio;
    }
}
