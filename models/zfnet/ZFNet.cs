using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Zfnet;

/// <summary>
/// ZFNet: AlexNet after a look at what its first layers see. 7×7 windows two pixels apart instead of 11×11 four apart keep the middle frequencies, and nothing
/// is split over GPUs. 62,357,608 parameters, 1,168,032,896 MACs at 3×224×224.
/// </summary>
/// <remarks>
/// After M. D. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014, section 4.1 and figure 3. The figure's sizes,
/// 110-55-26-13, come out with one pixel of padding at the first convolution, none at the second, and pooling windows that may reach over the border (ceil
/// mode), as those of the software of the time did. Figure 3 normalizes after pooling; it names no constants, so AlexNet's are taken.
/// </remarks>
public sealed class ZFNet : ZooModel
{
    private readonly Conv2d conv1;
    private readonly ReLU relu1 = ReLU(inplace: true);
    private readonly MaxPool2d pool1 = Pool();
    private readonly LocalResponseNorm norm1 = Alexnet.AlexNetOriginal.ResponseNorm();
    private readonly Conv2d conv2;
    private readonly ReLU relu2 = ReLU(inplace: true);
    private readonly MaxPool2d pool2 = Pool();
    private readonly LocalResponseNorm norm2 = Alexnet.AlexNetOriginal.ResponseNorm();
    private readonly Conv2d conv3;
    private readonly ReLU relu3 = ReLU(inplace: true);
    private readonly Conv2d conv4;
    private readonly ReLU relu4 = ReLU(inplace: true);
    private readonly Conv2d conv5;
    private readonly ReLU relu5 = ReLU(inplace: true);
    private readonly MaxPool2d pool5 = Pool();
    private readonly Flatten flatten = Flatten();
    private readonly Linear fc6;
    private readonly ReLU relu6 = ReLU(inplace: true);
    private readonly Dropout drop6 = Dropout(0.5);
    private readonly Linear fc7;
    private readonly ReLU relu7 = ReLU(inplace: true);
    private readonly Dropout drop7 = Dropout(0.5);
    private readonly Linear fc8;

    /// <summary>Builds the network; an input other than 224×224 changes fc6.</summary>
    public ZFNet(ModelOptions options) : base("zfnet")
    {
        ArgumentNullException.ThrowIfNull(options);
        conv1 = Conv2d(options.InChannels, 96, 7, stride: 2, padding: 1);
        conv2 = Conv2d(96, 256, 5, stride: 2);
        conv3 = Conv2d(256, 384, 3, padding: 1);
        conv4 = Conv2d(384, 384, 3, padding: 1);
        conv5 = Conv2d(384, 256, 3, padding: 1);
        fc6 = Linear(256L * Grid(options.InputHeight) * Grid(options.InputWidth), 4096);
        fc7 = Linear(4096, 4096);
        fc8 = Linear(4096, options.NumClasses);
        RegisterComponents();
        InitializeWeights();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = norm1.call(pool1.call(relu1.call(conv1.call(input)))); // [N,96,110,110] before, [N,96,55,55] after pooling
        x = norm2.call(pool2.call(relu2.call(conv2.call(x))));            // [N,256,26,26], [N,256,13,13]
        x = relu4.call(conv4.call(relu3.call(conv3.call(x))));            // [N,384,13,13]
        x = pool5.call(relu5.call(conv5.call(x)));                        // [N,256,6,6]
        x = drop6.call(relu6.call(fc6.call(flatten.call(x))));            // [N,4096]
        x = drop7.call(relu7.call(fc7.call(x)));                          // [N,4096]
        return fc8.call(x).MoveToOuterDisposeScope();
    }

    // Section 3.1: "10⁻²", taken for the standard deviation, and zeros.
    private void InitializeWeights()
    {
        foreach (Conv2d layer in (Conv2d[])[conv1, conv2, conv3, conv4, conv5])
        {
            WeightInit.Normal(layer.weight, 0.01);
            WeightInit.Constant(layer.bias, 0);
        }

        foreach (Linear layer in (Linear[])[fc6, fc7, fc8])
        {
            WeightInit.Normal(layer.weight, 0.01);
            WeightInit.Constant(layer.bias, 0);
        }
    }

    private static MaxPool2d Pool() => MaxPool2d(3, stride: 2, ceil_mode: true);

    private static int Grid(int size) => Pooled(Pooled((Pooled((size - 5) / 2 + 1) - 5) / 2 + 1));

    private static int Pooled(int size) => size / 2; // ⌈(size − 3) / 2⌉ + 1

    internal static ModelInfo Info { get; } = new()
    {
        Name = "zfnet",
        Family = "zfnet",
        Summary = "ZFNet: AlexNet with smaller windows and steps in front",
        Source = "Zeiler, Fergus: Visualizing and understanding convolutional networks, ECCV 2014, 4.1 and figure 3",
        Input = (3, 224, 224),
        MinimumSize = 47,
        Classes = 1000,
        Preprocessing = Preprocessing.ImageNet(),
        Head = nameof(fc8),
        Stem = nameof(conv1),
        Stages = [nameof(norm1), nameof(norm2), nameof(pool5)],
        Build = options => new ZFNet(options),
    };
}
