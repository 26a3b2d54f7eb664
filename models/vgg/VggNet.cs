using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Vgg;

/// <summary>
/// VGG: nothing but 3×3 convolutions with padding 1, halving pools between five stages, and AlexNet's three linear layers. Two 3×3 see what one 5×5 sees, three
/// what one 7×7 sees, with fewer weights and more rectifiers. VGG-16: 138,357,544 parameters, 15,470,264,320 MACs at 3×224×224.
/// </summary>
/// <remarks>
/// After K. Simonyan, A. Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015, table 1: configurations A, B, D and E.
/// Batch normalization is torchvision's addition, as are the average that brings other inputs to 7×7 and the initial weights. For CIFAR's 32×32, where the
/// five pools leave one place, one linear layer follows it, as is common there (kuangliu's pytorch-cifar).
/// </remarks>
public sealed class VggNet : ZooModel
{
    // Rows and columns after the last pool at 224×224.
    private const int Grid = 7;

    private static readonly int[] Widths = [64, 128, 256, 512, 512];

    private readonly Sequential features;
    private readonly AdaptiveAvgPool2d avgpool;
    private readonly Flatten flatten = Flatten();
    private readonly Sequential classifier;

    /// <summary>Builds the network.</summary>
    /// <param name="name">The name in the catalog.</param>
    /// <param name="options">Classes, channels, and with <paramref name="normalized"/> the kind of normalization.</param>
    /// <param name="convolutions">How many in each stage.</param>
    /// <param name="normalized">Whether a normalization follows each convolution.</param>
    /// <param name="cifar">Whether one linear layer takes the place of three.</param>
    public VggNet(string name, ModelOptions options, IReadOnlyList<int> convolutions, bool normalized, bool cifar = false) : base(name)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(convolutions);
        List<Module<Tensor, Tensor>> layers = [];
        long channels = options.InChannels;
        foreach ((int width, int count) in Widths.Zip(convolutions))
        {
            for (int i = 0; i < count; i++)
            {
                Conv2d convolution = Conv2d(channels, width, 3, padding: 1);
                WeightInit.KaimingNormalFanOut(convolution);
                WeightInit.Constant(convolution.bias, 0);
                layers.Add(convolution);
                if (normalized)
                {
                    layers.Add(Normalization.Parse(options.Norm).Create(width));
                }

                layers.Add(ReLU(inplace: true));
                channels = width;
            }

            layers.Add(MaxPool2d(2, stride: 2));
        }

        features = Sequential([.. layers]);
        avgpool = cifar ? AdaptiveAvgPool2d(1) : AdaptiveAvgPool2d([Grid, Grid]);
        classifier = cifar ? Sequential(Dense(channels, options.NumClasses)) : Sequential(
            Dense(channels * Grid * Grid, 4096), ReLU(inplace: true), Dropout(0.5),
            Dense(4096, 4096), ReLU(inplace: true), Dropout(0.5),
            Dense(4096, options.NumClasses));
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = avgpool.call(features.call(input)); // [N,512,7,7]; CIFAR: [N,512,1,1]
        return classifier.call(flatten.call(x)).MoveToOuterDisposeScope();
    }

    private static ModelInfo Row(string name, string configuration, int[] convolutions, bool normalized = false, bool cifar = false) => new()
    {
        Name = name,
        Family = "vgg",
        Summary = $"VGG configuration {configuration}: {convolutions.Sum()} convolutions{(normalized ? ", each with batch normalization," : "")} and "
            + (cifar ? "1 linear layer, for CIFAR" : "3 linear layers"),
        Source = $"Simonyan, Zisserman: Very deep convolutional networks for large-scale image recognition, ICLR 2015, table 1, {configuration}"
            + (cifar ? "; the classifier for CIFAR is a common adaptation" : ""),
        Input = cifar ? (3, 32, 32) : (3, 224, 224),
        MinimumSize = 32,
        Torchvision = cifar ? null : name,
        Published = TorchvisionWeights.Of(name),
        KeySchemes = cifar ? [] : [Timm],
        Classes = cifar ? 10 : 1000,
        Preprocessing = cifar ? Preprocessing.Cifar10() : Preprocessing.ImageNet(),
        Head = cifar ? "classifier.0" : "classifier.6",
        Stem = "features.0",
        Stages = PoolsOf(convolutions, normalized),
        Build = options => new VggNet(name, options, convolutions, normalized, cifar),
    };

    // timm writes the linear layers as convolutions of the whole 7×7 and of one pixel.
    private static KeyScheme Timm { get; } = KeyScheme.Of("timm",
        [("pre_logits.fc1", "classifier.0"), ("pre_logits.fc2", "classifier.3"), ("head.fc", "classifier.6")]);

    // A convolution, its normalization and its rectifier each, and a pool after each group.
    private static IReadOnlyList<string> PoolsOf(int[] convolutions, bool normalized) =>
        [.. convolutions.Select((_, group) => $"{nameof(features)}.{(convolutions.Take(group + 1).Sum() * (normalized ? 3 : 2)) + group}")];

    private static Linear Dense(long inputs, long outputs)
    {
        Linear layer = Linear(inputs, outputs);
        WeightInit.Normal(layer.weight, 0.01);
        WeightInit.Constant(layer.bias, 0);
        return layer;
    }

    internal static IReadOnlyList<ModelInfo> Infos { get; } =
    [
        Row("vgg11", "A", [1, 1, 2, 2, 2]),
        Row("vgg11_bn", "A", [1, 1, 2, 2, 2], normalized: true),
        Row("vgg13", "B", [2, 2, 2, 2, 2]),
        Row("vgg13_bn", "B", [2, 2, 2, 2, 2], normalized: true),
        Row("vgg16", "D", [2, 2, 3, 3, 3]),
        Row("vgg16_bn", "D", [2, 2, 3, 3, 3], normalized: true),
        Row("vgg19", "E", [2, 2, 4, 4, 4]),
        Row("vgg19_bn", "E", [2, 2, 4, 4, 4], normalized: true),
        Row("vgg11_cifar", "A", [1, 1, 2, 2, 2], normalized: true, cifar: true),
    ];
}
