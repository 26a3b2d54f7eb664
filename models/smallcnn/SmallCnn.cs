using ModelZoo.Imaging;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Smallcnn;

/// <summary>
/// The document's second small network for 28×28 digits: 10 kernels of 5×5 (24×24), pooling (12×12), 20 kernels of 5×5×10 (8×8),
/// pooling (4×4), and one linear layer on the 320 features. 8,490 parameters.
/// </summary>
public sealed class SmallCnn : ZooModel
{
    private readonly Conv2d conv1;
    private readonly ReLU relu1 = ReLU();
    private readonly MaxPool2d pool1 = MaxPool2d(2);
    private readonly Conv2d conv2;
    private readonly ReLU relu2 = ReLU();
    private readonly MaxPool2d pool2 = MaxPool2d(2);
    private readonly Flatten flatten = Flatten();
    private readonly Linear fc;

    /// <summary>Builds the network; an input other than 28×28 changes fc.</summary>
    public SmallCnn(ModelOptions options) : base("small_cnn")
    {
        ArgumentNullException.ThrowIfNull(options);
        (int rows, int columns) = (AfterStage(AfterStage(options.InputHeight)), AfterStage(AfterStage(options.InputWidth)));
        conv1 = Conv2d(options.InChannels, 10, 5);
        conv2 = Conv2d(10, 20, 5);
        fc = Linear(20L * rows * columns, options.NumClasses);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = pool1.call(relu1.call(conv1.call(input))); // [N,10,12,12]
        x = pool2.call(relu2.call(conv2.call(x)));            // [N,20,4,4]
        return fc.call(flatten.call(x)).MoveToOuterDisposeScope();
    }

    private static int AfterStage(int size) => (size - 4) / 2;

    internal static ModelInfo Info { get; } = new()
    {
        Name = "small_cnn",
        Family = "smallcnn",
        Summary = "two 5×5 convolutions with pooling and one linear layer",
        Source = "the document's worked example of sizes: 28 → 24 → 12 → 8 → 4 → 320",
        Input = (1, 28, 28),
        MinimumSize = 16,
        Preprocessing = new(1, 28, 28, Fit.Resize, [0.1307f], [0.3081f]),
        Head = nameof(fc),
        Stem = nameof(conv1),
        Stages = [nameof(pool1), nameof(pool2)],
        Build = options => new SmallCnn(options),
    };
}
