using ModelZoo.Imaging;
using ModelZoo.Registry;

namespace ModelZoo.Models;

/// <summary>
/// The ImageNet weights that torchvision publishes: addresses, accuracies on the 50,000 validation images and transforms as its 0.14.1 states them
/// (https://pytorch.org/vision/0.14/models.html). V1 are the original recipes, V2 the longer ones of 2021.
/// </summary>
/// <remarks>
/// GoogLeNet's were converted from TensorFlow: its network must first turn ImageNet's normalization into (x − 0.5) / 0.5 (torchvision's transform_input).
/// DenseNet's name their layers norm.1 and conv.1 where the network says norm1 and conv1.
/// </remarks>
internal static class TorchvisionWeights
{
    private const string Site = "https://download.pytorch.org/models/";

    private static readonly (string Model, PublishedWeights Weights)[] Table =
    [
        Row("alexnet", "v1", "alexnet-owt-7be5be79.pth", 56.522, 79.066),
        Row("vgg11", "v1", "vgg11-8a719046.pth", 69.02, 88.628),
        Row("vgg11_bn", "v1", "vgg11_bn-6002323d.pth", 70.37, 89.81),
        Row("vgg13", "v1", "vgg13-19584684.pth", 69.928, 89.246),
        Row("vgg13_bn", "v1", "vgg13_bn-abd245e5.pth", 71.586, 90.374),
        Row("vgg16", "v1", "vgg16-397923af.pth", 71.592, 90.382),
        Row("vgg16_bn", "v1", "vgg16_bn-6c64b313.pth", 73.36, 91.516),
        Row("vgg19", "v1", "vgg19-dcbb9e9d.pth", 72.376, 90.876),
        Row("vgg19_bn", "v1", "vgg19_bn-c79401a0.pth", 74.218, 91.842),
        Row("googlenet", "v1", "googlenet-1378be20.pth", 69.778, 89.53),
        Row("resnet18", "v1", "resnet18-f37072fd.pth", 69.758, 89.078),
        Row("resnet34", "v1", "resnet34-b627a593.pth", 73.314, 91.42),
        Row("resnet50", "v1", "resnet50-0676ba61.pth", 76.13, 92.862),
        Row("resnet50", "v2", "resnet50-11ad3fa6.pth", 80.858, 95.434, shorterSide: 232),
        Row("resnet101", "v1", "resnet101-63fe2227.pth", 77.374, 93.546),
        Row("resnet101", "v2", "resnet101-cd907fc2.pth", 81.886, 95.78, shorterSide: 232),
        Row("resnet152", "v1", "resnet152-394f9c45.pth", 78.312, 94.046),
        Row("resnet152", "v2", "resnet152-f82ba261.pth", 82.284, 96.002, shorterSide: 232),
        Row("resnext50_32x4d", "v1", "resnext50_32x4d-7cdf4587.pth", 77.618, 93.698),
        Row("resnext50_32x4d", "v2", "resnext50_32x4d-1a0047aa.pth", 81.198, 95.34, shorterSide: 232),
        Row("resnext101_32x8d", "v1", "resnext101_32x8d-8ba56ff5.pth", 79.312, 94.526),
        Row("resnext101_32x8d", "v2", "resnext101_32x8d-110c445d.pth", 82.834, 96.228, shorterSide: 232),
        Row("wide_resnet50_2", "v1", "wide_resnet50_2-95faca4d.pth", 78.468, 94.086),
        Row("wide_resnet50_2", "v2", "wide_resnet50_2-9ba9bcbe.pth", 81.602, 95.758, shorterSide: 232),
        Row("wide_resnet101_2", "v1", "wide_resnet101_2-32ee1156.pth", 78.848, 94.284),
        Row("wide_resnet101_2", "v2", "wide_resnet101_2-d733dc28.pth", 82.51, 96.02, shorterSide: 232),
        Row("densenet121", "v1", "densenet121-a639ec97.pth", 74.434, 91.972),
        Row("densenet169", "v1", "densenet169-b2777c0a.pth", 75.6, 92.806),
        Row("densenet201", "v1", "densenet201-c1103571.pth", 76.896, 93.37),
        Row("densenet161", "v1", "densenet161-8d451a50.pth", 77.138, 93.56),
        Row("squeezenet1_0", "v1", "squeezenet1_0-b66bff10.pth", 58.092, 80.42),
        Row("squeezenet1_1", "v1", "squeezenet1_1-b8a52dc0.pth", 58.178, 80.624),
        Row("efficientnet_b0", "v1", "efficientnet_b0_rwightman-3dd342df.pth", 77.692, 93.532, interpolation: Interpolation.Bicubic),
    ];

    /// <summary>What is published for a model of torchvision, the oldest first; the last is torchvision's default. Empty where there is nothing.</summary>
    internal static IReadOnlyList<PublishedWeights> Of(string model) => [.. Table.Where(row => row.Model == model).Select(row => row.Weights)];

    /// <summary>Weights of an original recipe, for a model's own entry.</summary>
    /// <param name="file">The file's name, which ends in the first eight digits of its SHA-256.</param>
    /// <param name="top1">Top-1 accuracy in percent.</param>
    /// <param name="top5">Top-5 accuracy in percent.</param>
    internal static PublishedWeights V1(string file, double top1, double top5) => Row("", "v1", file, top1, top5).Weights;

    /// <summary>The same of a recipe of 2021, which resizes to 232 pixels.</summary>
    internal static PublishedWeights V2(string file, double top1, double top5) => Row("", "v2", file, top1, top5, shorterSide: 232).Weights;

    private static (string Model, PublishedWeights Weights) Row(
        string model, string version, string file, double top1, double top5, int shorterSide = 256, Interpolation interpolation = Interpolation.Bilinear) =>
        (model, new($"imagenet1k_{version}", Site + file, Preprocessing.ImageNet(224, shorterSide, interpolation), top1, top5));
}
