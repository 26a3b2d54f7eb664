using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Googlenet;

/// <summary>
/// GoogLeNet's stem, naive modules with the widths of 3a, 3b and 4a, and a classifier: what the reductions of <see cref="Inception"/> save. Channels go
/// 192-416-832-1280, and these three modules alone take 2,223,800,320 MACs, where 3a, 3b and 4a of the paper take 505,924,608. It stops there: all nine would
/// end in 4,944 channels and 12,568,061,056 MACs, eight times the network that was published. 6,281,128 parameters, 2,702,755,840 MACs at 3×224×224.
/// </summary>
/// <remarks>
/// After C. Szegedy et al., "Going deeper with convolutions", CVPR 2015, section 4 and figure 2a. An exhibit for comparison: no paper trains this network.
/// </remarks>
public sealed class GoogLeNetNaive : ZooModel
{
    private readonly BasicConv2d conv1;
    private readonly MaxPool2d maxpool1 = Pool();
    private readonly BasicConv2d conv2;
    private readonly BasicConv2d conv3;
    private readonly MaxPool2d maxpool2 = Pool();
    private readonly NaiveInception inception3a;
    private readonly NaiveInception inception3b;
    private readonly MaxPool2d maxpool3 = Pool();
    private readonly NaiveInception inception4a;
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Dropout dropout = Dropout(0.2);
    private readonly Linear fc;

    /// <summary>Builds the network.</summary>
    public GoogLeNetNaive(ModelOptions options) : base("googlenet_naive")
    {
        ArgumentNullException.ThrowIfNull(options);
        Normalization norm = Normalization.Parse(options.Norm);
        conv1 = new BasicConv2d(options.InChannels, 64, 7, norm, stride: 2);
        conv2 = new BasicConv2d(64, 64, 1, norm);
        conv3 = new BasicConv2d(64, 192, 3, norm);
        inception3a = new NaiveInception(192, 64, 128, 32, norm);
        inception3b = new NaiveInception(inception3a.OutChannels, 128, 192, 96, norm);
        inception4a = new NaiveInception(inception3b.OutChannels, 192, 208, 48, norm);
        fc = Linear(inception4a.OutChannels, options.NumClasses);
        RegisterComponents();
        WeightInit.Normal(fc.weight, 0.01);
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = conv3.call(conv2.call(maxpool1.call(conv1.call(input)))); // [N,192,56,56]
        x = inception3b.call(inception3a.call(maxpool2.call(x)));            // [N,832,28,28]
        x = avgpool.call(inception4a.call(maxpool3.call(x)));                // [N,1280,14,14] before the average
        return fc.call(dropout.call(flatten.call(x))).MoveToOuterDisposeScope();
    }

    private static MaxPool2d Pool() => MaxPool2d(3, stride: 2, ceil_mode: true);

    internal static ModelInfo Info { get; } = new()
    {
        Name = "googlenet_naive",
        Family = "googlenet",
        Summary = "GoogLeNet's stem and three naive inception modules, for comparison",
        Source = "Szegedy et al.: Going deeper with convolutions, CVPR 2015, section 4 and figure 2a",
        Input = (3, 224, 224),
        MinimumSize = 15,
        Classes = 1000,
        Preprocessing = Preprocessing.ImageNet(),
        Head = nameof(fc),
        Stem = $"{nameof(conv1)}.conv",
        Stages = [nameof(conv1), nameof(conv3), nameof(inception3b), nameof(inception4a)],
        Build = options => new GoogLeNetNaive(options),
    };
}
