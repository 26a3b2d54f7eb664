namespace ModelZoo.Training;

/// <summary>The learning rate of every step, as a function of the recipe alone; "plateau" multiplies it by what <see cref="Plateau"/> has found.</summary>
public sealed class LearningRateSchedule
{
    // OneCycleLR's defaults in PyTorch: start at max/25, peak after 30 %, end at start/10⁴.
    private const double CycleStart = 25;
    private const double CycleEnd = 1e4;
    private const double CycleRise = 0.3;

    private readonly Recipe recipe;
    private readonly int stepsPerEpoch;
    private readonly int totalSteps;
    private readonly int warmup;

    /// <param name="recipe">Schedule, rate, warm-up.</param>
    /// <param name="stepsPerEpoch">Steps of one pass over the data.</param>
    /// <param name="totalSteps">Steps of the whole training: where "cosine", "polynomial" and "onecycle" end.</param>
    public LearningRateSchedule(Recipe recipe, int stepsPerEpoch, int totalSteps)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stepsPerEpoch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(totalSteps);
        (this.recipe, this.stepsPerEpoch, this.totalSteps) = (recipe, stepsPerEpoch, totalSteps);
        warmup = recipe.WarmupSteps > 0 ? recipe.WarmupSteps : recipe.WarmupEpochs * stepsPerEpoch;
    }

    /// <summary>The rate of step <paramref name="step"/>, counted from 0.</summary>
    public double At(int step)
    {
        if (recipe.Schedule == "onecycle")
        {
            return OneCycle(step);
        }

        if (step < warmup)
        {
            return recipe.LearningRate * (step + 1) / warmup;
        }

        (double highest, double lowest) = (recipe.LearningRate, recipe.MinLearningRate);
        int units = recipe.ScheduleUnit == "steps" ? step : step / stepsPerEpoch;
        double share = Math.Min(1, (double)(step - warmup) / Math.Max(1, totalSteps - warmup));
        return recipe.Schedule switch
        {
            "cosine" => Between(highest, lowest, share),
            "polynomial" => lowest + (highest - lowest) * Math.Pow(1 - share, recipe.Power),
            "step" => highest * Math.Pow(recipe.Gamma, units / recipe.StepSize),
            "multistep" => highest * Math.Pow(recipe.Gamma, Passed(units)),
            "exponential" => Math.Max(lowest, highest * Math.Pow(recipe.Gamma, units)),
            _ => highest,
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

    private int Passed(int units)
    {
        int passed = 0;
        while (passed < recipe.Milestones.Count && recipe.Milestones[passed] <= units)
        {
            passed++;
        }

        return passed;
    }

    // Half a cosine from one value to the other.
    private static double Between(double from, double to, double share) => to + (from - to) / 2 * (1 + Math.Cos(Math.PI * Math.Min(share, 1)));
}

/// <summary>
/// AlexNet's schedule: the rate is divided "by 10 when the validation error rate stopped improving" (Krizhevsky et al. 2012, section 5), in the form of
/// PyTorch's ReduceLROnPlateau with mode "min" and a relative threshold.
/// </summary>
public sealed class Plateau
{
    /// <summary>What the recipe's rate is multiplied by.</summary>
    public double Factor { get; set; } = 1;

    /// <summary>The lowest error so far; null before the first.</summary>
    public double? Best { get; set; }

    /// <summary>Errors since then that were no improvement.</summary>
    public int Waited { get; set; }

    /// <summary>Takes the error of another test, and lowers <see cref="Factor"/> when the recipe's patience is at its end.</summary>
    /// <param name="error">The smaller the better.</param>
    /// <param name="recipe">Patience, threshold, factor, lowest rate.</param>
    public void Observe(double error, Recipe recipe)
    {
        ArgumentNullException.ThrowIfNull(recipe);
        if (Best is null || error < Best * (1 - recipe.PlateauThreshold))
        {
            (Best, Waited) = (error, 0);
            return;
        }

        if (++Waited > recipe.PlateauPatience)
        {
            double lowest = recipe.MinLearningRate / recipe.LearningRate;
            Factor = Math.Max(Factor * recipe.Gamma, Math.Min(Factor, lowest));
            Waited = 0;
        }
    }
}
