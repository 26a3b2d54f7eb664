using ModelZoo.Data;
using ModelZoo.Experiments.Comparing;
using ModelZoo.Training;

namespace ModelZoo.Experiments.Tests.Comparing;

/// <summary>A meter that computes nothing and writes down who had a turn when.</summary>
internal sealed class FakeMeter : IModelMeter
{
    internal List<(string Model, bool Memory)> Turns { get; } = [];

    public Turn Measure(ModelChoice model, bool memory)
    {
        Turns.Add((model.Name, memory));
        double seconds = 0.01 * (1 + Turns.Count(t => t.Model == model.Name));
        return model.Name == "convnet"
            ? new(seconds, null) { TrainingProblem = "no <step>" }
            : new(seconds, 3 * seconds) { ForwardPeakBytes = memory ? 1_000_000 : null, TrainingPeakBytes = memory ? 2_500_000 : null };
    }
}

internal static class ComparisonSamples
{
    internal static readonly string[] Documented = ["convnet", "lenet5", "alexnet", "vgg16", "googlenet", "resnet50"];

    /// <summary>Two small models trained on some of the embedded digits for a few passes.</summary>
    internal static TrainingPlan Digits(string budget, params long[] seeds) => new()
    {
        Train = DataSource.Parse("digits").Open(DataSplit.Train).Take(256),
        Test = DataSource.Parse("digits").Open(DataSplit.Test).Take(128),
        Source = "digits",
        Budget = Budget.Parse(budget),
        Seeds = seeds,
        Recipe = new Recipe { Epochs = 10, BatchSize = 32, Optimizer = "adam", LearningRate = 0.002 },
        RecipeName = "a test's",
    };

    internal static ModelComparison Timed(IReadOnlyList<string> models, FakeMeter meter, int rounds = 3) =>
        ModelComparison.Run(new() { Models = ModelChoice.Read(models), Rounds = rounds, Batch = 4, Meter = meter, Command = "zoo compare <a> & b" });
}
