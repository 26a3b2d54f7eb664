using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Alexnet;

/// <summary>
/// The AlexNet of 2012: 96-256-384-384-256 maps, response normalization, overlapping pooling, input 227×227. It was trained on two GPUs, each with half of the
/// maps, which spoke to each other only at the third convolution and in the linear layers: two groups in the second, fourth and fifth convolution are the same
/// network. 60,965,224 parameters, 724,406,816 MACs at 3×227×227; without the groups 62,378,344 and 1,135,256,096.
/// </summary>
/// <remarks>
/// After A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet classification with deep convolutional neural networks", NIPS 2012, sections 3 to 5. The paper
/// says 224×224, but 55×55 maps (its figure 2) out of 11×11 windows four pixels apart take 227 = 4·54 + 11.
/// </remarks>
public sealed class AlexNetOriginal : ZooModel
{
    private readonly Conv2d conv1;
    private readonly ReLU relu1 = ReLU(inplace: true);
    private readonly LocalResponseNorm norm1 = ResponseNorm();
    private readonly MaxPool2d pool1 = MaxPool2d(3, stride: 2);
    private readonly Conv2d conv2;
    private readonly ReLU relu2 = ReLU(inplace: true);
    private readonly LocalResponseNorm norm2 = ResponseNorm();
    private readonly MaxPool2d pool2 = MaxPool2d(3, stride: 2);
    private readonly Conv2d conv3;
    private readonly ReLU relu3 = ReLU(inplace: true);
    private readonly Conv2d conv4;
    private readonly ReLU relu4 = ReLU(inplace: true);
    private readonly Conv2d conv5;
    private readonly ReLU relu5 = ReLU(inplace: true);
    private readonly MaxPool2d pool5 = MaxPool2d(3, stride: 2);
    private readonly Flatten flatten = Flatten();
    private readonly Linear fc6;
    private readonly ReLU relu6 = ReLU(inplace: true);
    private readonly Dropout drop6 = Dropout(0.5);
    private readonly Linear fc7;
    private readonly ReLU relu7 = ReLU(inplace: true);
    private readonly Dropout drop7 = Dropout(0.5);
    private readonly Linear fc8;

    /// <summary>Builds the network; an input other than 227×227 changes fc6.</summary>
    /// <param name="options">Classes, channels and size.</param>
    /// <param name="groups">2 for the two GPUs, 1 for one that has room for everything.</param>
    public AlexNetOriginal(ModelOptions options, int groups) : base(groups == 1 ? "alexnet_ungrouped" : "alexnet_original")
    {
        ArgumentNullException.ThrowIfNull(options);
        conv1 = Conv2d(options.InChannels, 96, 11, stride: 4);
        conv2 = Conv2d(96, 256, 5, padding: 2, groups: groups);
        conv3 = Conv2d(256, 384, 3, padding: 1);
        conv4 = Conv2d(384, 384, 3, padding: 1, groups: groups);
        conv5 = Conv2d(384, 256, 3, padding: 1, groups: groups);
        fc6 = Linear(256L * Grid(options.InputHeight) * Grid(options.InputWidth), 4096);
        fc7 = Linear(4096, 4096);
        fc8 = Linear(4096, options.NumClasses);
        RegisterComponents();
        InitializeWeights();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = pool1.call(norm1.call(relu1.call(conv1.call(input)))); // [N,96,27,27]
        x = pool2.call(norm2.call(relu2.call(conv2.call(x))));            // [N,256,13,13]
        x = relu4.call(conv4.call(relu3.call(conv3.call(x))));            // [N,384,13,13]
        x = pool5.call(relu5.call(conv5.call(x)));                        // [N,256,6,6]
        x = drop6.call(relu6.call(fc6.call(flatten.call(x))));            // [N,4096]
        x = drop7.call(relu7.call(fc7.call(x)));                          // [N,4096]
        return fc8.call(x).MoveToOuterDisposeScope();
    }

    // Section 3.3: k = 2, n = 5, α = 1e-4, β = 0.75. The paper's α stands before a sum of n squares, PyTorch's before their mean.
    internal static LocalResponseNorm ResponseNorm() => LocalResponseNorm(5, alpha: 5 * 1e-4, beta: 0.75, k: 2);

    private static ModelInfo Row(string name, int groups, string summary) => new()
    {
        Name = name,
        Family = "alexnet",
        Summary = summary,
        Source = "Krizhevsky, Sutskever, Hinton: ImageNet classification with deep convolutional neural networks, NIPS 2012, 3-5",
        Input = (3, 227, 227),
        MinimumSize = 67,
        Classes = 1000,
        Preprocessing = Preprocessing.ImageNet(crop: 227),
        Head = nameof(fc8),
        Stem = nameof(conv1),
        Stages = [nameof(pool1), nameof(pool2), nameof(pool5)],
        Build = options => new AlexNetOriginal(options, groups),
    };

    // Section 5: ones in the second, fourth and fifth convolution and in the hidden linear layers give their rectifiers positive inputs from the start.
    private void InitializeWeights()
    {
        foreach (Conv2d layer in (Conv2d[])[conv1, conv2, conv3, conv4, conv5])
        {
            WeightInit.Normal(layer.weight, 0.01);
            WeightInit.Constant(layer.bias, layer == conv1 || layer == conv3 ? 0 : 1);
        }

        foreach (Linear layer in (Linear[])[fc6, fc7, fc8])
        {
            WeightInit.Normal(layer.weight, 0.01);
            WeightInit.Constant(layer.bias, layer == fc8 ? 0 : 1);
        }
    }

    private static int Grid(int size) => Pooled(Pooled(Pooled((size - 11) / 4 + 1)));

    private static int Pooled(int size) => (size - 3) / 2 + 1;

    internal static IReadOnlyList<ModelInfo> Infos { get; } =
    [
        Row("alexnet_original", groups: 2, "AlexNet of 2012: two GPUs as groups, response normalization, input 227×227"),
        Row("alexnet_ungrouped", groups: 1, "AlexNet of 2012 on one GPU: every convolution sees all maps"),
    ];
}
