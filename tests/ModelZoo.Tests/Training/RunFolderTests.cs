using System.Buffers.Binary;
using System.Text.Json;
using System.Xml.Linq;
using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using ModelZoo.Weights;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

[Collection(TorchCollection.Name)]
public class RunFolderTests
{
    private static readonly Recipe Whole = new()
    {
        Epochs = 5,
        BatchSize = 8,
        Optimizer = "adam",
        LearningRate = 0.002,
        Schedule = "plateau",
        PlateauPatience = 0,
        EmaDecay = 0.9,
        ClipNorm = 1,
        RandomShift = 1,
        WarmupSteps = 4,
    };

    [Fact]
    public void A_run_leaves_recipe_description_log_events_curves_and_checkpoints()
    {
        using var folder = new TempFolder();
        TrainingResult result = Fit(folder.Path, Whole,
            new TrainerOptions { LogEverySteps = 2, Notes = new Dictionary<string, string> { ["model"] = "lenet5 <&>" } });
        var run = new RunFolder(folder.Path);
        Assert.Equal(Whole, run.ReadRecipe());
        IReadOnlyDictionary<string, string> said = run.ReadDescription();
        Assert.Equal(("lenet5 <&>", "7", __version__), (said["model"], said["seed"], said["torch"]));
        Assert.All(["modelzoo", "dotnet", "os", "cpu", "threads", "command_line", "training_data"], key => Assert.NotEmpty(said[key]));
        JsonElement[] lines = [.. File.ReadLines(run.Log).Select(l => JsonDocument.Parse(l).RootElement)];
        Assert.Equal([2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24],
            lines.Where(l => l.TryGetProperty("step", out _)).Select(l => l.GetProperty("step").GetInt32()));
        JsonElement[] epochs = [.. lines.Where(l => l.TryGetProperty("train_loss", out _))];
        Assert.Equal(result.Epochs.Select(e => (e.Epoch, e.Loss, e.TestAccuracy)),
            epochs.Select(l =>
            (l.GetProperty("epoch").GetInt32(), l.GetProperty("train_loss").GetDouble(), (double?)l.GetProperty("test_accuracy").GetDouble())));
        Assert.Equal("svg", XDocument.Load(run.Curves).Root!.Name.LocalName);
        Assert.True(File.Exists(run.Last) && File.Exists(run.Best));
        Assert.Equal(result.BestEpoch, epochs.Last(e => e.GetProperty("best").GetBoolean()).GetProperty("epoch").GetInt32());
        List<(long Step, string Tag, float Value)> events = Events(folder.Path);
        Assert.Equal(lines.Where(l => l.TryGetProperty("step", out _)).Select(l => (float)l.GetProperty("loss").GetDouble()),
            events.Where(e => e.Tag == "loss/step").Select(e => e.Value));
        Assert.Equal([5L, 10, 15, 20, 25], events.Where(e => e.Tag == "accuracy/test").Select(e => e.Step));
    }

