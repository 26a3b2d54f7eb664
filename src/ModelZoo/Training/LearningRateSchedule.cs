namespace ModelZoo.Training;

/// <summary>The learning rate of every step, as a function of the recipe alone.</summary>
public sealed class LearningRateSchedule
{
    // OneCycleLR's defaults in PyTorch: start at max/25, peak after 30 %, end at start/10⁴.
    private const double CycleStart = 25;
    private const double CycleEnd = 1e4;
    private const double CycleRise = 0.3;

    private readonly Recipe recipe;
    private readonly int stepsPerEpoch;
    private readonly int totalSteps;

    /// <param name="recipe">Schedule, rate, warm-up.</param>
    /// <param name="stepsPerEpoch">Steps of one pass over the data.</param>
    /// <param name="totalSteps">Steps of the whole training: where "cosine" and "onecycle" end.</param>
    public LearningRateSchedule(Recipe recipe, int stepsPerEpoch, int totalSteps)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stepsPerEpoch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalSteps);
        (this.recipe, this.stepsPerEpoch, this.totalSteps) = (recipe, stepsPerEpoch, totalSteps);
    }

    /// <summary>The rate of step <paramref name="step"/>, counted from 0.</summary>
    public double At(int step)
    {
        if (recipe.Schedule == "onecycle")
        {
            return OneCycle(step);
        }

        int warmup = recipe.WarmupEpochs * stepsPerEpoch;
        if (step < warmup)
        {
            return recipe.LearningRate * (step + 1) / warmup;
        }

        return recipe.Schedule switch
        {
            "cosine" => Between(recipe.LearningRate, 0, (double)(step - warmup) / Math.Max(1, totalSteps - warmup)),
            "step" => recipe.LearningRate * Math.Pow(recipe.Gamma, step / stepsPerEpoch / recipe.StepSize),
            _ => recipe.LearningRate,
        };
    }

    // L. N. Smith, N. Topin, "Super-convergence", 2017, in PyTorch's two-phase cosine form (without its cycle of the momentum).
    private double OneCycle(int step)
    {
        double peak = CycleRise * totalSteps - 1;
        double start = recipe.LearningRate / CycleStart;
        return step <= peak
            ? Between(start, recipe.LearningRate, step / peak)
            : Between(recipe.LearningRate, start / CycleEnd, (step - peak) / Math.Max(1, totalSteps - 1 - peak));
    }

    // Half a cosine from one value to the other.
    private static double Between(double from, double to, double share) => to + (from - to) / 2 * (1 + Math.Cos(Math.PI * Math.Min(share, 1)));
}
