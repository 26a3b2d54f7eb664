using ModelZoo.Experiments.Comparing;
using ModelZoo.Training;
using Xunit;

namespace ModelZoo.Experiments.Tests.Comparing;

[Collection(TorchCollection.Name)]
public class BudgetTrainingTests
{
    [Fact]
    public void Two_small_models_learn_digits_with_two_seeds_each()
    {
        ModelComparison comparison = ModelComparison.Run(new()
        {
            Models = ModelChoice.Read(["lenet5", "small_cnn"]),
            Rounds = 0,
            Training = ComparisonSamples.Digits("4e", 0, 1)
        });
        Assert.Null(comparison.Timing);
        Assert.Equal("4 epochs", comparison.Training!.BudgetInWords);
        foreach (ComparedModel model in comparison.Models)
        {
            Assert.Equal([0L, 1L], model.Trained!.Runs.Select(r => r.Seed));
            Assert.All(model.Trained.Runs, run =>
            {
                Assert.Equal([1, 2, 3, 4], run.Points.Select(p => p.Epoch));
                Assert.Equal(4 * 8, run.Steps); // 256 images, 32 a step
                Assert.True(run.Points.Zip(run.Points.Skip(1)).All(p => p.Second.Seconds > p.First.Seconds));
            });
            Assert.True(model.Trained.TestAccuracy!.Mean > 40, $"{model.Name}: {model.Trained.TestAccuracy.Mean}"); // guessing gives 10 %
            Assert.True(model.Trained.Runs[0].Points[^1].Loss != model.Trained.Runs[1].Points[^1].Loss, "Seeds differ.");
        }

        string page = ComparisonPage.Write(comparison);
        Assert.Contains("Learning by epochs", page, StringComparison.Ordinal);
        Assert.Contains("Learning by time", page, StringComparison.Ordinal);
        Assert.Contains("class=\"band c0\"", page, StringComparison.Ordinal);
        Assert.Contains(" ± ", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_budget_of_time_becomes_as_many_steps_for_every_seed()
    {
        ModelComparison comparison = ModelComparison.Run(new()
        {
            Models = ModelChoice.Read(["lenet5"]),
            Rounds = 0,
            Training = ComparisonSamples.Digits("1s", 3, 4)
        });
        SeedRun[] runs = [.. comparison.Models[0].Trained!.Runs];
        Assert.Equal(runs[0].Steps, runs[1].Steps);
        Assert.InRange(runs.Average(r => r.Points[^1].Seconds), 0.2, 5); // the machine may be busy
    }

    [Theory]
    [InlineData("90s", 90, null)]
    [InlineData("2m", 120, null)]
    [InlineData("1.5h", 5400, null)]
    [InlineData("3e", null, 3)]
    public void Budgets_are_times_or_epochs(string text, int? seconds, int? epochs)
    {
        Budget budget = Budget.Parse(text);
        Assert.Equal((seconds, epochs), ((int?)budget.Time?.TotalSeconds, budget.Epochs));
        Assert.Equal(budget, Budget.Parse(budget.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("e")]
    [InlineData("0e")]
    [InlineData("1.5e")]
    [InlineData("-2m")]
    [InlineData("2 m")]
    [InlineData("0s")]
    [InlineData("NaNs")]
    [InlineData("1e9h")]
    [InlineData("2d")]
    public void What_is_no_budget_is_refused_by_name(string text) =>
        Assert.Contains($"--budget takes a time such as 90s, 2m or 1h, or epochs such as 3e, not '{text}'",
            Assert.Throws<UsageException>(() => Budget.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_recipe_keeps_its_proportions_within_the_budget()
    {
        // ResNet-20's 64,000 steps with a tenth of the rate after 32,000 and 48,000, in 4 epochs of 256 images: 4 × 2 steps of 128.
        ModelComparison comparison = ModelComparison.Run(new()
        {
            Models = ModelChoice.Read(["resnet20"], o => o with { InputHeight = 16, InputWidth = 16 }),
            Rounds = 0,
            Training = ComparisonSamples.Digits("4e", 0) with { Recipe = null }
        });
        var recipe = Recipe.Parse(comparison.Models[0].Trained!.Recipe, "recipe");
        Assert.Equal((4, 0, 128), (recipe.Epochs, recipe.MaxSteps, recipe.BatchSize));
        Assert.Equal([4, 6], recipe.Milestones);
        Assert.Equal(8, comparison.Models[0].Trained!.Runs[0].Steps);
    }

    [Fact]
    public void A_model_without_classes_is_refused_before_anything_runs()
    {
        var said = new List<string>();
        Assert.Contains("encdec_nearest makes an image", Assert.Throws<UsageException>(() => ModelComparison.Run(new()
        {
            Models = ModelChoice.Read(["lenet5", "encdec_nearest"]),
            Rounds = 0,
            Training = ComparisonSamples.Digits("1e", 0),
            Say = said.Add,
        })).Message, StringComparison.Ordinal);
        Assert.Empty(said);
    }

    [Fact]
    public void A_training_that_diverges_is_told_and_the_others_go_on()
    {
        TrainingPlan wild = ComparisonSamples.Digits("1e", 0) with { Recipe = new() { Epochs = 1, BatchSize = 32, Optimizer = "sgd", LearningRate = 1000 } };
        ModelComparison comparison = ModelComparison.Run(new() { Models = ModelChoice.Read(["lenet5", "small_cnn"]), Rounds = 0, Training = wild });
        Assert.All(comparison.Models, m => Assert.True(m.Trained!.Runs[0].Problem is not null || m.Trained.TestAccuracy is not null));
        Assert.Contains(comparison.Models, m => m.Trained!.Runs[0].Problem is { } p && p.Contains("The loss became", StringComparison.Ordinal));
        Assert.Contains("The loss became", ComparisonPage.Write(comparison), StringComparison.Ordinal);
    }

    [Fact]
    public void Spreads_are_medians_means_and_sample_deviations()
    {
        var spread = new Spread([4, 1, 3, 2]);
        Assert.Equal((2.5, 1, 4, 2.5), (spread.Median, spread.Min, spread.Max, spread.Mean));
        Assert.Equal(Math.Sqrt(5.0 / 3), spread.Deviation, 12);
        Assert.Equal((3.0, 0.0), (new Spread([3]).Median, new Spread([3]).Deviation));
    }
}
