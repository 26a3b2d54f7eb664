using System.Runtime.InteropServices;
using ModelZoo.Loading;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>Numbers that are not numbers end a run, and no file with them takes the place of a good one.</summary>
[Collection(TorchCollection.Name)]
public class NonFiniteStateTests
{
    private static readonly Recipe Recipe = new() { Epochs = 3, BatchSize = 8, Optimizer = "adam", LearningRate = 0.001, EmaDecay = 0.9 };

    [Theory]
    [InlineData("bn.running_var", float.NaN, "model.bn.running_var holds NaN at [0]")]
    [InlineData("bn.running_mean", float.PositiveInfinity, "model.bn.running_mean holds infinity at [0]")]
    [InlineData("bn.running_var", float.NegativeInfinity, "model.bn.running_var holds -infinity at [0]")]
    public void A_broken_state_is_not_written_over_a_good_one(string key, float value, string expected)
    {
        using var folder = new TempFolder();
        using var model = new Normalized();
        Dictionary<string, byte[]> good = [];
        var options = new TrainerOptions
        {
            RunFolder = folder.Path,
            CheckpointPath = folder.File("one.safetensors"),
            Describe = _ => Samples.Description("lenet5"),
            OnEpoch = epoch =>
            {
                if (epoch == 2)
                {
                    good = Directory.GetFiles(folder.Path, "*.safetensors").ToDictionary(f => f, File.ReadAllBytes);
                    using IDisposable off = no_grad();
                    model.state_dict()[key][0] = value;
                }
            },
        };
        using ImageTensors data = Vectors(16);
        string message = Assert.Throws<NotFiniteException>(() => new Trainer(model, Recipe, options).Fit(data, data)).Message;
        Assert.Contains($"The state of the training is broken: {expected} after step 4 (epoch 2", message, StringComparison.Ordinal);
        Assert.Contains($"{folder.Path} holds the state after epoch 1.", message, StringComparison.Ordinal);
        Assert.Equal(4, good.Count); // last, best, state, one
        Assert.All(good, file => Assert.Equal(file.Value, File.ReadAllBytes(file.Key)));
    }

    [Fact]
    public void A_parameter_that_breaks_in_the_last_step_is_found_without_any_file()
    {
        using var model = new Normalized();
        using ImageTensors data = Vectors(16);
        var progress = new TrainerTests.Collecting([], _ => { });
        string message = Assert.Throws<NotFiniteException>(() => new Trainer(model, Recipe with { Epochs = 1, EmaDecay = 0 },
            new TrainerOptions { TrainMode = module => Break(((Normalized)module).Statistics) }).Fit(data, null, progress)).Message;
        Assert.Contains("model.bn.running_var holds NaN at [2]", message, StringComparison.Ordinal);

        static void Break(BatchNorm1d bn)
        {
            using IDisposable off = no_grad();
            bn.train();
            bn.running_var![2] = float.NaN;
        }
    }

    [Theory]
    [InlineData(float.NaN, 1)]
    [InlineData(float.PositiveInfinity, 1)]
    [InlineData(float.NaN, 16)]
    [InlineData(float.NegativeInfinity, 40)]
    [InlineData(float.NaN, 47)]
    public void A_test_loss_that_is_no_number_ends_the_run_as_a_training_loss_does(float value, int index)
    {
        using var folder = new TempFolder();
        using var model = new Normalized();
        using ImageTensors train = Vectors(48), test = Vectors(48, value, index);
        var options = new TrainerOptions { RunFolder = folder.Path, Describe = _ => Samples.Description("lenet5") };
        string message = Assert.Throws<NotFiniteException>(() => new Trainer(model, Recipe, options).Fit(train, test)).Message;
        Assert.Contains("The loss on the test data became ", message, StringComparison.Ordinal);
        Assert.Contains("The batch itself holds values that are not finite.", message, StringComparison.Ordinal);
        Assert.Contains("after step 6 (epoch 1", message, StringComparison.Ordinal);
        Assert.False(File.Exists(new RunFolder(folder.Path).Best) || File.Exists(new RunFolder(folder.Path).Last));
    }

    [Theory]
    [InlineData(typeof(ExternalException), "[enforce fail at alloc_cpu.cpp:127] err == 0. "
        + "DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes")]
    [InlineData(typeof(ExternalException), "[enforce fail at alloc_cpu.cpp:81] data. DefaultCPUAllocator: not enough memory: you tried to allocate 4 bytes.")]
    [InlineData(typeof(ExternalException), "CUDA out of memory. Tried to allocate 2.00 GiB.")]
    [InlineData(typeof(ExternalException), "std::bad_alloc")]
    [InlineData(typeof(OutOfMemoryException), "Array dimensions exceeded supported range.")]
    public void Memory_that_ran_out_is_named_with_the_batch(Type kind, string message)
    {
        var cause = (Exception)Activator.CreateInstance(kind, message)!;
        Assert.True(OutOfMemory.Caused(cause) && OutOfMemory.Caused(new InvalidOperationException("within", cause)));
        using var model = new Normalized();
        using ImageTensors data = Vectors(48);
        string said = Assert.Throws<ZooException>(() => new Trainer(model, Recipe).Fit(new Exhausted(data, 3, cause), null)).Message;
        Assert.Equal("out of memory at batch 3 of epoch 1 (8 images): take a smaller batch_size (--batch-size).", said);
        var other = (Exception)Activator.CreateInstance(kind, "mat1 and mat2 shapes cannot be multiplied")!;
        Assert.Equal(other is OutOfMemoryException, OutOfMemory.Caused(other));
        Assert.False(OutOfMemory.Caused(null));
    }

    // [count,4], with a value twice in one of the rows.
    private static ImageTensors Vectors(int count, float value = 0, int? row = null)
    {
        random.manual_seed(3);
        Tensor inputs = randn(count, 4);
        if (row is { } r)
        {
            (inputs[r, 0], inputs[r, 1]) = (value, value);
        }

        return ImageTensors.FromTensors(inputs, arange(count).remainder(3).to(ScalarType.Int64), ["a", "b", "c"]);
    }

    private sealed class Exhausted(ImageTensors data, int batch, Exception cause) : IBatchSource
    {
        public int Count => data.Count;

        public long[] Shape => data.Shape;

        public IReadOnlyList<string> ClassNames => data.ClassNames;

        public IEnumerable<Batch> Shuffled(EpochSampler plan)
        {
            int left = batch;
            foreach (Batch read in data.Shuffled(plan))
            {
                yield return --left > 0 ? read : throw cause;
            }
        }

        public IEnumerable<Batch> InOrder(int batchSize) => data.InOrder(batchSize);
    }
}
