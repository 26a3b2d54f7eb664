using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Googlenet;

/// <summary>
/// GoogLeNet: nine inception modules, global average pooling instead of hidden linear layers, and in training two more classifiers half-way. 6,624,904
/// parameters and 1,498,376,192 MACs at 3×224×224 as torchvision has it (13,004,888 parameters with the auxiliary classifiers), 6,998,552 and 1,582,671,872 as
/// in the paper.
/// </summary>
/// <remarks>
/// After C. Szegedy et al., "Going deeper with convolutions", CVPR 2015, section 5, table 1 and figure 3. torchvision's network came from TensorFlow by way of
/// a port: it has batch normalization with ε = 1e-3, a 3×3 where the paper has a 5×5, a 2×2 fourth pool, dropout 0.2 instead of 0.4, and trained weights for
/// just that. Every pool rounds up (ceil mode), which makes 112-56-28-14-7 out of 224. <see cref="ForwardAll"/> gives the logits, aux2's, aux1's, as
/// torchvision names its outputs; torchvision 0.14.1 gives what aux1 made under the name of aux2's and the other way round, which the loss does not see.
/// googlenet_cifar is ours: at 32×32 the stem is a 3×3 of stride 2 and its pool is left out, so that the modules see 8×8, 4×4 and 2×2; no auxiliary heads.
/// </remarks>
public sealed class GoogLeNet : ZooModel, IAuxiliaryHeads
{
    private readonly TransformInput? transform;
    private readonly BasicConv2d conv1;
    private readonly MaxPool2d? maxpool1;
    private readonly LocalResponseNorm? norm1;
    private readonly BasicConv2d conv2;
    private readonly BasicConv2d conv3;
    private readonly LocalResponseNorm? norm2;
    private readonly MaxPool2d maxpool2 = Pool(3);
    private readonly Inception inception3a;
    private readonly Inception inception3b;
    private readonly MaxPool2d maxpool3 = Pool(3);
    private readonly Inception inception4a;
    private readonly Inception inception4b;
    private readonly Inception inception4c;
    private readonly Inception inception4d;
    private readonly Inception inception4e;
    private readonly MaxPool2d maxpool4;
    private readonly Inception inception5a;
    private readonly Inception inception5b;
    private readonly AuxiliaryHead? aux1;
    private readonly AuxiliaryHead? aux2;
    private readonly AdaptiveAvgPool2d avgpool = AdaptiveAvgPool2d(1);
    private readonly Flatten flatten = Flatten();
    private readonly Dropout dropout;
    private readonly Linear fc;

