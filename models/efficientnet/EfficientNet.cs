using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Efficientnet;

/// <summary>
/// EfficientNet-B0: inverted residual blocks with squeeze and excitation, found by architecture search at about 400 million multiply-accumulates.
/// </summary>
/// <remarks>
/// M. Tan, Q. V. Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML 2019, table 1. Keys as torchvision's; its B0 keeps
/// PyTorch's ε of 1e-5 where the TensorFlow original has 1e-3.
/// </remarks>
public sealed class EfficientNet : ZooModel
{
    private const int StemWidth = 32, LastWidth = 1280;
    private const double DropoutRate = 0.2, DepthDropRate = 0.2; // section 5.2: stochastic depth with survival probability 0.8 at the end

    // Table 1, stages 2 to 8: expansion of the inner channels, kernel, stride of the first block, output channels, blocks.
    private static readonly (int Expansion, int Kernel, int Stride, int Width, int Blocks)[] Layout =
    [
        (1, 3, 1, 16, 1),
        (6, 3, 2, 24, 2),
        (6, 5, 2, 40, 2),
        (6, 3, 2, 80, 3),
        (6, 5, 1, 112, 3),
        (6, 5, 2, 192, 4),
        (6, 3, 1, 320, 1),
    ];

    private readonly Sequential features;
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Sequential classifier;

    /// <summary>Builds the network for inputs of any size.</summary>
    public EfficientNet(ModelOptions options) : base("efficientnet_b0")
    {
        ArgumentNullException.ThrowIfNull(options);
        var norm = Normalization.Parse(options.Norm);
        int channels = StemWidth, block = 0, blocks = Layout.Sum(stage => stage.Blocks);
        features = Sequential(("0", Unit(norm, Conv2d(options.InChannels, channels, 3, stride: 2, padding: 1, bias: false))));
        foreach (var row in Layout)
        {
            Sequential stage = Sequential();
            for (int i = 0; i < row.Blocks; i++, block++)
            {
                stage.append(new MBConv(channels, row.Width, row.Expansion, row.Kernel, i == 0 ? row.Stride : 1, DepthDropRate * block / blocks, norm));
                channels = row.Width;
            }

            features.append(stage);
        }

        features.append(Unit(norm, Conv2d(channels, LastWidth, 1, bias: false)));
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

    /// <summary>Convolution, normalization and, unless it is the linear end of a block, x·σ(x).</summary>
    private static Sequential Unit(Normalization norm, Conv2d convolution, bool linear = false)
    {
        Sequential unit = Sequential(("0", convolution), ("1", norm.Create(convolution.out_channels)));
        return linear ? unit : unit.append("2", SiLU());
    }

    // torchvision's: the fan of a depthwise convolution counts all its outputs.
    private void Initialize()
    {
        foreach (Conv2d convolution in modules().OfType<Conv2d>())
        {
            long outputs = convolution.out_channels * convolution.kernel_size[0] * convolution.kernel_size[1];
            WeightInit.Normal(convolution.weight, Math.Sqrt(2.0 / outputs));
            WeightInit.Constant(convolution.bias, 0);
        }

        foreach (Linear linear in modules().OfType<Linear>())
        {
            WeightInit.Uniform(linear.weight, 1 / Math.Sqrt(linear.out_features));
            WeightInit.Constant(linear.bias, 0);
        }
    }

    /// <summary>
    /// Mobile inverted bottleneck: widen by 1×1, filter each channel, weigh the channels, narrow by a linear 1×1; a shortcut where input and output have one
    /// shape (Sandler et al., "MobileNetV2", CVPR 2018; with squeeze and excitation Tan et al., "MnasNet", CVPR 2019).
    /// </summary>
    private sealed class MBConv : Module<Tensor, Tensor>
    {
        private readonly Sequential block = Sequential();
        private readonly StochasticDepth? stochastic_depth;
        private readonly Add? add;

        public MBConv(int channels, int width, int expansion, int kernel, int stride, double dropRate, Normalization norm) : base(nameof(MBConv))
        {
            int inner = channels * expansion;
            if (expansion > 1)
            {
                block.append(Unit(norm, Conv2d(channels, inner, 1, bias: false)));
            }

            block.append(Unit(norm, Conv2d(inner, inner, kernel, stride: stride, padding: kernel / 2, groups: inner, bias: false)));
            block.append(new SqueezeExcitation(inner, Math.Max(1, channels / 4)));
            block.append(Unit(norm, Conv2d(inner, width, 1, bias: false), linear: true));
            if (stride == 1 && channels == width)
            {
                stochastic_depth = new StochasticDepth(dropRate);
                add = new Add();
            }

            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor x = block.call(input);
            if (add is not null)
            {
                x = add.call(stochastic_depth!.call(x), input);
            }

            return x.MoveToOuterDisposeScope();
        }
    }

    /// <summary>
    /// [N,C,H,W] times a gate per channel, made of the channels' means by two layers (Hu, Shen, Sun, "Squeeze-and-excitation networks", CVPR 2018).
    /// </summary>
    private sealed class SqueezeExcitation : Module<Tensor, Tensor>
    {
        private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
        private readonly Conv2d fc1;
        private readonly Conv2d fc2;
        private readonly SiLU activation = SiLU();
        private readonly Sigmoid scale_activation = Sigmoid();
        private readonly Multiply multiply = new();

        public SqueezeExcitation(int channels, int squeezed) : base(nameof(SqueezeExcitation))
        {
            fc1 = Conv2d(channels, squeezed, 1);
            fc2 = Conv2d(squeezed, channels, 1);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor gates = activation.call(fc1.call(avgpool.call(input)));  // [N,C/r,1,1]
            gates = scale_activation.call(fc2.call(gates));                 // [N,C,1,1]
            return multiply.call(input, gates).MoveToOuterDisposeScope();
        }
    }

    internal static ModelInfo Info { get; } = new()
    {
        Name = "efficientnet_b0",
        Family = "efficientnet",
        Summary = "EfficientNet-B0, inverted residuals with squeeze and excitation",
        Source = "Tan, Le: EfficientNet: rethinking model scaling for convolutional neural networks, ICML 2019, table 1",
        Input = (3, 224, 224),
        Torchvision = "efficientnet_b0",
        Published = TorchvisionWeights.Of("efficientnet_b0"),
        KeySchemes = EfficientNetKeys.All,
        Classes = 1000,
        Preprocessing = Preprocessing.ImageNet(interpolation: Interpolation.Bicubic),
        Head = "classifier.1",
        Stem = "features.0.0",
        Stages = ["features.1", "features.2", "features.3", "features.5", "features.7"],
        Build = options => new EfficientNet(options),
    };
}
