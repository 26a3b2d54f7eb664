using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelZoo.Models.Encoderdecoder;

/// <summary>
/// One small encoder–decoder four times: image in, image of the same size out. Two poolings make the map a quarter as high and wide, and the decoder's two
/// steps make it large again, each in one of four ways; every way has the same number of parameters. The output is linear: the mean squared error to an image
/// in [0,1] is its loss.
/// </summary>
/// <remarks>
/// Transposed convolution: M. D. Zeiler et al., CVPR 2010; V. Dumoulin, F. Visin, arXiv 1603.07285, chapter 4. It is what bed of nails and a convolution
/// compute together, its kernels turned by 180°. Unpooling with remembered places: M. D. Zeiler, R. Fergus, ECCV 2014, section 2.1; V. Badrinarayanan et al.
/// (SegNet), PAMI 2017.
/// </remarks>
public sealed class EncoderDecoder : ZooModel
{
    private const int Fine = 16, Coarse = 32;

    private static readonly (string Name, Enlargement By, string Summary)[] Variants =
    [
        ("encdec_transposed", Enlargement.Transposed, "transposed convolutions"),
        ("encdec_unpool", Enlargement.Unpool, "unpooling to the places of the maxima, and convolutions"),
        ("encdec_nearest", Enlargement.Nearest, "repeated pixels and convolutions"),
        ("encdec_nails", Enlargement.Nails, "beds of nails and convolutions"),
    ];

    private readonly Conv2d enc1;
    private readonly ReLU relu1 = ReLU();
    private readonly Module pool1;
    private readonly Conv2d enc2;
    private readonly ReLU relu2 = ReLU();
    private readonly Module pool2;
    private readonly Module? up1;
    private readonly Module<Tensor, Tensor> dec1;
    private readonly ReLU relu3 = ReLU();
    private readonly Module? up2;
    private readonly Module<Tensor, Tensor> dec2;
    private readonly ReLU relu4 = ReLU();
    private readonly Conv2d head;

    private EncoderDecoder(string name, Enlargement by, ModelOptions options) : base(name)
    {
        if (options.InputHeight % 4 != 0 || options.InputWidth % 4 != 0)
        {
            throw new ZooException($"{name} halves its input twice and doubles it again: {options.InputHeight}×{options.InputWidth} must be divisible by 4.");
        }

        enc1 = Conv2d(options.InChannels, Fine, 3, padding: 1);
        enc2 = Conv2d(Fine, Coarse, 3, padding: 1);
        (pool1, pool2) = (Pool(by), Pool(by));
        (up1, up2) = (Up(by), Up(by));
        (dec1, dec2) = (Convolution(by, Coarse, Fine), Convolution(by, Fine, Fine));
        head = Conv2d(Fine, options.NumClasses, 1);
        RegisterComponents();
    }

    private enum Enlargement
    {
        Transposed,
        Unpool,
        Nearest,
        Nails,
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        (Tensor x, Tensor? places1) = Smaller(pool1, relu1.call(enc1.call(input)));     // [N,16,H/2,W/2]
        (x, Tensor? places2) = Smaller(pool2, relu2.call(enc2.call(x)));                // [N,32,H/4,W/4]
        x = relu3.call(dec1.call(Larger(up1, x, places2)));                             // [N,16,H/2,W/2]
        x = relu4.call(dec2.call(Larger(up2, x, places1)));                             // [N,16,H,W]
        return head.call(x).MoveToOuterDisposeScope();
    }

    private static Module Pool(Enlargement by) => by == Enlargement.Unpool ? new MaxPoolWithIndices(2) : MaxPool2d(2);

    private static Module? Up(Enlargement by) => by switch
    {
        Enlargement.Unpool => new MaxUnpool(2),
        Enlargement.Nearest => Upsample(scale_factor: [2, 2]),
        Enlargement.Nails => new BedOfNails(2),
        _ => null,
    };

    private static Module<Tensor, Tensor> Convolution(Enlargement by, int channels, int width) => by == Enlargement.Transposed
        ? ConvTranspose2d(channels, width, 3, stride: 2, padding: 1, output_padding: 1)
        : Conv2d(channels, width, 3, padding: 1);

    private static (Tensor Values, Tensor? Places) Smaller(Module pool, Tensor x) => pool switch
    {
        MaxPoolWithIndices remembering => remembering.call(x),
        _ => (((MaxPool2d)pool).call(x), null),
    };

    private static Tensor Larger(Module? up, Tensor x, Tensor? places) => up switch
    {
        null => x,
        MaxUnpool unpool => unpool.call(x, places!),
        _ => ((Module<Tensor, Tensor>)up).call(x),
    };

    internal static IEnumerable<ModelInfo> Infos => Variants.Select(variant => new ModelInfo
    {
        Name = variant.Name,
        Family = "encoderdecoder",
        Summary = $"a small encoder–decoder that enlarges by {variant.Summary}",
        Source = "the document's ways to enlarge a feature map, one skeleton for all",
        Input = (1, 28, 28),
        MinimumSize = 4,
        Task = ModelTask.DensePrediction,
        Classes = 1,
        Preprocessing = new(1, 28, 28, Fit.Resize, [0], [1]),
        Head = nameof(head),
        Stem = nameof(enc1),
        Stages = [nameof(relu1), nameof(relu2)],
        Build = options => new EncoderDecoder(variant.Name, variant.By, options),
    });
}
