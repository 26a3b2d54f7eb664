using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Two-dimensional transposed convolution, x [N,C,H,W], w [C,K/groups,R,S], bias [K], y [N,K,I,J]. Every element of y and of the gradients is one sum of products, whatever the
/// order in which kernels are laid over the output: γ_{n+1}·Σ|t|, where n counts the products that meet real pixels.
/// </summary>
internal sealed record TransposedConvolutionCheck(NdArray Weight, NdArray? Bias, ConvolutionShape Window, Pair OutputPadding) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters =>
        Counts.TransposedConvolutionParameters(Weight.Shape[0], Weight.Shape[1] * Window.Groups, (Weight.Shape[2], Weight.Shape[3]), Window.Groups, Bias is not null);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
    [
        .. Window.Stride.Neighbours(1).Select(s => Changed($"stride {s.Text()} instead of {Window.Stride.Text()}", Window with { Stride = s })),
        .. Window.Padding.Neighbours(0).Select(p => Changed($"padding {p.Text()} instead of {Window.Padding.Text()}", Window with { Padding = p })),
        .. OutputPadding.Neighbours(0).Select(p => new LayerVariant($"output padding {p.Text()} instead of {OutputPadding.Text()}", this with { OutputPadding = p })),
        .. Bias is null ? [] : new[] { new LayerVariant("the bias is missing", this with { Bias = null }) },
        new("the kernels are turned by 180°", this with { Weight = TrueConvolution.Flip(Weight) }),
    ];

    public static TransposedConvolutionCheck Of(ConvTranspose2d module) => new(
        module.weight.ToNdArray(),
        module.bias.ToNdArrayOrNull(),
        new ConvolutionShape { Stride = module.stride.ToPair(), Padding = module.padding.ToPair(0), Dilation = module.dilation.ToPair(), Groups = (int)module.groups },
        module.output_padding.ToPair(0));

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        int[] shape =
        [
            x.Shape[0],
            Weight.Shape[1] * Window.Groups,
            OutputSize.TransposedConvolution(x.Shape[2], Weight.Shape[2], Window.Stride.H, Window.Padding.H, Window.Dilation.H, OutputPadding.H),
            OutputSize.TransposedConvolution(x.Shape[3], Weight.Shape[3], Window.Stride.W, Window.Padding.W, Window.Dilation.W, OutputPadding.W),
        ];
        long terms = Weight.Count / Weight.Shape[1] / Window.Groups;
        return Quantity.Of(Quantity.Output, shape, rounding, terms, (n, k, h, v) => TransposedConvolution.ForwardAt(x, Weight, Bias, Window, n, k, h, v));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        long pixels = x.Count / x.Shape[1];
        yield return Quantity.Of(Quantity.GradInput, x.ShapeOf(), rounding, Weight.Count / Weight.Shape[0], (n, c, i, j) => Reference.Convolution.ForwardAt(gradY, Weight, null, Window, n, c, i, j));
        yield return Quantity.Of("grad weight", Weight.ShapeOf(), rounding, pixels, (c, k, p, q) => Reference.Convolution.GradWeightAt(gradY, x, Window, c, k, p, q));
        if (Bias is not null)
        {
            yield return Quantity.Of("grad bias", Bias.Count, rounding, gradY.Count / gradY.Shape[1], k => Reference.Convolution.GradBiasAt(gradY, k));
        }
    }

    private LayerVariant Changed(string change, ConvolutionShape window) => new(change, this with { Window = window });
}
