namespace ModelZoo.Training;

/// <summary>How a model is trained: the hyper-parameters, and nothing about the model or the data. Read from models/*/recipe.json or a user's file.</summary>
public sealed partial record Recipe
{
    /// <summary>Passes over the training images.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Images per step; the last step of an epoch takes what is left.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>One of <see cref="Optimizers"/>.</summary>
    public string Optimizer { get; init; } = "sgd";

    /// <summary>The base rate; of the one-cycle schedule the highest.</summary>
    public double LearningRate { get; init; } = 0.01;

    /// <summary>For sgd, momentum, nesterov and rmsprop.</summary>
    public double Momentum { get; init; }

    /// <summary>For sgd with momentum: look ahead along the step, as "nesterov" does.</summary>
    public bool Nesterov { get; init; }

    /// <summary>L2 penalty on the trained parameters (<see cref="DecayNormAndBias"/>); decoupled from the gradient with adamw.</summary>
    public double WeightDecay { get; init; }

    /// <summary>One of <see cref="Schedules"/>.</summary>
    public string Schedule { get; init; } = "constant";

    /// <summary>With "step": epochs (<see cref="ScheduleUnit"/>) between two reductions.</summary>
    public int StepSize { get; init; } = 1;

    /// <summary>With "step", "multistep", "exponential" and "plateau": the factor of each reduction.</summary>
    public double Gamma { get; init; } = 0.1;

    /// <summary>Epochs over which the rate first rises linearly to the schedule's; not with "onecycle", which has its own.</summary>
    public int WarmupEpochs { get; init; }

    /// <summary>The share of the target that is spread evenly over all classes (Szegedy et al. 2016, section 7).</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>For predicting a number, one of <see cref="Losses"/>: the squared or the absolute error; null: the squared one.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public string? Loss { get; init; }

    /// <summary>Augmentation: each training image moves by up to this many pixels along each axis, zeros coming in.</summary>
    public float RandomShift { get; init; }

    /// <summary>Augmentation: each training image turns by up to this many degrees either way.</summary>
    public float RandomRotation { get; init; }

    /// <summary>Augmentation: each training image grows or shrinks by up to this share of its size.</summary>
    public float RandomScale { get; init; }

    /// <summary>
    /// One of <see cref="Precisions"/>: "bf16" trains convolutions and linear layers in bfloat16 with float32 weights behind them and is refused where the
    /// machine would emulate it; "auto" does so where the machine computes in bfloat16 and trains in float32 elsewhere.
    /// </summary>
    public string Precision { get; init; } = "fp32";

    /// <summary>
    /// Keeps the channels of a pixel side by side in memory: faster for most convolutional networks, the same shapes and the same results but for rounding.
    /// </summary>
    public bool ChannelsLast { get; init; } = true;

    /// <summary>What <see cref="Precision"/> may be.</summary>
    public static IReadOnlyList<string> Precisions { get; } = ["fp32", "bf16", "auto"];

    /// <summary>What <see cref="Loss"/> may be.</summary>
    public static IReadOnlyList<string> Losses { get; } = ["mse", "l1"];

    /// <summary>What <see cref="Optimizer"/> may be.</summary>
    public static IReadOnlyList<string> Optimizers { get; } = ["gd", "sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw"];

    /// <summary>What <see cref="Schedule"/> may be.</summary>
    public static IReadOnlyList<string> Schedules { get; } = ["constant", "step", "multistep", "exponential", "polynomial", "cosine", "onecycle", "plateau"];

    /// <summary>Checks every value.</summary>
    /// <param name="displayName">What the message calls the recipe.</param>
    /// <returns>This recipe.</returns>
    /// <exception cref="ZooException">A value is out of range; the message names its key and the range.</exception>
    public Recipe Validate(string displayName = "recipe")
    {
        Range(Epochs is >= 1 and <= 100_000, "epochs", Epochs, "1 … 100000");
        Range(BatchSize is >= 1 and <= 1_000_000, "batch_size", BatchSize, "1 … 1000000");
        Range(LearningRate is > 0 and <= 1000, "learning_rate", LearningRate, "above 0, up to 1000");
        Range(Momentum is >= 0 and < 1, "momentum", Momentum, "0 … below 1");
        Range(WeightDecay is >= 0 and <= 1, "weight_decay", WeightDecay, "0 … 1");
        Range(StepSize >= 1, "step_size", StepSize, "1 or more (epochs)");
        Range(Gamma is > 0 and <= 1, "gamma", Gamma, "above 0, up to 1");
        Range(WarmupEpochs >= 0 && WarmupEpochs <= Epochs, "warmup_epochs", WarmupEpochs, "0 … epochs");
        Range(LabelSmoothing is >= 0 and < 1, "label_smoothing", LabelSmoothing, "0 … below 1");
        ValidateAugmentation(Range, (key, value, known) => Known(displayName, key, value, known));
        Known(displayName, "optimizer", Optimizer, Optimizers);
        Known(displayName, "schedule", Schedule, Schedules);
        Known(displayName, "precision", Precision, Precisions);
        Known(displayName, "loss", Loss ?? Losses[0], Losses);
        ValidateOptimization(displayName);
        ValidateClasses(displayName);
        if (Nesterov && (Optimizer != "sgd" || Momentum == 0))
        {
            throw new ZooException($"{displayName}: nesterov needs the optimizer sgd with a momentum above 0.");
        }

        return Schedule == "onecycle" && WarmupEpochs + WarmupSteps > 0
            ? throw new ZooException($"{displayName}: the schedule onecycle warms up by itself. Leave warmup_epochs and warmup_steps out.")
            : this;

        void Range(bool valid, string key, IFormattable value, string range)
        {
            if (!valid)
            {
                throw OutOfRange(displayName, key, value, range);
            }
        }
    }

    private static ZooException OutOfRange(string displayName, string key, IFormattable value, string range) =>
        new(FormattableString.Invariant($"{displayName}: {key} is {value}; it must be {range}."));

    private static void Known(string displayName, string key, string value, IReadOnlyList<string> known)
    {
        if (!known.Contains(value))
        {
            throw new ZooException($"{displayName}: {key} is '{value}'.{NearestName.Hint(value, known)} It must be one of {string.Join(", ", known)}.");
        }
    }
}
