using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

[Collection(TorchCollection.Name)]
public class LearningRateFinderTests
{
    private static readonly RangeTestOptions Short = new() { From = 1e-5, To = 100, Steps = 40 };

    [Fact]
    public void The_rule_is_followed_on_a_curve_that_is_known()
    {
        // Falls from 2.3 around 1e-3, is lowest at 0.1 and grows beyond: the suggestion is 0.01.
        var options = new RangeTestOptions { Steps = 141 };
        LearningRateTest test = LearningRateTest.Of([.. Enumerable.Range(0, 141).Select(i => (options.At(i), Loss(options.At(i))))], diverged: false);
        Assert.Equal(0.01, test.Suggestion!.Value, 0.0015);
        Assert.InRange(test.Steepest.Rate, 5e-4, 3e-2);
        Assert.Equal(1e-6, options.At(0), 1e-12);
        Assert.Equal(10, options.At(140), 1e-9);
        Assert.Null(LearningRateTest.Of([.. Enumerable.Range(0, 50).Select(i => (options.At(i), 2.3 + 0.001 * (i % 2)))], false).Suggestion); // nowhere learned
        Assert.Contains("did not fall", Assert.Throws<ZooException>(() => LearningRateTest.Of([(1e-3, 1), (1e-2, 2)], false).MustSuggest()).Message,
            StringComparison.Ordinal);
        Assert.Contains("<svg", test.Draw("curve"), StringComparison.Ordinal);

        static double Loss(double rate)
        {
            double log = Math.Log10(rate);
            return log < -1 ? 0.3 + 2.0 / (1 + Math.Exp(3 * (log + 2.5))) : 0.3 + 2.0 / (1 + Math.Exp(4.5)) + Math.Pow(log + 1, 2);
        }
    }

    [Fact]
    public void Weights_buffers_and_modes_are_as_if_it_had_not_been()
    {
        using var model = new Normalized();
        using ImageTensors data = Vectors();
        model.First.weight.requires_grad = false;
        Dictionary<string, byte[]> before = Samples.Bytes(model);
        LearningRateTest test = LearningRateFinder.Run(model, Samples.Quick, data, new TrainerOptions { Seed = 3 }, Short);
        Assert.All(Samples.Bytes(model), entry => Assert.Equal(before[entry.Key], entry.Value));
        Assert.Equal((false, true, true), (model.First.weight.requires_grad, model.First.bias!.requires_grad, model.training));
        Assert.All(model.parameters(), p => Assert.True(p.grad is null || p.grad.count_nonzero().item<long>() == 0));
        Assert.True(test.Points.Count > 10);
    }

    [Fact]
    public void A_rate_that_is_found_is_the_runs_and_goes_on_with_it()
    {
        using var folder = new TempFolder();
        Recipe recipe = Samples.Quick with { FindLearningRate = true, LearningRate = 1e-9, Epochs = 3 };
        TrainingResult whole = Fit(folder.File("whole"), recipe, null, false, out byte[] expected);
        double rate = whole.Recipe!.LearningRate;
        Assert.InRange(rate, 1e-4, 1);
        Assert.Equal((rate, false), (new RunFolder(folder.File("whole")).ReadRecipe().LearningRate, whole.Recipe.FindLearningRate));
        Assert.Equal(rate, double.Parse($"{whole.RangeTest!.MustSuggest():G2}", System.Globalization.CultureInfo.InvariantCulture));
        Fit(folder.File("halved"), recipe, TimeSpan.Zero, false, out _);
        TrainingResult resumed = Fit(folder.File("halved"), recipe, null, true, out byte[] found);
        Assert.Equal(rate, resumed.Recipe!.LearningRate);
        Assert.Equal(expected, found);
        Assert.Null(resumed.RangeTest);

        // The same rate given by hand is the same training: the test before it left no trace.
        Fit(folder.File("given"), recipe with { FindLearningRate = false, LearningRate = rate }, null, false, out byte[] given);
        Assert.Equal(expected, given);
    }

    [Fact]
    public void A_rate_on_the_command_line_wins_over_a_search_and_impossible_ranges_are_refused()
    {
        Assert.False((Samples.Quick with { FindLearningRate = true }).With("learning_rate", "0.1").FindLearningRate);
        Assert.Throws<UsageException>(() => new RangeTestOptions { From = 1, To = 0.1 }.Validate());
        Assert.Throws<UsageException>(() => new RangeTestOptions { Steps = 3 }.Validate());
    }

    private static TrainingResult Fit(string path, Recipe recipe, TimeSpan? limit, bool resume, out byte[] weights)
    {
        using ZooModel model = Samples.Fresh("small_cnn");
        using ImageTensors data = Samples.Tensors("small_cnn", 64);
        TrainingResult result = new Trainer(model, recipe, new TrainerOptions
        {
            Seed = 4,
            RunFolder = path,
            Resume = resume,
            TimeLimit = limit,
            Describe = _ => Samples.Description("small_cnn"),
        }).Fit(data, null);
        weights = Samples.Bytes(model)["fc.weight"];
        return result;
    }

    private static ImageTensors Vectors()
    {
        random.manual_seed(1);
        return ImageTensors.FromTensors(randn(48, 4), arange(48).remainder(3).to(ScalarType.Int64), ["a", "b", "c"]);
    }
}