    private GoogLeNet(ModelOptions options, Form form) : base(form.Name)
    {
        Normalization? norm = form.Normalized ? Normalization.Parse(options.Norm) : null;
        transform = options.TransformInput ? new TransformInput(options.InChannels) : null;
        conv1 = new BasicConv2d(options.InChannels, 64, form.Cifar ? 3 : 7, norm, stride: 2);
        maxpool1 = form.Cifar ? null : Pool(3);
        conv2 = new BasicConv2d(64, 64, 1, norm);
        conv3 = new BasicConv2d(64, 192, 3, norm);
        (norm1, norm2) = form.ResponseNorm ? (ResponseNorm(), ResponseNorm()) : (null, null);
        inception3a = Module(192, 64, 96, 128, 16, 32, 32); // Table 1: 1×1, 3×3 reduce and 3×3, 5×5 reduce and 5×5, pool projection
        inception3b = Module(256, 128, 128, 192, 32, 96, 64);
        inception4a = Module(480, 192, 96, 208, 16, 48, 64);
        inception4b = Module(512, 160, 112, 224, 24, 64, 64);
        inception4c = Module(512, 128, 128, 256, 24, 64, 64);
        inception4d = Module(512, 112, 144, 288, 32, 64, 64);
        inception4e = Module(528, 256, 160, 320, 32, 128, 128);
        maxpool4 = Pool(form.FourthPool);
        inception5a = Module(832, 256, 160, 320, 32, 128, 128);
        inception5b = Module(832, 384, 192, 384, 48, 128, 128);
        aux1 = options.OmitAuxiliary || form.Cifar ? null : Auxiliary(512);
        aux2 = options.OmitAuxiliary || form.Cifar ? null : Auxiliary(528);
        dropout = Dropout(form.Dropout);
        fc = Linear(1024, options.NumClasses);
        RegisterComponents();
        foreach (Linear layer in modules().OfType<Linear>())
        {
            WeightInit.Normal(layer.weight, 0.01);
        }

        Inception Module(int channels, int one, int threeReduce, int three, int fiveReduce, int five, int poolProjection) =>
            new(channels, one, threeReduce, three, fiveReduce, five, poolProjection, form.WideKernel, norm);

        AuxiliaryHead Auxiliary(int channels) => form.PaperHeads
            ? new(AvgPool2d(5, stride: 3), channels, PooledCells(options), options.NumClasses, norm)
            : new(AdaptiveAvgPool2d(4), channels, 16, options.NumClasses, norm);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Auxiliary => aux1 is null ? [] : [$"{nameof(aux2)}.fc2", $"{nameof(aux1)}.fc2"];

    /// <inheritdoc/>
    public double AuxiliaryWeight => 0.3;

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return Run(input, heads: false)[0].MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor[] ForwardAll(Tensor input)
    {
        using var scope = NewDisposeScope();
        return [.. Run(input, heads: true).Select(logits => logits.MoveToOuterDisposeScope())];
    }

    private Tensor[] Run(Tensor input, bool heads)
    {
        Tensor x = transform is null ? input : transform.call(input);
        x = conv1.call(x);
        x = maxpool1 is null ? x : maxpool1.call(x);                                      // [N,64,56,56]; CIFAR: [N,64,16,16]
        x = conv3.call(conv2.call(norm1 is null ? x : norm1.call(x)));                    // [N,192,56,56]
        x = maxpool2.call(norm2 is null ? x : norm2.call(x));                             // [N,192,28,28]
        x = maxpool3.call(inception3b.call(inception3a.call(x)));                         // [N,480,14,14]
        x = inception4a.call(x);                                                          // [N,512,14,14]
        Tensor? first = heads ? aux1?.call(x) : null;
        x = inception4d.call(inception4c.call(inception4b.call(x)));                      // [N,528,14,14]
        Tensor? second = heads ? aux2?.call(x) : null;
        x = maxpool4.call(inception4e.call(x));                                           // [N,832,7,7]
        x = avgpool.call(inception5b.call(inception5a.call(x)));                          // [N,1024,1,1]
        x = fc.call(dropout.call(flatten.call(x)));
        return first is null || second is null ? [x] : [x, second, first];
    }

    // Rounds up, so that no pixel is left out.
    private static MaxPool2d Pool(int kernel) => MaxPool2d(kernel, stride: 2, ceil_mode: true);

    // Section 5 names no constants. These are the authors' of the Caffe reproduction: n = 5, α = 1e-4 before the mean, β = 0.75, k = 1, PyTorch's defaults too.
    private static LocalResponseNorm ResponseNorm() => LocalResponseNorm(5);

    // 5×5 windows, 3 apart, on the maps of stride 16: 4×4 of 14×14.
    private static long PooledCells(ModelOptions options)
    {
        (int rows, int columns) = (Maps(options.InputHeight), Maps(options.InputWidth));
        return rows >= 5 && columns >= 5 ? ((rows - 5) / 3 + 1L) * ((columns - 5) / 3 + 1)
            : throw new ZooException($"The paper's auxiliary classifiers pool 5×5, but an input of {options.InputHeight}×{options.InputWidth} leaves them "
                + $"{rows}×{columns}; leave them out, or take 79×79.");

        static int Maps(int size) => (size + 1) / 2 / 2 / 2 / 2; // the convolution, then ⌈(size − 3) / 2⌉ + 1 = ⌊size / 2⌋ thrice
    }

    private static ModelInfo Row(Form form, string summary) => new()
    {
        Name = form.Name,
        Family = "googlenet",
        Summary = summary,
        Source = "Szegedy et al.: Going deeper with convolutions, CVPR 2015, section 5, table 1 and figure 3",
        Input = form.Cifar ? (3, 32, 32) : (3, 224, 224),
        MinimumSize = form.PaperHeads ? 79 : form.Cifar ? 7 : 15,
        Torchvision = form.Name == "googlenet" ? form.Name : null,
        Published = TorchvisionWeights.Of(form.Name),
        PublishedOptions = form.Name == "googlenet" ? static options => options with { TransformInput = true } : null,
        Classes = form.Cifar ? 10 : 1000,
        Preprocessing = form.Cifar ? Preprocessing.Cifar10() : Preprocessing.ImageNet(),
        Head = nameof(fc),
        Stem = $"{nameof(conv1)}.conv",
        Stages = [nameof(conv1), nameof(conv3), nameof(inception3b), nameof(inception4e), nameof(inception5b)],
        Build = options => new GoogLeNet(options, form),
    };

    private sealed record Form(string Name, int WideKernel, bool Normalized, bool ResponseNorm, bool PaperHeads, int FourthPool, double Dropout,
        bool Cifar = false);

    internal static IReadOnlyList<ModelInfo> Infos { get; } =
    [
        Row(new("googlenet", WideKernel: 3, Normalized: true, ResponseNorm: false, PaperHeads: false, FourthPool: 2, Dropout: 0.2),
            "GoogLeNet as torchvision has it: batch normalization, 3×3 where the paper has 5×5"),
        Row(new("googlenet_paper", WideKernel: 5, Normalized: false, ResponseNorm: true, PaperHeads: true, FourthPool: 3, Dropout: 0.4),
            "GoogLeNet of the paper: true 5×5, biases, response normalization"),
        Row(new("googlenet_bn", WideKernel: 5, Normalized: true, ResponseNorm: false, PaperHeads: false, FourthPool: 2, Dropout: 0.2),
            "GoogLeNet with true 5×5 and batch normalization"),
        Row(new("googlenet_cifar", WideKernel: 5, Normalized: true, ResponseNorm: false, PaperHeads: false, FourthPool: 2, Dropout: 0.2, Cifar: true),
            "GoogLeNet for CIFAR: a stem of one 3×3 of stride 2, no auxiliary heads"),
    ];
}
