using System.Globalization;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Statistics;

namespace ModelZoo.Experiments.Comparing;

/// <summary>How often a trained network is right, and who says so.</summary>
/// <param name="Data">What it was measured on.</param>
/// <param name="Top1">In percent; null where only the other is published.</param>
/// <param name="Top5">In percent; null where only the other is published.</param>
/// <param name="Source">Who measured it and how.</param>
public sealed record Accuracy(string Data, double? Top1, double? Top5, string Source)
{
    /// <summary>The weights that it holds for ("resnet50:imagenet1k_v1", a checkpoint's path); empty where nobody has them.</summary>
    public string Weights { get; init; } = "";

    /// <summary>How many images it was measured on; null where that is not known.</summary>
    public int? Images { get; init; }

    /// <summary>Where <see cref="Top1"/> on all such images lies with 95 % confidence, as shares; null where the number of images is not known.</summary>
    public Interval? Top1Interval => Top1 is { } top && Images is { } n ? Interval.OfShare(top / 100, n) : null;

    /// <summary>ImageNet's validation images.</summary>
    internal const string ImageNet = "ImageNet val";

    /// <summary>What is published: weights of others first, the oldest first, then what the paper reports of its own.</summary>
    internal static IReadOnlyList<Accuracy> PublishedOf(ModelInfo info) =>
        [.. info.Published.Where(w => w.Top1 is not null).Select(w => Of(info, w)), .. PaperErrors.Of(info.Name)];

    internal static Accuracy Of(ModelInfo info, PublishedWeights weights) =>
        new(ImageNet, weights.Top1, weights.Top5, $"published, torchvision, {weights.Name}") { Weights = $"{info.Name}:{weights.Name}" };

    /// <summary>What the zoo measured of the weights that it ships.</summary>
    internal static IReadOnlyList<Accuracy> ShippedOf(ModelInfo info) => [
        .. (Catalog.TryCardOf(info)?.Weights ?? new Dictionary<string, WeightsCard>()).Where(w => w.Value.Accuracy is not null)
            .Select(w => new Accuracy(w.Value.Data
                ?? "", 100 * w.Value.Accuracy, null,
                $"measured by the zoo{(w.Value.Images is { } n ? $", {n.ToString("N0", CultureInfo.InvariantCulture)} images" : "")} "
                + $"({info.Name}:{w.Key})") { Weights = $"{info.Name}:{w.Key}", Images = w.Value.Images }),
    ];
}

/// <summary>Errors that papers report of the networks that the catalog has as the papers describe them: one network, not an ensemble.</summary>
internal static class PaperErrors
{
    private static readonly (string Model, string Data, double? Top1, double? Top5, string Source)[] Table =
    [
        ("lenet5_classic", "MNIST test", 0.95, null, "LeCun et al. 1998"),
        ("alexnet_original", Accuracy.ImageNet, null, 18.2, "Krizhevsky et al. 2012, one network"),
        ("zfnet", Accuracy.ImageNet, null, 16.5, "Zeiler & Fergus 2014, one network"),
        ("vgg19", Accuracy.ImageNet, 24.4, 7.1, "Simonyan & Zisserman 2015, many crops"),
        ("googlenet_paper", Accuracy.ImageNet, null, 10.07, "Szegedy et al. 2015, one network, one crop"),
        ("resnet34", Accuracy.ImageNet, 24.52, null, "He et al. 2016, ten crops"),
        ("resnet50_v1", Accuracy.ImageNet, 22.85, null, "He et al. 2016, ten crops"),
        ("resnet101_v1", Accuracy.ImageNet, 21.75, null, "He et al. 2016, ten crops"),
        ("resnet152_v1", Accuracy.ImageNet, 21.43, null, "He et al. 2016, ten crops"),
        ("resnet20", Cifar, 8.75, null, "He et al. 2016"),
        ("resnet32", Cifar, 7.51, null, "He et al. 2016"),
        ("resnet44", Cifar, 7.17, null, "He et al. 2016"),
        ("resnet56", Cifar, 6.97, null, "He et al. 2016"),
        ("resnet110", Cifar, 6.43, null, "He et al. 2016, best of five"),
        ("preact_resnet110", Cifar, 6.37, null, "He et al. 2016 (identity mappings)"),
        ("preact_resnet164", Cifar, 5.46, null, "He et al. 2016 (identity mappings)"),
        ("wrn_40_4", Cifar, 4.53, null, "Zagoruyko & Komodakis 2016"),
        ("wrn_16_8", Cifar, 4.27, null, "Zagoruyko & Komodakis 2016"),
        ("wrn_28_10", Cifar, 4.00, null, "Zagoruyko & Komodakis 2016"),
        ("se_resnet50", Accuracy.ImageNet, 23.29, null, "Hu et al. 2018, one crop"),
        ("resnext50_32x4d", Accuracy.ImageNet, 22.2, null, "Xie et al. 2017, one crop"),
        ("mobilenet_v1", Accuracy.ImageNet, 29.4, null, "Howard et al. 2017"),
        ("nasnet_mobile", Accuracy.ImageNet, 26.0, null, "Zoph et al. 2018"),
        ("efficientnet_b0", Accuracy.ImageNet, 22.9, null, "Tan & Le 2019"),
    ];

    private const string Cifar = "CIFAR-10 test";

    /// <summary>As accuracies.</summary>
    public static IEnumerable<Accuracy> Of(string model) => Table.Where(row => row.Model == model)
        .Select(row => new Accuracy(row.Data, Right(row.Top1), Right(row.Top5), $"published, {row.Source}"));

    private static double? Right(double? error) => error is { } e ? Math.Round(100 - e, 3) : null;
}
