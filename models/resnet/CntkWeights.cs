using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;

namespace ModelZoo.Models.Resnet;

/// <summary>
/// The ResNet-18 that Microsoft trained on ImageNet with CNTK and publishes as ONNX in a NuGet package of ML.NET, without its classifier. It has a third
/// block in its last stage, and takes pictures on the scale 0 … 255 less a mean image. What is BGR in the package is RGB here: the input channels of the
/// first convolution and the colors of the mean image are reversed as they are read.
/// </summary>
/// <remarks>
/// The package's windows have the borders of CNTK's automatic padding for even sizes, one row less below and right (3,3,2,2 in the stem, 1,1,0,0 in the other
/// convolutions of stride 2 and the pool). A border of k/2 all around gives the same: what it adds lies behind the last window. For odd sizes it is what CNTK's
/// padding would be.
/// </remarks>
internal static class CntkWeights
{
    private const int Side = 224;

    internal const string Source = "Microsoft, ML.NET: Microsoft.ML.DnnImageFeaturizer.ResNet18; after He, Zhang, Ren, Sun, CVPR 2016, table 1";

    /// <summary>Shorter side to 256, the middle 224, values 0 … 255; the network itself takes the mean image off.</summary>
    internal static Preprocessing Preprocessing { get; } =
        new(3, Side, Side, Fit.Crop, [0, 0, 0], [1 / 255f, 1 / 255f, 1 / 255f]) { ShorterSide = 256 };

    internal static PublishedWeights ImageNet { get; } = new("imagenet", new PackageWeights
    {
        Id = "Microsoft.ML.DnnImageFeaturizer.ResNet18",
        Version = "0.23.1",
        Bytes = 59_500_419,
        License = "MIT",
        LicenseFile = "LICENSE",
        Copyright = "Copyright (c) .NET Foundation and Contributors",
        Network = new("tools/DnnImageModels/ResNet18Onnx/ResNet18.onnx", 63_653_533, "e2552f19db2dfdb01b3669537b6a0f1b44da38d18279535492ed5dfc2ef1ff8f"),
        Preprocess = new("tools/DnnImageModels/ResNetPrepOnnx/ResNetPreprocess.onnx", 602_584,
            "84bf8def78d0befaa3f6e73745d57d7016c6a192ead76f79686bd438c1047004"),
    }, Preprocessing);

    /// <summary>ImageNet's mean color, until weights are loaded.</summary>
    internal static MeanImage CreateMean() => new(Side, Side, (255 * 0.485f, 255 * 0.456f, 255 * 0.406f));
}
