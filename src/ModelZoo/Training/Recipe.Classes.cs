using System.Text.Json.Serialization;

namespace ModelZoo.Training;

// What is done where some classes have many examples and others few. Keys that are not used are not written, so that runs of before go on.
public sealed partial record Recipe
{
    /// <summary>How much each class counts in the loss; null: all alike.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ClassWeights? ClassWeights { get; init; }

    /// <summary>
    /// "natural": every example once an epoch; "balanced": every class as often, in as many steps (small classes repeat, each time changed anew where images are
    /// changed at random; of large ones each epoch draws a part); null: natural.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sampling { get; init; }

    /// <summary>γ of the focal loss (Lin et al. 2017, whose best is 2) instead of the cross entropy, which it is at 0.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double FocalGamma { get; init; }

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

        if (FocalGamma > 0 && LabelSmoothing > 0)
        {
            throw new ZooException($"{displayName}: focal_gamma and label_smoothing pull in opposite directions, and the focal loss is not defined for both. "
                + "Leave one out.");
        }
    }
}
