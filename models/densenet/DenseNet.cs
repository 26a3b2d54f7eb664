using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Densenet;

/// <summary>
/// DenseNet-BC: inside a block each layer takes the concatenation of the block's input and of all earlier layers' outputs, and adds k maps of its own; between
/// blocks a transition halves channels (compression 0.5) and sides.
/// </summary>
/// <remarks>
/// G. Huang, Z. Liu, L. van der Maaten, K. Q. Weinberger, "Densely connected convolutional networks", CVPR 2017, section 3 and table 1. Keys as torchvision's.
/// For CIFAR (section 3, "Implementation details") three blocks of (depth − 4)/6 bottlenecks follow a 3×3 convolution of 2k maps. The paper's smallest of
/// these has 100 layers; 40 is the smallest depth that it trains without bottlenecks.
/// A layer passes on what it took joined with what it made, so that the next one's input is the concatenation of everything before it.
/// </remarks>
public sealed class DenseNet : ZooModel
{
    private const int BottleneckWidth = 4; // section 3, "Bottleneck layers": the 1×1 convolution makes 4k maps

    // k is the growth rate; the numbers of layers are table 1's.
    private static readonly (string Name, int Growth, int[] Layers, int Stem)[] Variants =
    [
        ("densenet121", 32, [6, 12, 24, 16], 64),
        ("densenet161", 48, [6, 12, 36, 24], 96),
        ("densenet169", 32, [6, 12, 32, 32], 64),
        ("densenet201", 32, [6, 12, 48, 32], 64),
        ("densenet40_bc", 12, [6, 6, 6], 24),
    ];

    private readonly Sequential features;
    private readonly ReLU relu = ReLU();
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Linear classifier;

    private DenseNet((string Name, int Growth, int[] Layers, int Stem) variant, ModelOptions options) : base(variant.Name)
    {
        var norm = Normalization.Parse(options.Norm);
        features = IsCifar(variant.Layers)
            ? Sequential(("conv0", Conv2d(options.InChannels, variant.Stem, 3, padding: 1, bias: false)))
            : Sequential(
                ("conv0", Conv2d(options.InChannels, variant.Stem, 7, stride: 2, padding: 3, bias: false)),
                ("norm0", norm.Create(variant.Stem)),
                ("relu0", ReLU(inplace: true)),
                ("pool0", MaxPool2d(3, stride: 2, padding: 1)));
        int channels = variant.Stem;
        for (int block = 1; block <= variant.Layers.Length; block++)
        {
            if (block > 1)
            {
                features.append($"transition{block - 1}", Transition(channels, channels / 2, norm));
                channels /= 2;
            }

            int first = channels, layers = variant.Layers[block - 1];
            features.append($"denseblock{block}", Sequential(Enumerable.Range(0, layers)
                .Select(i => ($"denselayer{i + 1}", (Module<Tensor, Tensor>)new DenseLayer(first + (i * variant.Growth), variant.Growth, norm))).ToArray()));
            channels += layers * variant.Growth;
        }

        features.append("norm5", norm.Create(channels));
        classifier = Linear(channels, options.NumClasses);
        RegisterComponents();
        foreach (Conv2d convolution in modules().OfType<Conv2d>())
        {
            WeightInit.KaimingNormalFanIn(convolution);
        }

        WeightInit.Constant(classifier.bias, 0);
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = relu.call(features.call(input));     // [N,channels,H/32,W/32]; CIFAR: [N,channels,H/4,W/4]
        x = flatten.call(avgpool.call(x));              // [N,channels]
        return classifier.call(x).MoveToOuterDisposeScope();
    }

    private static bool IsCifar(int[] layers) => layers.Length == 3;

    private static Sequential Transition(int channels, int smaller, Normalization norm) => Sequential(
        ("norm", norm.Create(channels)),
        ("relu", ReLU(inplace: true)),
        ("conv", Conv2d(channels, smaller, 1, bias: false)),
        ("pool", AvgPool2d(2, stride: 2)));

    /// <summary>[N,C,H,W] → [N,C+k,H,W]: normalization and rectifier before each convolution, 1×1 to 4k maps, 3×3 to k maps.</summary>
    private sealed class DenseLayer : Module<Tensor, Tensor>
    {
        private readonly Module<Tensor, Tensor> norm1;
        private readonly ReLU relu1 = ReLU(inplace: true);
        private readonly Conv2d conv1;
        private readonly Module<Tensor, Tensor> norm2;
        private readonly ReLU relu2 = ReLU(inplace: true);
        private readonly Conv2d conv2;
        private readonly Concat concat = new();

        public DenseLayer(int channels, int growth, Normalization norm) : base(nameof(DenseLayer))
        {
            norm1 = norm.Create(channels);
            conv1 = Conv2d(channels, BottleneckWidth * growth, 1, bias: false);
            norm2 = norm.Create(BottleneckWidth * growth);
            conv2 = Conv2d(BottleneckWidth * growth, growth, 3, padding: 1, bias: false);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor x = conv1.call(relu1.call(norm1.call(input))); // [N,4k,H,W]
            x = conv2.call(relu2.call(norm2.call(x)));            // [N,k,H,W]
            return concat.call([input, x]).MoveToOuterDisposeScope();
        }
    }

    // torchvision's published weights have denselayer1.norm.1 where the network says denselayer1.norm1.
    private static KeyScheme Published2017(IReadOnlyList<int> layers) => KeyScheme.Of("torchvision before 0.3",
        layers.SelectMany((count, block) => Enumerable.Range(1, count).Select(layer => $"features.denseblock{block + 1}.denselayer{layer}"))
            .SelectMany(at => new[] { "norm", "conv" }.SelectMany(kind => new[] { 1, 2 }.Select(i => ($"{at}.{kind}.{i}", $"{at}.{kind}{i}")))));

    internal static IEnumerable<ModelInfo> Infos => Variants.Select(variant => new ModelInfo
    {
        Name = variant.Name,
        Family = "densenet",
        Summary = $"DenseNet-BC{(IsCifar(variant.Layers) ? " for CIFAR" : "")}, {string.Join("-", variant.Layers)} layers, growth {variant.Growth}",
        Source = "Huang, Liu, van der Maaten, Weinberger: Densely connected convolutional networks, CVPR 2017, "
            + (IsCifar(variant.Layers) ? "section 3" : "table 1"),
        Input = IsCifar(variant.Layers) ? (3, 32, 32) : (3, 224, 224),
        MinimumSize = IsCifar(variant.Layers) ? 4 : 29, // the transitions must leave a pixel: 29 → 15 → 8 → 4 → 2 → 1
        Torchvision = IsCifar(variant.Layers) ? null : variant.Name,
        Published = TorchvisionWeights.Of(variant.Name),
        KeySchemes = [Published2017(variant.Layers)],
        Classes = IsCifar(variant.Layers) ? 10 : 1000,
        Preprocessing = IsCifar(variant.Layers) ? Preprocessing.Cifar10() : Preprocessing.ImageNet(),
        Head = nameof(classifier),
        Stem = "features.conv0",
        Stages = [.. Enumerable.Range(1, variant.Layers.Length).Select(block => $"features.denseblock{block}")],
        Build = options => new DenseNet(variant, options),
    });
}
