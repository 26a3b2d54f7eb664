using System.Globalization;
using ModelZoo.Models;
using ModelZoo.Registry;

namespace ModelZoo.Experiments.Comparing;

/// <summary>How often a trained network is right, and who says so.</summary>
/// <param name="Data">What it was measured on.</param>
/// <param name="Top1">In percent; null where only the other is told.</param>
/// <param name="Top5">In percent; null where only the other is told.</param>
/// <param name="Source">Who measured it and how.</param>
public sealed record Accuracy(string Data, double? Top1, double? Top5, string Source)
{
    /// <summary>The weights that it holds for ("resnet50:imagenet1k_v1", a checkpoint's path); empty where nobody has them.</summary>
    public string Weights { get; init; } = "";

    /// <summary>ImageNet's validation images.</summary>
    internal const string ImageNet = "ImageNet val";

    /// <summary>What is published: weights of others first, the oldest first, then what the paper reports of its own.</summary>
    internal static IReadOnlyList<Accuracy> PublishedOf(ModelInfo info) => [.. info.Published.Select(w => Of(info, w)), .. PaperErrors.Of(info.Name)];

    internal static Accuracy Of(ModelInfo info, PublishedWeights weights) =>
        new(ImageNet, weights.Top1, weights.Top5, $"published, torchvision, {weights.Name}") { Weights = $"{info.Name}:{weights.Name}" };

    /// <summary>What the zoo measured of the weights that it ships.</summary>
    internal static IReadOnlyList<Accuracy> ShippedOf(ModelInfo info) => [
        .. (Catalog.TryCardOf(info)?.Weights ?? new Dictionary<string, WeightsCard>()).Where(w => w.Value.Accuracy is not null)
            .Select(w => new Accuracy(w.Value.Data
                ?? "", 100 * w.Value.Accuracy, null,
                $"measured by the zoo{(w.Value.Images is { } n ? $", {n.ToString("N0", CultureInfo.InvariantCulture)} images" : "")} "
                + $"({info.Name}:{w.Key})") { Weights = $"{info.Name}:{w.Key}" }),
    ];
}
