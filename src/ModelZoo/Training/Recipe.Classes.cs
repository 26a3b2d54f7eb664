using System.Text.Json.Serialization;

namespace ModelZoo.Training;

// What the loss looks at beside the labels: how many examples classes have, and what a teacher says. Keys that are not used are not written, so that runs
// of before go on.
public sealed partial record Recipe
{
    /// <summary>How much each class counts in the loss; null: all alike.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ClassWeights? ClassWeights { get; init; }

    /// <summary>
    /// "natural": every example once an epoch; "balanced": every class as often, in as many steps (small classes repeat, each time changed anew where images
    /// are changed at random; of large ones each epoch draws a part); null: natural.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sampling { get; init; }

    /// <summary>γ of the focal loss (Lin et al. 2017, whose best is 2) instead of the cross entropy, which it is at 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double FocalGamma { get; init; }

    /// <summary>With a teacher: what its logits and the model's are divided by; null: <see cref="Teacher.UsualTemperature"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? DistillTemperature { get; init; }

    /// <summary>With a teacher: the share of its answers in the loss, the labels having the rest; null: <see cref="Teacher.UsualAlpha"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? DistillAlpha { get; init; }

    /// <summary>What <see cref="Sampling"/> may be.</summary>
    public static IReadOnlyList<string> Samplings { get; } = ["natural", "balanced"];

    /// <summary>Whether every class is seen as often.</summary>
    internal bool SamplesEvenly => Sampling == "balanced";

    private void ValidateClasses(string displayName)
    {
        Known(displayName, "sampling", Sampling ?? Samplings[0], Samplings);
        if (FocalGamma is not (>= 0 and <= 10))
        {
            throw OutOfRange(displayName, "focal_gamma", FocalGamma, "0 … 10");
        }

        if (DistillTemperature is not (null or (> 0 and <= 1000)))
        {
            throw OutOfRange(displayName, "distill_temperature", DistillTemperature.Value, "above 0, up to 1000");
        }

        if (DistillAlpha is not (null or (>= 0 and <= 1)))
        {
            throw OutOfRange(displayName, "distill_alpha", DistillAlpha.Value, "0 … 1");
        }

        if (FocalGamma > 0 && LabelSmoothing > 0)
        {
            throw new ZooException($"{displayName}: focal_gamma and label_smoothing pull in opposite directions, and the focal loss is not defined for both. "
                + "Leave one out.");
        }
    }
}
