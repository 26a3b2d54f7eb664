using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Mobilenet;

/// <summary>
/// MobileNetV2: inverted residual blocks, which widen by 1×1, filter each channel and narrow again without a rectifier, so that the shortcut joins the narrow
/// ends. Keys as torchvision's.
/// </summary>
/// <remarks>
/// M. Sandler, A. Howard, M. Zhu, A. Zhmoginov, L.-C. Chen, "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018, tables 1 and 2.
/// </remarks>
public sealed class MobileNetV2 : ZooModel
{
    private const int StemWidth = 32, LastWidth = 1280;
    private const double DropoutRate = 0.2; // not in the paper; torchvision's

    // Table 2: t, the expansion of the inner channels; c, output channels; n, blocks; s, stride of the first.
    private static readonly (int Expansion, int Width, int Blocks, int Stride)[] Layout =
    [
        (1, 16, 1, 1),
        (6, 24, 2, 2),
        (6, 32, 3, 2),
        (6, 64, 4, 2),
        (6, 96, 3, 1),
        (6, 160, 3, 2),
        (6, 320, 1, 1),
    ];

    private readonly Sequential features;
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Sequential classifier;

    /// <summary>Builds the network for inputs of any size.</summary>
    public MobileNetV2(ModelOptions options) : base("mobilenet_v2")
    {
        ArgumentNullException.ThrowIfNull(options);
        var norm = Normalization.Parse(options.Norm);
        int channels = StemWidth;
        features = Sequential(("0", Unit(norm, options.InChannels, channels, kernel: 3, stride: 2)));
        foreach ((int expansion, int width, int blocks, int stride) in Layout)
        {
            for (int i = 0; i < blocks; i++)
            {
                features.append(new InvertedResidual(channels, width, expansion, i == 0 ? stride : 1, norm));
                channels = width;
            }
        }

        features.append(Unit(norm, channels, LastWidth, kernel: 1));
        classifier = Sequential(("0", Dropout(DropoutRate)), ("1", Linear(LastWidth, options.NumClasses)));
        RegisterComponents();
        Initialize();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = features.call(input);        // [N,1280,H/32,W/32]
        x = flatten.call(avgpool.call(x));      // [N,1280]
        return classifier.call(x).MoveToOuterDisposeScope();
    }

    /// <summary>Convolution, normalization and min(max(x, 0), 6).</summary>
    private static Sequential Unit(Normalization norm, int inputs, int outputs, int kernel, int stride = 1, int groups = 1) => Sequential(
        ("0", Conv2d(inputs, outputs, kernel, stride: stride, padding: kernel / 2, groups: groups, bias: false)),
        ("1", norm.Create(outputs)),
        ("2", ReLU6(inplace: true)));

    // torchvision's.
    private void Initialize()
    {
        foreach (Conv2d convolution in modules().OfType<Conv2d>())
        {
            WeightInit.KaimingNormalFanOut(convolution);
        }

        foreach (Linear linear in modules().OfType<Linear>())
        {
            WeightInit.Normal(linear.weight, 0.01);
            WeightInit.Constant(linear.bias, 0);
        }
    }

    /// <summary>Table 1: 1×1 to t times the channels, 3×3 on each, linear 1×1; a shortcut where input and output have one shape.</summary>
    private sealed class InvertedResidual : Module<Tensor, Tensor>
    {
        private readonly Sequential conv = Sequential();
        private readonly Add? add;

        public InvertedResidual(int channels, int width, int expansion, int stride, Normalization norm) : base(nameof(InvertedResidual))
        {
            int inner = channels * expansion;
            if (expansion > 1)
            {
                conv.append(Unit(norm, channels, inner, kernel: 1));
            }

            conv.append(Unit(norm, inner, inner, kernel: 3, stride, groups: inner));
            conv.append(Conv2d(inner, width, 1, bias: false));
            conv.append(norm.Create(width));
            add = stride == 1 && channels == width ? new Add() : null;
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor x = conv.call(input);
            return (add is null ? x : add.call(x, input)).MoveToOuterDisposeScope();
        }
    }

    internal static ModelInfo Info { get; } = new()
    {
        Name = "mobilenet_v2",
        Family = "mobilenet",
        Summary = "MobileNetV2, inverted residuals with linear bottlenecks",
        Source = "Sandler et al.: MobileNetV2: inverted residuals and linear bottlenecks, CVPR 2018, table 2",
        Input = (3, 224, 224),
        Torchvision = "mobilenet_v2",
        Published =
        [
            TorchvisionWeights.V1("mobilenet_v2-b0353104.pth", 71.878, 90.286),
            TorchvisionWeights.V2("mobilenet_v2-7ebf99e0.pth", 72.154, 90.822),
        ],
        KeySchemes = MobileNetKeys.V2,
        Classes = 1000,
        Preprocessing = Preprocessing.ImageNet(),
        Head = "classifier.1",
        Stem = "features.0.0",
        Stages = ["features.1", "features.3", "features.6", "features.13", "features.17"],
        Build = options => new MobileNetV2(options),
    };
}
