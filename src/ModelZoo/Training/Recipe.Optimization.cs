namespace ModelZoo.Training;

// What the optimizer, its learning rate and the averages do beyond the basic keys.
public sealed partial record Recipe
{
    /// <summary>Where the figures are from: a paper's section, or why they are others. Not used in training.</summary>
    public string Source { get; init; } = "";

    /// <summary>Ends the training after so many steps even if epochs are left, and the schedule with it; 0: epochs decide.</summary>
    public int MaxSteps { get; init; }

    /// <summary>Batches whose gradients are added up to one step, as of one large batch; "gd" adds up the whole epoch.</summary>
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>Adam's decay of the gradient's mean.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Adam's decay of the gradient's square.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>RMSprop's decay of the gradient's square.</summary>
    public double Alpha { get; init; } = 0.99;

    /// <summary>What adam, adamw and rmsprop add to the root before they divide by it.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Whether the weight decay shrinks normalization layers' parameters and biases too.</summary>
    public bool DecayNormAndBias { get; init; } = true;

    /// <summary>With "multistep": the epochs or steps after which the rate is multiplied by gamma, rising.</summary>
    public StepList Milestones { get; init; } = StepList.Empty;

    /// <summary>What <see cref="StepSize"/>, <see cref="Milestones"/> and "exponential" count: one of <see cref="ScheduleUnits"/>.</summary>
    public string ScheduleUnit { get; init; } = "epochs";

    /// <summary>The schedule's lowest rate: where "cosine" and "polynomial" end, below which "plateau" and "exponential" do not go.</summary>
    public double MinLearningRate { get; init; }

    /// <summary>With "polynomial": the exponent.</summary>
    public double Power { get; init; } = 1;

    /// <summary>With "plateau": tests without improvement that are borne before the rate is multiplied by gamma.</summary>
    public int PlateauPatience { get; init; } = 10;

    /// <summary>With "plateau": the share by which the test error must fall to count as an improvement.</summary>
    public double PlateauThreshold { get; init; } = 1e-4;

    /// <summary>Steps over which the rate first rises linearly, instead of <see cref="WarmupEpochs"/>.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>Gradients whose norm over all parameters is larger are scaled down to it; 0: never.</summary>
    public double ClipNorm { get; init; }

    /// <summary>Each gradient's elements are cut to ± this; 0: never.</summary>
    public double ClipValue { get; init; }

    /// <summary>
    /// Whether the learning rate is found by a range test before the training (<see cref="LearningRateFinder"/>); the rate of the recipe is then not used.
    /// </summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault)]
    public bool FindLearningRate { get; init; }

    /// <summary>
    /// Whether batch normalization takes mean and variance of the whole batch where several processes share it
    /// (<see cref="TrainerOptions.Ranks"/>), instead of each process's part.
    /// </summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingDefault)]
    public bool SyncBatchNorm { get; init; }

    /// <summary>Decay per step of an average over the weights of all steps, lower at first: min(decay, (1 + step)/(10 + step)); 0: no average.</summary>
    public double EmaDecay { get; init; }

    /// <summary>With an average: whether it is what is tested, saved and given back; else it is saved beside the weights, as ema.safetensors.</summary>
    public bool EmaResult { get; init; } = true;

    /// <summary>Ends the training after so many tests without a better test accuracy (training loss, where nothing is tested); 0: never.</summary>
    public int EarlyStopping { get; init; }

    /// <summary>What <see cref="ScheduleUnit"/> may be.</summary>
    public static IReadOnlyList<string> ScheduleUnits { get; } = ["epochs", "steps"];

    /// <summary>The momentum that is used: "momentum" and "nesterov" mean 0.9 where none is given.</summary>
    internal double EffectiveMomentum => Optimizer switch
    {
        "momentum" or "nesterov" => Momentum == 0 ? 0.9 : Momentum,
        "sgd" or "rmsprop" => Momentum,
        _ => 0,
    };

    internal bool LooksAhead => Optimizer == "nesterov" || (Optimizer == "sgd" && Nesterov);

    private void ValidateOptimization(string displayName)
    {
        Check(MaxSteps >= 0, "max_steps", MaxSteps, "0 (no limit) or more");
        Check(AccumulationSteps is >= 1 and <= 1_000_000, "accumulation_steps", AccumulationSteps, "1 … 1000000");
        Check(Beta1 is >= 0 and < 1, "beta1", Beta1, "0 … below 1");
        Check(Beta2 is >= 0 and < 1, "beta2", Beta2, "0 … below 1");
        Check(Alpha is >= 0 and < 1, "alpha", Alpha, "0 … below 1");
        Check(Epsilon is > 0 and <= 10, "epsilon", Epsilon, "above 0, up to 10");
        Check(MinLearningRate >= 0 && MinLearningRate <= LearningRate, "min_learning_rate", MinLearningRate, "0 … learning_rate");
        Check(Power is > 0 and <= 100, "power", Power, "above 0, up to 100");
        Check(PlateauPatience is >= 0 and <= 100_000, "plateau_patience", PlateauPatience, "0 … 100000 (tests)");
        Check(PlateauThreshold is >= 0 and < 1, "plateau_threshold", PlateauThreshold, "0 … below 1");
        Check(WarmupSteps >= 0, "warmup_steps", WarmupSteps, "0 or more");
        Check(ClipNorm is >= 0 and <= 1e9, "clip_norm", ClipNorm, "0 (never) or more");
        Check(ClipValue is >= 0 and <= 1e9, "clip_value", ClipValue, "0 (never) or more");
        Check(EmaDecay is >= 0 and < 1, "ema_decay", EmaDecay, "0 … below 1");
        Check(EarlyStopping is >= 0 and <= 100_000, "early_stopping", EarlyStopping, "0 (never) … 100000 (tests)");
        Known(displayName, "schedule_unit", ScheduleUnit, ScheduleUnits);
        bool rising = Milestones.All(m => m > 0) && Milestones.Zip(Milestones.Skip(1)).All(pair => pair.First < pair.Second);
        if (!rising || (Schedule == "multistep") != (Milestones.Count > 0))
        {
            throw new ZooException($"{displayName}: milestones is {Milestones}; "
                + (rising ? "the schedule multistep needs some, and no other schedule has them." : "they must be rising, from 1 on."));
        }

        if (WarmupEpochs > 0 && WarmupSteps > 0)
        {
            throw new ZooException($"{displayName}: there are both warmup_epochs and warmup_steps. Leave one out.");
        }

        void Check(bool valid, string key, IFormattable value, string range)
        {
            if (!valid)
            {
                throw OutOfRange(displayName, key, value, range);
            }
        }
    }
}
