using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Runtime;
using ModelZoo.Training;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>A step that cannot fit is refused before it begins; one that can is not.</summary>
[Collection(TorchCollection.Name)]
public class TrainingMemoryTests
{
    private static readonly Recipe Recipe = new() { Epochs = 1, BatchSize = 64, LearningRate = 0.01 };

    [Theory]
    [InlineData("resnet20", 32, 64)]
    [InlineData("vgg11", 64, 16)]
    [InlineData("squeezenet1_1", 96, 16)]
    [InlineData("googlenet", 96, 16)]
    [InlineData("mobilenet_v2", 96, 16)]
    [InlineData("densenet121", 64, 16)]
    public void The_least_that_a_step_takes_is_less_than_what_it_takes_and_not_by_far(string name, int side, int batch)
    {
        using ZooModel model = Build(name, side);
        using ImageTensors data = Images(side, batch);
        Recipe recipe = Recipe with { BatchSize = batch };
        double least = TrainingMemory.Least(model, data.Shape, batch, recipe)!.Value;
        double weights = model.parameters().Sum(p => 4.0 * p.numel());
        long? before = PeakMemory.Restart();
        new Trainer(model, recipe).Fit(data, null);
        if (before is null)
        {
            Assert.False(OperatingSystem.IsLinux());
            return;
        }

        double taken = PeakMemory.Read()!.Value - before.Value + weights; // the weights were there before
        Assert.True(least < taken, $"at least {least / 1e6:f0} MB, taken {taken / 1e6:f0} MB");
        Assert.True(taken < 6 * least, $"at least {least / 1e6:f0} MB, taken {taken / 1e6:f0} MB");
    }

    [Fact]
    public void A_step_beyond_the_limit_is_refused_before_anything_is_read_and_says_what_to_do()
    {
        using ZooModel model = Build("resnet20", 32);
        using ImageTensors data = Images(32, 64);
        ZooException error = Assert.Throws<ZooException>(() => new Trainer(model, Recipe, new TrainerOptions { MaxMemory = 10_000_000 }).Fit(data, null));
        Assert.StartsWith("a training step of 64 images of 3×32×32 takes at least ", error.Message, StringComparison.Ordinal);
        Assert.Contains(" MB, and at most 10 MB may be taken: take a smaller batch_size (--batch-size)", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("or raise the limit (--max-memory 1G).", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, new Trainer(model, Recipe, new TrainerOptions { MaxMemory = 1_000_000_000 }).Fit(data, null).Steps);
    }

    [Fact]
    public void A_batch_beyond_the_machine_is_refused_without_a_limit()
    {
        using ZooModel model = Build("resnet20", 32);
        ZooException error = Assert.Throws<ZooException>(() => TrainingMemory.Require(model, [3, 32, 32], 100_000_000, Recipe, null));
        Assert.EndsWith("take a smaller batch_size (--batch-size).", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frozen_backbone_keeps_nothing_and_bfloat16_half()
    {
        using ZooModel model = Build("resnet20", 32);
        double whole = Least(Recipe), half = Least(Recipe with { Precision = "bf16" });
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in model.named_parameters())
        {
            parameter.requires_grad = name.StartsWith("fc.", StringComparison.Ordinal);
        }

        double head = Least(Recipe);
        double weights = 4.0 * model.parameters().Sum(p => p.numel());
        Assert.InRange(half, 0.5 * whole, 0.55 * whole);
        Assert.InRange(head, weights, 1.05 * weights);

        double Least(Recipe recipe) => TrainingMemory.Least(model, [3, 32, 32], 64, recipe)!.Value;
    }

    private static ZooModel Build(string name, int side)
    {
        ModelInfo info = Catalog.Models.Find(name);
        return info.Create(info.Defaults with { InputHeight = side, InputWidth = side, NumClasses = 10 });
    }

    private static ImageTensors Images(int side, int count)
    {
        random.manual_seed(1);
        return ImageTensors.FromTensors(randn(count, 3, side, side), arange(count).remainder(10).to(ScalarType.Int64), [.. "0123456789".Select(c => $"{c}")]);
    }
}
