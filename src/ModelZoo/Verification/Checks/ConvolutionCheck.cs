using ModelZoo.Reference;
using TorchSharp;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Two-dimensional convolution, x [N,C,H,W], w [K,C/groups,R,S], bias [K], y [N,K,I,J]. Every element of y and of the gradients is one sum of products, so
/// γ_{n+1}·Σ|t| bounds it whatever the order of summation (direct, im2col and GEMM, blocked). n counts the products that meet real pixels: those with padding are exact zeros.
/// </summary>
/// <remarks>Winograd's algorithm is not covered by this bound; where a library uses it the ratio tells.</remarks>
internal sealed record ConvolutionCheck(NdArray Weight, NdArray? Bias, ConvolutionShape Window) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => Counts.ConvolutionParameters(Weight.Shape[1] * Window.Groups, Weight.Shape[0], (Weight.Shape[2], Weight.Shape[3]), Window.Groups, Bias is not null);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
    [
        .. Window.Stride.Neighbours(1).Select(s => Changed($"stride {s.Text()} instead of {Window.Stride.Text()}", Window with { Stride = s })),
        .. Window.Padding.Neighbours(0).Select(p => Changed($"padding {p.Text()} instead of {Window.Padding.Text()}", Window with { Padding = p })),
        .. Window.Dilation.Neighbours(1).Select(d => Changed($"dilation {d.Text()} instead of {Window.Dilation.Text()}", Window with { Dilation = d })),
        .. Bias is null ? [] : new[] { new LayerVariant("the bias is missing", this with { Bias = null }) },
        new("the kernels are turned by 180°", this with { Weight = TrueConvolution.Flip(Weight) }),
        .. Weight.Shape[2] == Weight.Shape[3] ? new[] { new LayerVariant("rows and columns of the kernels are swapped", this with { Weight = Swap(Weight, 2, 3) }) } : [],
        .. Weight.Shape[0] == Weight.Shape[1] ? new[] { new LayerVariant("input and output channels of the weight are swapped", this with { Weight = Swap(Weight, 0, 1) }) } : [],
    ];

    public static ConvolutionCheck Of(Conv2d module)
    {
        if (module.padding_mode != PaddingModes.Zeros)
        {
            throw new NotSupportedException($"the reference pads with zeros, not {module.padding_mode}");
        }

        Pair dilation = module.dilation.ToPair(), kernel = module.kernel_size.ToPair();
        return new(module.weight.ToNdArray(), module.bias.ToNdArrayOrNull(), new ConvolutionShape
        {
            Stride = module.stride.ToPair(),
            Padding = module.padding_type == Padding.Same ? Same(kernel, dilation) : module.padding.ToPair(0),
            Dilation = dilation,
            Groups = (int)module.groups,
        });
    }

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        int[] shape =
        [
            x.Shape[0],
            Weight.Shape[0],
            OutputSize.Convolution(x.Shape[2], Weight.Shape[2], Window.Stride.H, Window.Padding.H, Window.Dilation.H),
            OutputSize.Convolution(x.Shape[3], Weight.Shape[3], Window.Stride.W, Window.Padding.W, Window.Dilation.W),
        ];
        return Quantity.Of(Quantity.Output, shape, rounding, Weight.Count / Weight.Shape[0], (n, k, i, j) => Reference.Convolution.ForwardAt(x, Weight, Bias, Window, n, k, i, j)) with
        {
            Whole = () => WholeConvolution.Forward(x, Weight, Bias, Window),
        };
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        long outputs = gradY.Count / gradY.Shape[1];
        yield return Quantity.Of(Quantity.GradInput, x.ShapeOf(), rounding, Weight.Count / Weight.Shape[1] / Window.Groups, (n, c, h, v) => Reference.Convolution.GradInputAt(Weight, gradY, Window, n, c, h, v)) with
        {
            Whole = () => WholeConvolution.GradInput(x, Weight, gradY, Window),
        };
        yield return Quantity.Of("grad weight", Weight.ShapeOf(), rounding, outputs, (k, c, p, q) => Reference.Convolution.GradWeightAt(x, gradY, Window, k, c, p, q));
        if (Bias is not null)
        {
            yield return Quantity.Of("grad bias", Bias.Count, rounding, outputs, k => Reference.Convolution.GradBiasAt(gradY, k));
        }
    }

    private static Pair Same(Pair kernel, Pair dilation)
    {
        (int rows, int columns) = (dilation.H * (kernel.H - 1), dilation.W * (kernel.W - 1));
        return rows % 2 == 0 && columns % 2 == 0
            ? (rows / 2, columns / 2)
            : throw new NotSupportedException("the reference has no \"same\" padding that differs between the sides");
    }

    private static NdArray Swap(NdArray w, int a, int b)
    {
        NdArray swapped = NdArray.Zeros(w.ShapeOf());
        int[] index = new int[4];
        for (int i = 0; i < w.Count; i++)
        {
            int rest = i;
            for (int axis = 3; axis >= 0; axis--)
            {
                index[axis] = rest % w.Shape[axis];
                rest /= w.Shape[axis];
            }

            (index[a], index[b]) = (index[b], index[a]);
            swapped.Data[i] = w[index[0], index[1], index[2], index[3]];
        }

        return swapped;
    }

    private LayerVariant Changed(string change, ConvolutionShape window) => new(change, this with { Window = window });
}
