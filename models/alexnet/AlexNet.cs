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
/// </remarks>
public sealed class AlexNet : ZooModel
{
    // Whatever the input's size, the classifier sees 6×6.
    private const int Grid = 6;

    private readonly Sequential features;
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d([Grid, Grid]);
    private readonly Flatten flatten = Flatten();
    private readonly Sequential classifier;

    /// <summary>Builds the network with PyTorch's default weights, as torchvision does.</summary>
    public AlexNet(ModelOptions options) : base("alexnet")
    {
        ArgumentNullException.ThrowIfNull(options);
        features = Sequential(
            Conv2d(options.InChannels, 64, 11, stride: 4, padding: 2), ReLU(inplace: true), MaxPool2d(3, stride: 2), // [N,64,27,27]
            Conv2d(64, 192, 5, padding: 2), ReLU(inplace: true), MaxPool2d(3, stride: 2),                            // [N,192,13,13]
            Conv2d(192, 384, 3, padding: 1), ReLU(inplace: true),
            Conv2d(384, 256, 3, padding: 1), ReLU(inplace: true),
            Conv2d(256, 256, 3, padding: 1), ReLU(inplace: true), MaxPool2d(3, stride: 2));                          // [N,256,6,6]
        classifier = Sequential(
            Dropout(0.5), Linear(256 * Grid * Grid, 4096), ReLU(inplace: true),
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

    internal static ModelInfo Info { get; } = new()
    {
        Name = "alexnet",
        Family = "alexnet",
        Summary = "AlexNet as torchvision has it: one tower, no groups, no response normalization",
        Source = "Krizhevsky: One weird trick for parallelizing convolutional neural networks, arXiv:1404.5997, 2014",
        Input = (3, 224, 224),
        MinimumSize = 63,
        Torchvision = "alexnet",
        Published = TorchvisionWeights.Of("alexnet"),
        Classes = 1000,
        Preprocessing = Preprocessing.ImageNet(),
        Head = "classifier.6",
        Stem = "features.0",
        Stages = ["features.2", "features.5", "features.12"],
        Build = options => new AlexNet(options),
    };
}