    [Theory]
    [InlineData("sgd", "fp32")]
    [InlineData("nesterov", "fp32")]
    [InlineData("rmsprop", "fp32")]
    [InlineData("adam", "fp32")]
    [InlineData("nesterov", "auto")]
    [InlineData("adam", "auto")]
    public void A_run_that_is_stopped_anywhere_goes_on_with_the_same_bits(string optimizer, string precision)
    {
        // "auto" is bfloat16 with float32 weights where the processor has it.
        Recipe recipe = Whole with
        {
            Optimizer = optimizer,
            Momentum = optimizer is "nesterov" or "rmsprop"
            ? 0.9
            : 0,
            AccumulationSteps = 2,
            Precision = precision,
            ChannelsLast = precision == "auto"
        };
        using var straight = new TempFolder();
        TrainingResult expected = Fit(straight.Path, recipe, new TrainerOptions());
        using var stopped = new TempFolder();
        TrainingResult? result = null;
        int stops = 0;
        for (; result is null || result.Canceled; stops++)
        {
            using var cancel = new CancellationTokenSource();
            int left = 3;
            result = Fit(stopped.Path, recipe, new TrainerOptions { Resume = true, LogEverySteps = 1 }, new Stopping(() => --left == 0 ? cancel : null),
                cancel: cancel.Token);
        }

        Assert.True(stops > 3, $"stopped {stops} times");
        Assert.Equal(File.ReadAllBytes(new RunFolder(straight.Path).Last), File.ReadAllBytes(new RunFolder(stopped.Path).Last));
        Assert.Equal(File.ReadAllBytes(new RunFolder(straight.Path).Best), File.ReadAllBytes(new RunFolder(stopped.Path).Best));
        Assert.Equal(expected.Epochs.Select(e => (e.Loss, e.TrainAccuracy, e.TestAccuracy, e.LearningRate)),
            result.Epochs.Select(e => (e.Loss, e.TrainAccuracy, e.TestAccuracy, e.LearningRate)));
        int[] steps = [.. File.ReadLines(new RunFolder(stopped.Path).Log).Select(l => JsonDocument.Parse(l).RootElement)
            .Where(l => l.TryGetProperty("step", out _)).Select(l => l.GetProperty("step").GetInt32())];
        Assert.Equal(Enumerable.Range(1, expected.Steps), steps);
    }

    [Fact]
    public void A_run_that_is_done_is_not_trained_further()
    {
        using var folder = new TempFolder();
        Fit(folder.Path, Whole, new TrainerOptions());
        byte[] last = File.ReadAllBytes(new RunFolder(folder.Path).Last);
        TrainingResult again = Fit(folder.Path, Whole, new TrainerOptions { Resume = true });
        Assert.Equal((5, 25), (again.Epochs.Count, again.Steps));
        Assert.Equal(last, File.ReadAllBytes(new RunFolder(folder.Path).Last));
    }

    [Fact]
    public void Another_recipe_seed_or_data_is_refused_with_what_differs()
    {
        using var folder = new TempFolder();
        Fit(folder.Path, Whole, new TrainerOptions());
        Assert.Contains("the recipe's learning_rate was 0.002 and is 0.003", Refusal(Whole with { LearningRate = 0.003 }, new TrainerOptions()),
            StringComparison.Ordinal);
        Assert.Contains("seed was 7 and is 8", Refusal(Whole, new TrainerOptions { Seed = 8 }), StringComparison.Ordinal);
        Assert.Contains("training_data was 40 examples", Refusal(Whole, new TrainerOptions(), 41), StringComparison.Ordinal);
        Assert.Contains("note data was absent and is mnist",
            Refusal(Whole, new TrainerOptions { Notes = new Dictionary<string, string> { ["data"] = "mnist" } }), StringComparison.Ordinal);
        Assert.Contains("is no folder of a training run", Assert.Throws<ZooException>(() => new RunFolder(folder.File("gone")).ReadRecipe()).Message,
            StringComparison.Ordinal);

        string Refusal(Recipe recipe, TrainerOptions options, int count = 40) =>
            Assert.Throws<ZooException>(() => Fit(folder.Path, recipe, options with { Resume = true }, count: count)).Message;
    }

