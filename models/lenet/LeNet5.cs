using ModelZoo.Imaging;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Lenet;

/// <summary>
/// LeNet-5 as it is built today: C3 connected to every map of S2, rectified linear units, max pooling, a linear output.
/// 61,706 parameters, 416,520 MACs at 1×32×32.
/// </summary>
/// <remarks>
/// After Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86(11), 1998, section II.B.
/// </remarks>
public sealed class LeNet5 : ZooModel
{
    private readonly Conv2d conv1;
    private readonly ReLU relu1 = ReLU();
    private readonly MaxPool2d pool1 = MaxPool2d(2);
    private readonly Conv2d conv2;
    private readonly ReLU relu2 = ReLU();
    private readonly MaxPool2d pool2 = MaxPool2d(2);
    private readonly Flatten flatten = Flatten();
    private readonly Linear fc1;
    private readonly ReLU relu3 = ReLU();
    private readonly Linear fc2;
    private readonly ReLU relu4 = ReLU();
    private readonly Linear fc3;

    /// <summary>Builds the network; an input other than 32×32 changes fc1.</summary>
    public LeNet5(ModelOptions options) : base("lenet5")
    {
        ArgumentNullException.ThrowIfNull(options);
        (int rows, int columns) = (AfterStage(AfterStage(options.InputHeight)), AfterStage(AfterStage(options.InputWidth)));
        conv1 = Conv2d(options.InChannels, 6, 5);
        conv2 = Conv2d(6, 16, 5);
        fc1 = Linear(16L * rows * columns, 120);
        fc2 = Linear(120, 84);
        fc3 = Linear(84, options.NumClasses);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = pool1.call(relu1.call(conv1.call(input))); // [N,6,14,14]
        x = pool2.call(relu2.call(conv2.call(x)));            // [N,16,5,5]
        x = relu3.call(fc1.call(flatten.call(x)));            // [N,120]
        x = relu4.call(fc2.call(x));                          // [N,84]
        return fc3.call(x).MoveToOuterDisposeScope();
    }

    private static int AfterStage(int size) => (size - 4) / 2;

    internal static ModelInfo Info { get; } = new()
    {
        Name = "lenet5",
        Family = "lenet",
        Summary = "LeNet-5 as it is built today: dense C3, ReLU, max pooling",
        Source = "LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition, Proc. IEEE 1998, II.B",
        Input = (1, 32, 32),
        MinimumSize = 16,
        Preprocessing = new(1, 32, 32, Fit.Pad, [0.1307f], [0.3081f]),
        Head = nameof(fc3),
        Stem = nameof(conv1),
        Stages = [nameof(pool1), nameof(pool2)],
        Build = options => new LeNet5(options),
        Weights = [new("mnist", "lenet/lenet5.mnist.safetensors", ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])],
    };
}
