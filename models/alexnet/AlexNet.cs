using ModelZoo.Imaging;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Alexnet;

/// <summary>
/// AlexNet as torchvision has it: one tower of 64-192-384-256-256 maps, neither groups nor response normalization, dropout before each hidden layer.
/// 61,100,840 parameters, 714,188,480 MACs at 3×224×224.
/// </summary>
/// <remarks>
/// After A. Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014. The network of 2012 is <see cref="AlexNetOriginal"/>.
/// For CIFAR's 32×32 no paper has one; what people train there (icpm's pytorch-cifar10) begins with a 3×3 of stride 2, pools 2×2, and has 2×2 places before
/// the classifier.
/// </remarks>
public sealed class AlexNet : ZooModel
{
    // Whatever the input's size, the classifier sees so many rows and columns.
    private static readonly (string Name, string Summary, bool Cifar, int Grid)[] Variants =
    [
        ("alexnet", "AlexNet as torchvision has it: one tower, no groups, no response normalization", Cifar: false, Grid: 6),
        ("alexnet_cifar", "AlexNet for CIFAR: 3×3 convolutions alone, the first of stride 2, pools of 2×2", Cifar: true, Grid: 2),
    ];

    private readonly Sequential features;
    private readonly AdaptiveAvgPool2d avgpool;
    private readonly Flatten flatten = Flatten();
    private readonly Sequential classifier;

    // With PyTorch's default weights, as torchvision does.
    private AlexNet((string Name, string Summary, bool Cifar, int Grid) variant, ModelOptions options) : base(variant.Name)
    {
        int pool = variant.Cifar ? 2 : 3;
        features = Sequential(
            variant.Cifar ? Conv2d(options.InChannels, 64, 3, stride: 2, padding: 1) : Conv2d(options.InChannels, 64, 11, stride: 4, padding: 2),
            ReLU(inplace: true), MaxPool2d(pool, stride: 2),                                        // [N,64,27,27]; CIFAR: [N,64,8,8]
            variant.Cifar ? Conv2d(64, 192, 3, padding: 1) : Conv2d(64, 192, 5, padding: 2),
            ReLU(inplace: true), MaxPool2d(pool, stride: 2),                                        // [N,192,13,13]; CIFAR: [N,192,4,4]
            Conv2d(192, 384, 3, padding: 1), ReLU(inplace: true),
            Conv2d(384, 256, 3, padding: 1), ReLU(inplace: true),
            Conv2d(256, 256, 3, padding: 1), ReLU(inplace: true), MaxPool2d(pool, stride: 2));      // [N,256,6,6]; CIFAR: [N,256,2,2]
        avgpool = AdaptiveAvgPool2d([variant.Grid, variant.Grid]);
        classifier = Sequential(
            Dropout(0.5), Linear(256L * variant.Grid * variant.Grid, 4096), ReLU(inplace: true),
            Dropout(0.5), Linear(4096, 4096), ReLU(inplace: true),
            Linear(4096, options.NumClasses));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = avgpool.call(features.call(input)); // [N,256,6,6]
        return classifier.call(flatten.call(x)).MoveToOuterDisposeScope();
    }

    internal static IReadOnlyList<ModelInfo> Infos { get; } = [.. Variants.Select(variant => new ModelInfo
    {
        Name = variant.Name,
        Family = "alexnet",
        Summary = variant.Summary,
        Source = "Krizhevsky: One weird trick for parallelizing convolutional neural networks, arXiv:1404.5997, 2014"
            + (variant.Cifar ? "; the sizes for CIFAR are a common adaptation" : ""),
        Input = variant.Cifar ? (3, 32, 32) : (3, 224, 224),
        MinimumSize = variant.Cifar ? 15 : 63, // 15 → 8 → 4 → 2 → 1
        Torchvision = variant.Cifar ? null : variant.Name,
        Published = TorchvisionWeights.Of(variant.Name),
        Classes = variant.Cifar ? 10 : 1000,
        Preprocessing = variant.Cifar ? Preprocessing.Cifar10() : Preprocessing.ImageNet(),
        Head = "classifier.6",
        Stem = "features.0",
        Stages = ["features.2", "features.5", "features.12"],
        Build = options => new AlexNet(variant, options),
    })];
}
