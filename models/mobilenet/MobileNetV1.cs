using System.Globalization;
using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Mobilenet;

/// <summary>
/// MobileNet: after a full 3×3 convolution thirteen depthwise separable ones, each a 3×3 filter per channel and a 1×1 convolution that mixes the channels, both
/// followed by batch normalization and a rectifier. The width multiplier α thins every layer.
/// </summary>
/// <remarks>
/// A. G. Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision applications", arXiv 1704.04861, 2017, table 1 and section 3.3.
/// The last depthwise layer has stride 1: table 1 prints s2 there, but gives 7×7 for its input and for its output. Padding is 1 on every side. For CIFAR's
/// 32×32 the paper has none; the first convolution has stride 1 there, as is common (kuangliu's pytorch-cifar).
/// </remarks>
public sealed class MobileNetV1 : ZooModel
{
    private const int StemWidth = 32;

    // Table 1: output channels and stride of each depthwise separable convolution.
    private static readonly (int Width, int Stride)[] Layers =
    [
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
    ];

    private static readonly (string Name, double Alpha, bool Cifar)[] Variants =
    [
        ("mobilenet_v1", 1, false),
        ("mobilenet_v1_050", 0.5, false),
        ("mobilenet_v1_cifar", 1, true),
    ];

    private readonly Sequential features;
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Linear fc;

    private MobileNetV1((string Name, double Alpha, bool Cifar) variant, ModelOptions options) : base(variant.Name)
    {
        var norm = Normalization.Parse(options.Norm);
        int channels = (int)(StemWidth * variant.Alpha);
        features = Sequential(("0", Sequential(
            ("conv", Conv2d(options.InChannels, channels, 3, stride: variant.Cifar ? 1 : 2, padding: 1, bias: false)),
            ("norm", norm.Create(channels)),
            ("relu", ReLU(inplace: true)))));
        foreach ((int width, int stride) in Layers)
        {
            int next = (int)(width * variant.Alpha);
            features.append(Separable(channels, next, stride, norm));
            channels = next;
        }

        fc = Linear(channels, options.NumClasses);
        RegisterComponents();
        foreach (Conv2d convolution in modules().OfType<Conv2d>())
        {
            WeightInit.KaimingNormalFanOut(convolution);
        }
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = features.call(input);        // [N,1024α,H/32,W/32]; CIFAR: [N,1024α,H/16,W/16]
        x = flatten.call(avgpool.call(x));      // [N,1024α]
        return fc.call(x).MoveToOuterDisposeScope();
    }

    /// <summary>Figure 3, right: the 3×3 filters see one channel each, the 1×1 convolution all of them.</summary>
    private static Sequential Separable(int channels, int next, int stride, Normalization norm) => Sequential(
        ("depthwise", Conv2d(channels, channels, 3, stride: stride, padding: 1, groups: channels, bias: false)),
        ("norm1", norm.Create(channels)),
        ("relu1", ReLU(inplace: true)),
        ("pointwise", Conv2d(channels, next, 1, bias: false)),
        ("norm2", norm.Create(next)),
        ("relu2", ReLU(inplace: true)));

    internal static IEnumerable<ModelInfo> Infos => Variants.Select(variant => new ModelInfo
    {
        Name = variant.Name,
        Family = "mobilenet",
        Summary = $"MobileNet{(variant.Cifar ? " for CIFAR" : "")}, depthwise separable convolutions, width multiplier "
            + variant.Alpha.ToString(CultureInfo.InvariantCulture),
        Source = "Howard et al.: MobileNets: efficient convolutional neural networks for mobile vision applications, arXiv 1704.04861, 2017, table 1"
            + (variant.Cifar ? "; the first stride for CIFAR is a common adaptation" : ""),
        Input = variant.Cifar ? (3, 32, 32) : (3, 224, 224),
        KeySchemes = MobileNetKeys.V1,
        Classes = variant.Cifar ? 10 : 1000,
        Preprocessing = variant.Cifar ? Preprocessing.Cifar10() : Preprocessing.ImageNet(),
        Head = nameof(fc),
        Stem = "features.0.conv",
        Stages = ["features.1", "features.3", "features.5", "features.11", "features.13"],
        Build = options => new MobileNetV1(variant, options),
    });
}
