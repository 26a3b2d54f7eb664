using System.Globalization;

namespace ModelZoo.Transfer;

/// <summary>How like the new images are to those that the weights know.</summary>
public enum DataSimilarity
{
    /// <summary>The same kind of image: photographs, and weights from photographs.</summary>
    Similar,

    /// <summary>Another kind: X-rays, and weights from photographs.</summary>
    Different,
}

/// <summary>Which layers to train on so many images, and why.</summary>
/// <param name="Name">"head", "last-stages" or "all".</param>
/// <param name="Plan">What stays as it is.</param>
/// <param name="RateDecay">Each group of layers is trained at the rate of the one behind it times this (Howard and Ruder, "Universal language model
/// fine-tuning", ACL 2018, section 3.2).</param>
/// <param name="Explanation">Why, in words.</param>
public sealed record TransferStrategy(string Name, FreezePlan Plan, double RateDecay, string Explanation)
{
    /// <summary>Below so many images per class, or a thousand in all, data are little.</summary>
    public const int LittlePerClass = 200;

    /// <summary>From so many images per class, and ten thousand in all, data are many.</summary>
    public const int ManyPerClass = 1000;

    private const int Little = 1000, Many = 10_000;

    /// <summary>The names that <see cref="Parse"/> takes, besides "auto".</summary>
    public static IReadOnlyList<string> Names { get; } = ["head", "last-stages", "all"];

    /// <summary>The head alone.</summary>
    public static TransferStrategy Head { get; } = new("head", FreezePlan.HeadOnly, 1, "the head alone is trained, on features that stay as they are");

    /// <summary>The head and the last two stages.</summary>
    public static TransferStrategy LastStages { get; } = new("last-stages", FreezePlan.LastGroups(2), 0.3,
        "the head and the last two stages are trained, earlier ones at a lower rate");

    /// <summary>Every layer, the earlier the slower.</summary>
    public static TransferStrategy All { get; } = new("all", FreezePlan.Nothing, 0.3, "every layer is trained, earlier ones at a lower rate");

    /// <summary>Looks a strategy up.</summary>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public static TransferStrategy Parse(string name) => name switch
    {
        "head" => Head,
        "last-stages" => LastStages,
        "all" => All,
        _ => throw new UsageException($"There is no strategy '{name}'.{NearestName.Hint(name, Names)} Use auto, {string.Join(", ", Names)}."),
    };

    /// <summary>
    /// The usual advice: little data like the old, the head alone; little data unlike it, the last stages as well, because late features are about the old
    /// images and early ones about any; more data, the last stages; much data, everything at lower rates.
    /// </summary>
    /// <param name="images">Training images.</param>
    /// <param name="classes">Their classes.</param>
    /// <param name="similarity">How like the old images they are.</param>
    public static TransferStrategy Suggest(int images, int classes, DataSimilarity similarity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(images);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(classes);
        int perClass = images / classes;
        bool similar = similarity == DataSimilarity.Similar;
        string count = string.Create(CultureInfo.InvariantCulture,
            $"{images} images, {perClass} per class, {(similar ? "like" : "unlike")} those that the weights know: ");
        (TransferStrategy strategy, string why) = perClass < LittlePerClass || images < Little
            ? similar
                ? (Head, "few, so more than the head would be learned by heart, and the features fit them already")
                : (LastStages,
                    "few, so most layers stay, but late features are about other images: the last two stages learn anew on the early ones, which serve "
                    + "any image")
            : perClass >= ManyPerClass && images >= Many
                ? (All, "enough to adapt every layer; a lower rate for the early ones keeps what they know")
                : similar
                    ? (LastStages, "enough to adapt the last two stages, not all")
                    : (All, "enough to adapt layers that were made for other images; a lower rate for the early ones keeps what they know");
        return strategy with { Explanation = $"{count}{why}" };
    }
}
