using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Tests.Runtime;
using ModelZoo.Training;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

[Collection(TorchCollection.Name)]
public class TrainerTests
{
    private static ImageTensors Vectors(int count, int seed = 1)
    {
        random.manual_seed(seed);
        return ImageTensors.FromTensors(randn(count, 4), arange(count).remainder(3).to(ScalarType.Int64), ["a", "b", "c"]);
    }

    private static Dictionary<string, byte[]> Trained(ulong seed, Recipe recipe, string name = "lenet5")
    {
        using ZooModel model = Samples.Fresh(name);
        using ImageTensors data = Samples.Tensors(name, 40);
        new Trainer(model, recipe, new TrainerOptions { Seed = seed }).Fit(data, null);
        return Samples.Bytes(model);
    }

    [Theory]
    [InlineData("lenet5", "sgd", 0.02)]
    [InlineData("lenet5_classic", "sgd", 0.002)]
    [InlineData("convnet", "adam", 0.001)]
    [InlineData("small_cnn", "rmsprop", 0.002)]
    public void A_tiny_set_is_learned_by_heart(string name, string optimizer, double rate)
    {
        using ZooModel model = Samples.Fresh(name);
        using ImageTensors data = Samples.Tensors(name, 20);
        var recipe = new Recipe { Epochs = 40, BatchSize = 10, Optimizer = optimizer, LearningRate = rate, Momentum = optimizer == "sgd" ? 0.9 : 0 };
        TrainingResult result = new Trainer(model, recipe).Fit(data, data);
        Assert.Equal(1, result.TestAccuracy);
        Assert.True(result.Epochs[^1].Loss < result.Epochs[0].Loss / 4);
        Assert.Equal(80, result.Steps);
        Assert.False(result.Canceled);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_twice_with_dropout_and_augmentation()
    {
        Recipe recipe = Samples.Quick with { RandomShift = 2, RandomRotation = 10, RandomScale = 0.1f };
        foreach (string name in new[] { "lenet5", "convnet" })
        {
            Dictionary<string, byte[]> first = Trained(3, recipe, name);
            Dictionary<string, byte[]> second = Trained(3, recipe, name);
            Assert.All(first, entry => Assert.Equal(entry.Value, second[entry.Key]));
        }
    }

    [Fact]
    public void Another_seed_gives_other_weights() => Assert.NotEqual(Trained(3, Samples.Quick)["fc3.weight"], Trained(4, Samples.Quick)["fc3.weight"]);

    [Fact]
    public void Frozen_parameters_and_their_statistics_do_not_change()
    {
        using var model = new Normalized();
        using ImageTensors data = Vectors(30);
        foreach (var (name, parameter) in model.named_parameters())
        {
            parameter.requires_grad = name.StartsWith("last", StringComparison.Ordinal);
        }

        Dictionary<string, byte[]> before = Samples.Bytes(model);
        new Trainer(model, Samples.Quick).Fit(data, data);
        Dictionary<string, byte[]> after = Samples.Bytes(model);
        Assert.All(before, entry => Assert.Equal(!entry.Key.StartsWith("last", StringComparison.Ordinal), entry.Value.SequenceEqual(after[entry.Key])));
    }

    [Fact]
    public void Nothing_to_train_is_an_error()
    {
        using var model = new Normalized();
        using ImageTensors data = Vectors(6);
        foreach (var parameter in model.parameters())
        {
            parameter.requires_grad = false;
        }

        Assert.Contains("everything is frozen", Assert.Throws<ZooException>(() => new Trainer(model, Samples.Quick).Fit(data, null)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_loss_that_is_not_a_number_stops_the_training_and_names_the_step()
    {
        using var model = new Passing();
        using ImageTensors data = ImageTensors.FromTensors(full(8, 3, float.NaN), zeros(8, dtype: ScalarType.Int64), ["a", "b", "c"]);
        string message = Assert.Throws<NotFiniteException>(() => new Trainer(model, Samples.Quick).Fit(data, null)).Message;
        Assert.Contains("The loss became NaN at step 1 (epoch 1, learning rate 0.02). The batch itself holds values that are not finite. Lower the "
            + "learning rate", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rate_that_is_too_high_is_found_out()
    {
        using ZooModel model = Samples.Fresh("lenet5");
        using ImageTensors data = Samples.Tensors("lenet5", 40);
        Assert.Contains("The loss became", Assert.Throws<NotFiniteException>(() =>
            new Trainer(model, Samples.Quick with { LearningRate = 1000, Epochs = 20 }).Fit(data, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_classes_than_logits_are_an_error()
    {
        using ZooModel model = Samples.Fresh("lenet5", classes: 5);
        using ImageTensors data = Samples.Tensors("lenet5", 10);
        Assert.Contains("The model has 5 outputs, the data 10 classes",
            Assert.Throws<ZooException>(() => new Trainer(model, Samples.Quick).Fit(data, null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_end_a_training()
    {
        using var model = new Normalized();
        using ImageTensors data = Vectors(64);
        Recipe recipe = Samples.Quick with { Epochs = 1000 };
        TrainingResult steps = new Trainer(model, recipe, new TrainerOptions { MaxSteps = 6 }).Fit(data, data);
        Assert.Equal((6, 2, 32), (steps.Steps, steps.Epochs.Count, steps.Epochs[1].Images));
        Assert.NotNull(steps.TestAccuracy);
        TrainingResult time = new Trainer(model, recipe, new TrainerOptions { TimeLimit = TimeSpan.Zero }).Fit(data, null);
        Assert.Single(time.Epochs);
        TrainingResult target = new Trainer(model, recipe, new TrainerOptions { TargetAccuracy = 0 }).Fit(data, data);
        Assert.True(target.TargetReached);
        Assert.Single(target.Epochs);
    }

    [Fact]
    public void Progress_comes_at_the_end_of_every_epoch_at_least()
    {
        using var model = new Normalized();
        using ImageTensors data = Vectors(40);
        var reports = new List<TrainingProgress>();
        TrainingResult result = new Trainer(model, Samples.Quick).Fit(data, data, new Collecting(reports));
        Assert.Equal([1, 2], reports.Where(r => r.TestAccuracy is not null).Select(r => r.Epoch));
        TrainingProgress last = reports[^1];
        Assert.Equal((2, 3, 3), (last.Epochs, last.Step, last.Steps));
        Assert.Equal(result.Epochs[^1].Loss, last.Loss);
        Assert.True(last.ImagesPerSecond > 0 && last.LearningRate == 0.02);
    }

    [Fact]
    public void The_mode_of_every_module_is_put_back()
    {
        using var model = new Normalized();
        using ImageTensors data = Vectors(10);
        model.eval();
        new Trainer(model, Samples.Quick).Fit(data, data);
        Assert.All(model.named_modules(), m => Assert.False(m.module.training));
        model.train();
        new Trainer(model, Samples.Quick).Fit(data, data);
        Assert.All(model.named_modules(), m => Assert.True(m.module.training));
    }

    [Theory]
    [InlineData("sgd", 0)]
    [InlineData("adam", 0.9)]
    public void Memory_stays_flat_over_epochs(string optimizer, double average)
    {
        using var folder = new TempFolder();
        using ZooModel model = Samples.Fresh("lenet5");
        using ImageTensors data = Samples.Tensors("lenet5", 64);
        Recipe recipe = Samples.Quick with
        {
            Epochs = 12,
            RandomShift = 1,
            Optimizer = optimizer,
            Momentum = 0,
            LearningRate = 0.002,
            EmaDecay = average,
            ClipNorm = 1,
            AccumulationSteps = 2
        };
        TrainerOptions recorded = new() { RunFolder = folder.Path, SaveEverySteps = 1, LogEverySteps = 1, Describe = _ => Samples.Description("lenet5") };
        new Trainer(model, recipe with { Epochs = 2 }).Fit(data, data);
        long before = LiveTensors.Total();
        var counts = new List<(long Tensors, long Bytes)>();
        new Trainer(model, recipe, recorded).Fit(data, data, new Collecting([], p =>
        {
            if (p.TestAccuracy is not null)
            {
                counts.Add((LiveTensors.Total(), ResidentMemory.Allocated()));
            }
        }));
        Assert.Equal(12, counts.Count);
        Assert.All(counts, c => Assert.Equal(counts[0].Tensors, c.Tensors));
        Assert.InRange(counts[^1].Bytes - counts[3].Bytes, long.MinValue, 8 << 20);
        Assert.InRange(LiveTensors.Total(), 0, before);
    }

    internal sealed class Collecting(List<TrainingProgress> reports, Action<TrainingProgress>? then = null) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            reports.Add(value);
            then?.Invoke(value);
        }
    }
}
