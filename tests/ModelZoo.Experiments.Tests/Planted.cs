using ModelZoo.Experiments.Training;

namespace ModelZoo.Experiments.Tests;

/// <summary>Runs that were never run, for verdicts to judge.</summary>
internal static class Planted
{
    /// <summary>A run whose loss and errors fall in a straight line over four epochs of ten steps to what is given.</summary>
    public static Measured Run(double loss = 0.5, double train = 10, double test = 20, double trainLoss = 0.4, double testLoss = 0.6,
        params (string Name, double[] Values)[] more) => new()
        {
            Epochs = [.. Enumerable.Range(1, 4).Select(e =>
            new EpochPoint(e, 10 * e, 2.3 + ((loss - 2.3) * e / 4), 90 + ((train - 90) * e / 4), 90 + ((test - 90) * e / 4), e))],
            PlannedSteps = 40,
            TrainError = train,
            TrainLoss = trainLoss,
            TestError = test,
            TestLoss = testLoss,
            More = more.ToDictionary(m => m.Name, m => (IReadOnlyList<double>)m.Values),
        };

    /// <summary>A run that reaches any threshold in so many steps: all of the fall lies there.</summary>
    public static Measured Sudden(double steps) => Run() with
    {
        Epochs = [new(1, 2, 2.3, 90, 90, 1), new(2, (2 * (int)steps) - 2, 0.01, 0.01, 0.01, 2)],
        PlannedSteps = 1000,
    };

    /// <summary>Three seeds for each variant: the run of the variant, its numbers moved by the seed's noise.</summary>
    public static RunTable Table(TrainingExperiment experiment, Func<string, double, Measured> run, params double[] noise) =>
        new(experiment.Variants.ToDictionary(v => v, v =>
            (IReadOnlyList<Measured>)[.. (noise.Length == 0 ? [-0.02, 0.01, 0.02] : noise).Select((n, seed) => run(v, n))]));
}
