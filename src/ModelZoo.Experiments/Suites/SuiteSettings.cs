using ModelZoo.Training;

namespace ModelZoo.Experiments.Suites;

/// <summary>How the networks of a suite are trained: all alike. Results of other settings are not mixed with these.</summary>
public sealed record SuiteSettings
{
    /// <summary>The suite.</summary>
    public required string Suite { get; init; }

    /// <summary>What the data are called: "cifar10/train".</summary>
    public required string Data { get; init; }

    /// <summary>Pictures to learn.</summary>
    public required int TrainImages { get; init; }

    /// <summary>Pictures kept from training, by which the rate is chosen.</summary>
    public required int ChoiceImages { get; init; }

    /// <summary>Pictures to be measured on.</summary>
    public required int TestImages { get; init; }

    /// <summary>Of them those that the curves are measured on.</summary>
    public required int CurveImages { get; init; }

    /// <summary>Seconds of one processor for each training of the search.</summary>
    public required double SearchSeconds { get; init; }

    /// <summary>Seconds of one processor for each training that counts.</summary>
    public required double BudgetSeconds { get; init; }

    /// <summary>Threads of an operation.</summary>
    public required int Threads { get; init; }

    /// <summary>The highest rate of the cycle: what the search tries.</summary>
    public IReadOnlyList<double> Rates { get; init; } = [0.02, 0.06, 0.2];

    /// <summary>Pictures of a step.</summary>
    public int Batch { get; init; } = 64;

    /// <summary>Whether two are the same settings: the rates are compared one by one.</summary>
    public bool Same(SuiteSettings? other) => other is not null && this == other with { Rates = Rates } && Rates.SequenceEqual(other.Rates);

    /// <summary>The recipe of all: one cycle over as many steps as the budget holds.</summary>
    internal Recipe RecipeOf(double rate, int steps) => new Recipe
    {
        Epochs = (int)Math.Clamp((steps / Math.Max(1, TrainImages / Batch)) + 1L, 1, 100_000),
        BatchSize = Batch,
        Optimizer = "nesterov",
        LearningRate = rate,
        Momentum = 0.9,
        WeightDecay = 5e-4,
        Schedule = "onecycle",
        RandomCropPadding = 4,
        HorizontalFlip = 0.5f,
    }.Validate();
}