    [Fact]
    public void A_damaged_state_is_named_and_not_used()
    {
        using var folder = new TempFolder();
        Fit(folder.Path, Whole, new TrainerOptions());
        string state = new RunFolder(folder.Path).State;
        byte[] bytes = File.ReadAllBytes(state);
        File.WriteAllBytes(state, bytes[..(bytes.Length / 2)]);
        Assert.Contains(state, Assert.Throws<ZooException>(() => Fit(folder.Path, Whole, new TrainerOptions { Resume = true })).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_average_can_be_kept_beside_the_weights()
    {
        using var folder = new TempFolder();
        Recipe constant = Whole with { Schedule = "constant", EmaResult = false };
        Fit(folder.Path, constant, new TrainerOptions());
        var run = new RunFolder(folder.Path);
        Assert.NotEqual(File.ReadAllBytes(run.Last), File.ReadAllBytes(run.Average));
        using var merged = new TempFolder();
        Fit(merged.Path, constant with { EmaResult = true }, new TrainerOptions());
        Assert.Equal(Tensors(run.Average), Tensors(new RunFolder(merged.Path).Last));

        static byte[] Tensors(string path)
        {
            using WeightsFile file = WeightsFile.Open(path);
            return [.. file.Entries.OrderBy(e => e.Name, StringComparer.Ordinal).SelectMany(e =>
            {
                var bytes = new byte[e.ByteLength];
                file.CopyTo(e.Name, bytes);
                return bytes;
            })];
        }
    }

    private static TrainingResult Fit(string path, Recipe recipe, TrainerOptions options, IProgress<TrainingProgress>? progress = null, int count = 40,
        CancellationToken cancel = default)
    {
        using ZooModel model = Samples.Fresh("lenet5");
        using ImageTensors data = Samples.Tensors("lenet5", count), test = Samples.Tensors("lenet5", 50);
        options = options with { Seed = options.Seed == 0 ? 7 : options.Seed, RunFolder = path, Describe = _ => Samples.Description("lenet5") };
        return new Trainer(model, recipe, options).Fit(new Told(data, progress), test, null, cancel);
    }

    // What an event file holds; every CRC is computed bit by bit here and compared.
    private static List<(long Step, string Tag, float Value)> Events(string folder)
    {
        Assert.Equal(0xE3069283u, Crc("123456789"u8));
        byte[] file = File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder, "events.out.tfevents.*")));
        List<(long, string, float)> found = [];
        for (int at = 0; at < file.Length;)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.Equal(Masked(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            ReadOnlySpan<byte> data = file.AsSpan(at + 12, length);
            Assert.Equal(Masked(data), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            at += length + 16;
            long step = 0;
            foreach ((int field, ulong number, byte[] bytes) in Fields(data.ToArray()))
            {
                step = field == 2 ? (long)number : step;
                foreach ((_, _, byte[] value) in field == 5 ? Fields(bytes) : [])
                {
                    List<(int Field, ulong Number, byte[] Bytes)> parts = Fields(value);
                    found.Add((step, System.Text.Encoding.UTF8.GetString(parts[0].Bytes), BinaryPrimitives.ReadSingleLittleEndian(parts[1].Bytes)));
                }
            }
        }

        return found;
    }

    private static List<(int Field, ulong Number, byte[] Bytes)> Fields(byte[] message)
    {
        List<(int, ulong, byte[])> fields = [];
        for (int at = 0; at < message.Length;)
        {
            byte key = message[at++];
            int size = (key & 7) switch { 1 => 8, 5 => 4, _ => 0 };
            ulong number = size > 0 ? 0 : Varint(ref at);
            size = (key & 7) == 2 ? (int)number : size;
            fields.Add((key >> 3, number, message[at..(at + size)]));
            at += size;
        }

        return fields;

        ulong Varint(ref int at)
        {
            ulong value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte b = message[at++];
                value |= (ulong)(b & 0x7F) << shift;
                if (b < 0x80)
                {
                    return value;
                }
            }
        }
    }

    private static uint Masked(ReadOnlySpan<byte> data)
    {
        uint crc = Crc(data);
        return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
    }

    private static uint Crc(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in data)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
            }
        }

        return ~crc;
    }

    private sealed class Stopping(Func<CancellationTokenSource?> next) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => next()?.Cancel();
    }

    /// <summary>Tells of every batch before it is handed out.</summary>
    private sealed class Told(ImageTensors data, IProgress<TrainingProgress>? told) : IBatchSource, IFingerprinted
    {
        public int Count => data.Count;

        public long[] Shape => data.Shape;

        public IReadOnlyList<string> ClassNames => data.ClassNames;

        public string Fingerprint => data.Fingerprint;

        public IEnumerable<Batch> Shuffled(EpochSampler plan)
        {
            foreach (Batch batch in data.Shuffled(plan))
            {
                told?.Report(new TrainingProgress(plan.Epoch, 1, 1, 1, 0, 0, 0, null, TimeSpan.Zero));
                yield return batch;
            }
        }

        public IEnumerable<Batch> InOrder(int batchSize) => data.InOrder(batchSize);
    }
}
