using ModelZoo.Imaging;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Convnet;

/// <summary>
/// The lecture's ConvNet for 28×28 digits: two stages of 5×5 convolution, ReLU and pooling, then two linear layers with nothing between them.
/// 3,199,106 parameters at 1×28×28.
/// </summary>
/// <remarks>
/// The text of the documented listing types MaxPool2d(kernel_size=2, stride=5) in layer 1. That cannot give the 7·7·64 features that its own fc1
/// takes (28 → 5 → 2); stride 2 does (28 → 14 → 7), so both stages pool with stride 2 here.
/// </remarks>
public sealed class ConvNet : ZooModel
{
    private readonly Sequential layer1;
    private readonly Sequential layer2;
    private readonly Flatten flatten = Flatten();
    private readonly Dropout drop_out = Dropout(0.5);
    private readonly Linear fc1;
    private readonly Linear fc2;

    /// <summary>Builds the network; an input other than 28×28 changes fc1.</summary>
    public ConvNet(ModelOptions options) : base("convnet")
    {
        ArgumentNullException.ThrowIfNull(options);
        (int rows, int columns) = (options.InputHeight / 4, options.InputWidth / 4);
        layer1 = Stage(options.InChannels, 32);
        layer2 = Stage(32, 64);
        fc1 = Linear(64L * rows * columns, 1000);
        fc2 = Linear(1000, options.NumClasses);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = layer1.call(input);                  // [N,32,14,14]
        x = layer2.call(x);                             // [N,64,7,7]
        x = drop_out.call(flatten.call(x));             // [N,3136]
        x = fc1.call(x);                                // [N,1000]
        return fc2.call(x).MoveToOuterDisposeScope();
    }

    private static Sequential Stage(int from, int to) => Sequential(
        Conv2d(from, to, 5, stride: 1, padding: 2),
        ReLU(),
        MaxPool2d(2, stride: 2));

    internal static ModelInfo Info { get; } = new()
    {
        Name = "convnet",
        Family = "convnet",
        Summary = "the lecture's ConvNet: two 5×5 stages and two linear layers",
        Source = "the lecture's listing, with stride 2 in layer 1's pooling",
        Input = (1, 28, 28),
        MinimumSize = 4,
        Preprocessing = new(1, 28, 28, Fit.Resize, [0.1307f], [0.3081f]),
        Head = nameof(fc2),
        Stem = "layer1.0",
        Stages = [nameof(layer1), nameof(layer2)],
        Build = options => new ConvNet(options),
    };
}
