using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using Xunit;

namespace ModelZoo.Tests.Training;

/// <summary>A run that is gone on with for another number of epochs.</summary>
[Collection(TorchCollection.Name)]
public class RunLengthTests
{
    private static readonly Recipe Short = Samples.Quick with { Epochs = 2, StepSize = 1, Gamma = 0.5, WarmupSteps = 1 };

    [Theory]
    [InlineData("constant")]
    [InlineData("step")]
    [InlineData("multistep")]
    [InlineData("exponential")]
    [InlineData("plateau")]
    public void It_trains_longer_with_the_bits_of_a_run_of_that_length(string schedule)
    {
        StepList milestones = schedule == "multistep" ? new StepList(1, 3) : StepList.Empty;
        Recipe recipe = Short with { Schedule = schedule, Milestones = milestones, PlateauPatience = 0, EmaDecay = 0.9 };
        using TempFolder folder = new(), whole = new();
        Fit(folder, recipe);
        TrainingResult longer = Fit(folder, recipe with { Epochs = 4 });
        Assert.Equal((4, 8), (longer.Epochs.Count, longer.Steps));
        Fit(whole, recipe with { Epochs = 4 });
        Assert.Equal(File.ReadAllBytes(new RunFolder(whole.Path).Last), File.ReadAllBytes(new RunFolder(folder.Path).Last));
        Assert.Equal(4, new RunFolder(folder.Path).ReadRecipe().Epochs);
        Assert.Equal(4, Fit(folder, new RunFolder(folder.Path).ReadRecipe()).Epochs.Count);
    }

    [Theory]
    [InlineData("cosine", "its schedule (cosine) spreads the rates over the whole run")]
    [InlineData("polynomial", "its schedule (polynomial) spreads the rates over the whole run")]
    [InlineData("onecycle", "its schedule (onecycle) spreads the rates over the whole run")]
    public void A_schedule_that_depends_on_the_length_is_no_run_of_another(string schedule, string expected)
    {
        Recipe recipe = Short with { Schedule = schedule, WarmupSteps = 0 };
        using var folder = new TempFolder();
        Fit(folder, recipe);
        byte[] state = File.ReadAllBytes(new RunFolder(folder.Path).State);
        string message = Assert.Throws<ZooException>(() => Fit(folder, recipe with { Epochs = 4 })).Message;
        Assert.Contains($"the run was started with 2 epochs and cannot go on to 4: {expected}", message, StringComparison.Ordinal);
        Assert.Equal(state, File.ReadAllBytes(new RunFolder(folder.Path).State));
    }

    [Fact]
    public void A_run_that_is_over_for_another_reason_says_so()
    {
        using TempFolder early = new(), done = new(), other = new();
        Recipe stopping = Short with { Epochs = 9, EarlyStopping = 1, LearningRate = 1e-9 };
        int stopped = Fit(early, stopping).Epochs.Count;
        Assert.InRange(stopped, 2, 8);
        Assert.Contains($"cannot go on to 20: it stopped early after epoch {stopped}, because nothing had got better for 1 epochs.",
            Assert.Throws<ZooException>(() => Fit(early, stopping with { Epochs = 20 })).Message, StringComparison.Ordinal);
        Fit(done, Short with { Epochs = 3 });
        Assert.Contains("was started with 3 epochs and cannot go on to 2: it is in epoch 3 already.",
            Assert.Throws<ZooException>(() => Fit(done, Short)).Message, StringComparison.Ordinal);
        Fit(other, Short);
        Assert.Contains("is the state of another run: the recipe's learning_rate was 0.02 and is 0.1. Resume",
            Assert.Throws<ZooException>(() => Fit(other, Short with { Epochs = 4, LearningRate = 0.1 })).Message, StringComparison.Ordinal);
        string data = Assert.Throws<ZooException>(() => Fit(other, Short with { Epochs = 4 }, images: 31)).Message;
        Assert.Contains("is the state of another run: test_data was 32 examples", data, StringComparison.Ordinal);
        Assert.DoesNotContain("epochs", data, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_epochs_that_are_equally_good_the_one_with_the_lowest_test_loss_is_the_best()
    {
        using var folder = new TempFolder();
        using ZooModel model = Samples.Fresh("lenet5");
        using ImageTensors train = Samples.Tensors("lenet5", 32), test = Samples.Tensors("lenet5", 2);
        var options = new TrainerOptions
        {
            BestPath = folder.File("best.safetensors"),
            Describe = r => Samples.Description("lenet5") with { Extra = new Dictionary<string, string> { ["epochs"] = $"{r.Epochs.Count}" } },
        };
        TrainingResult result = new Trainer(model, Samples.Quick with { Epochs = 30, BatchSize = 8 }, options).Fit(train, test);
        EpochResult best = result.Epochs.OrderByDescending(e => e.TestAccuracy).ThenBy(e => e.TestLoss).First();
        Assert.Equal(best.Epoch, result.BestEpoch);
        Assert.Equal($"{best.Epoch}", ModelZoo.Weights.Checkpoint.ReadInfo(options.BestPath).Extra["epochs"]);
        Assert.True(result.Epochs.Count(e => e.TestAccuracy == best.TestAccuracy) > 1);
    }

    private static TrainingResult Fit(TempFolder folder, Recipe recipe, int images = 32)
    {
        using ZooModel model = Samples.Fresh("lenet5");
        using ImageTensors data = Samples.Tensors("lenet5", images);
        var options = new TrainerOptions { RunFolder = folder.Path, Resume = true, Describe = _ => Samples.Description("lenet5") };
        return new Trainer(model, recipe, options).Fit(data, data);
    }
}
