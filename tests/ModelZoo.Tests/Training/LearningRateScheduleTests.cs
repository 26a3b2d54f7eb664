using ModelZoo.Training;
using Xunit;

namespace ModelZoo.Tests.Training;

public class LearningRateScheduleTests
{
    private static double[] Rates(Recipe recipe, int stepsPerEpoch, int steps)
    {
        var schedule = new LearningRateSchedule(recipe, stepsPerEpoch, steps);
        return [.. Enumerable.Range(0, steps).Select(schedule.At)];
    }

    private static void Equal(double[] expected, double[] actual) => Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-9));

    [Fact]
    public void Constant_stays() => Assert.All(Rates(new Recipe { LearningRate = 0.3 }, 2, 6), rate => Assert.Equal(0.3, rate));

    [Fact]
    public void Step_divides_after_every_so_many_epochs() =>
        Equal([1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01], Rates(new Recipe { LearningRate = 1, Schedule = "step", StepSize = 2, Gamma = 0.1, Epochs = 5 }, 2, 9));

    [Fact]
    public void Cosine_falls_from_the_rate_to_nothing() =>
        Equal([1, (1 + Math.Sqrt(0.5)) / 2, 0.5, (1 - Math.Sqrt(0.5)) / 2], Rates(new Recipe { LearningRate = 1, Schedule = "cosine" }, 2, 4));

    [Fact]
    public void Warm_up_rises_linearly_first() =>
        Equal([0.25, 0.5, 0.75, 1, 1, 0.5], Rates(new Recipe { LearningRate = 1, Schedule = "cosine", WarmupEpochs = 2, Epochs = 3 }, 2, 6));

    // torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=10, cycle_momentum=False), PyTorch 1.13.
    [Fact]
    public void One_cycle_is_PyTorchs() => Equal(
        [0.04, 0.52, 1, 0.9504846320, 0.8117456539, 0.6112620219, 0.3887419781, 0.1882583461, 0.0495193680, 0.000004],
        Rates(new Recipe { LearningRate = 1, Schedule = "onecycle" }, 5, 10));

    [Fact]
    public void One_cycle_of_a_single_step_is_finite() => Assert.True(double.IsFinite(Rates(new Recipe { Schedule = "onecycle" }, 1, 1)[0]));
}
