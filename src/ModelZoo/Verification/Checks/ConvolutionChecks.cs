using ModelZoo.Reference;
using TorchSharp;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Two-dimensional convolution, x [N,C,H,W], w [K,C/groups,R,S], bias [K], y [N,K,I,J]. Every element of y and of the gradients is one sum of products, so
/// γ_{n+1}·Σ|t| bounds it whatever the order of summation (direct, im2col and GEMM, blocked). n counts the products that meet real pixels: those with padding
/// are exact zeros.
/// </summary>
/// <remarks>Winograd's algorithm is not covered by this bound; where a library uses it the ratio tells.</remarks>
internal sealed record ConvolutionCheck(NdArray Weight, NdArray? Bias, ConvolutionShape Window) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters =>
        Counts.ConvolutionParameters(Weight.Shape[1] * Window.Groups, Weight.Shape[0], (Weight.Shape[2], Weight.Shape[3]), Window.Groups, Bias is not null);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        .. Window.Stride.Neighbors(1).Select(s => Changed($"stride {s.Text()} instead of {Window.Stride.Text()}", Window with { Stride = s })),
        .. Window.Padding.Neighbors(0).Select(p => Changed($"padding {p.Text()} instead of {Window.Padding.Text()}", Window with { Padding = p })),
        .. Window.Dilation.Neighbors(1).Select(d => Changed($"dilation {d.Text()} instead of {Window.Dilation.Text()}", Window with { Dilation = d })),
        .. Bias is null ? [] : new[] { new LayerVariant("the bias is missing", this with { Bias = null }) },
        new("the kernels are turned by 180°", this with { Weight = TrueConvolution.Flip(Weight) }),
        .. Weight.Shape[2] == Weight.Shape[3]
            ? new[] { new LayerVariant("rows and columns of the kernels are swapped", this with { Weight = Swap(Weight, 2, 3) }) }
            : [],
        .. Weight.Shape[0] == Weight.Shape[1]
            ? new[] { new LayerVariant("input and output channels of the weight are swapped", this with { Weight = Swap(Weight, 0, 1) }) }
            : [],
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
        return Quantity.Of(Quantity.Output, shape, rounding, Weight.Count / Weight.Shape[0], (n, k, i, j) =>
            Reference.Convolution.ForwardAt(x, Weight, Bias, Window, n, k, i, j)) with
        {
            Whole = () => WholeConvolution.Forward(x, Weight, Bias, Window),
        };
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        long outputs = gradY.Count / gradY.Shape[1];
        yield return Quantity.Of(Quantity.GradInput, x.ShapeOf(), rounding, Weight.Count / Weight.Shape[1] / Window.Groups, (n, c, h, v) =>
            Reference.Convolution.GradInputAt(Weight, gradY, Window, n, c, h, v)) with
        {
            Whole = () => WholeConvolution.GradInput(x, Weight, gradY, Window),
        };
        yield return Quantity.Of("grad weight", Weight.ShapeOf(), rounding, outputs, (k, c, p, q) =>
            Reference.Convolution.GradWeightAt(x, gradY, Window, k, c, p, q));
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

/// <summary>
/// Two-dimensional transposed convolution, x [N,C,H,W], w [C,K/groups,R,S], bias [K], y [N,K,I,J]. Every element of y and of the gradients is one sum of
/// products, whatever the order in which kernels are laid over the output: γ_{n+1}·Σ|t|, where n counts the products that meet real pixels.
/// </summary>
internal sealed record TransposedConvolutionCheck(NdArray Weight, NdArray? Bias, ConvolutionShape Window, Pair OutputPadding) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters =>
        Counts.TransposedConvolutionParameters(Weight.Shape[0], Weight.Shape[1] * Window.Groups, (Weight.Shape[2], Weight.Shape[3]), Window.Groups,
            Bias is not null);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        .. Window.Stride.Neighbors(1).Select(s => Changed($"stride {s.Text()} instead of {Window.Stride.Text()}", Window with { Stride = s })),
        .. Window.Padding.Neighbors(0).Select(p => Changed($"padding {p.Text()} instead of {Window.Padding.Text()}", Window with { Padding = p })),
        .. OutputPadding.Neighbors(0).Select(p =>
            new LayerVariant($"output padding {p.Text()} instead of {OutputPadding.Text()}", this with { OutputPadding = p })),
        .. Bias is null ? [] : new[] { new LayerVariant("the bias is missing", this with { Bias = null }) },
        new("the kernels are turned by 180°", this with { Weight = TrueConvolution.Flip(Weight) }),
    ];

    public static TransposedConvolutionCheck Of(ConvTranspose2d module) => new(
        module.weight.ToNdArray(),
        module.bias.ToNdArrayOrNull(),
        new ConvolutionShape
        {
            Stride = module.stride.ToPair(),
            Padding = module.padding.ToPair(0),
            Dilation = module.dilation.ToPair(),
            Groups = (int)module.groups
        },
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
        yield return Quantity.Of(Quantity.GradInput, x.ShapeOf(), rounding, Weight.Count / Weight.Shape[0], (n, c, i, j) =>
            Reference.Convolution.ForwardAt(gradY, Weight, null, Window, n, c, i, j));
        yield return Quantity.Of("grad weight", Weight.ShapeOf(), rounding, pixels, (c, k, p, q) =>
            Reference.Convolution.GradWeightAt(gradY, x, Window, c, k, p, q));
        if (Bias is not null)
        {
            yield return Quantity.Of("grad bias", Bias.Count, rounding, gradY.Count / gradY.Shape[1], k => Reference.Convolution.GradBiasAt(gradY, k));
        }
    }

    private LayerVariant Changed(string change, ConvolutionShape window) => new(change, this with { Window = window });
}

/// <summary>
/// LeNet-5's C3: each output map sees the input maps that the table names. The layer computes it as a dense convolution whose other kernels are zero; their
/// products are exact zeros, so the bound counts the connected products only: γ_{n+1}·Σ|t|.
/// </summary>
internal sealed record TableConvolutionCheck(NdArray Weight, NdArray Bias, ConnectionTable Table) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => Counts.TableConvolutionParameters(Table, (Weight.Shape[1], Weight.Shape[2]));

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("the bias is missing", this with { Bias = NdArray.ZerosLike(Bias) })];

    public static TableConvolutionCheck Of(Layers.TableConvolution module) =>
        new(module.Weight.ToNdArray(), module.Bias.ToNdArray(), new ConnectionTable(module.InChannels, module.Table));

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        int[] shape = [x.Shape[0], Table.OutputMaps, OutputSize.Convolution(x.Shape[2], Weight.Shape[1]), OutputSize.Convolution(x.Shape[3], Weight.Shape[2])];
        return Quantity.Of(Quantity.Output, shape, rounding, Weight.Count / Table.OutputMaps, (n, m, i, j) =>
            TableConvolution.ForwardAt(x, Weight, Bias, Table, n, m, i, j));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        GradientSums sums = TableConvolution.BackwardSums(inputs[0], Weight, gradY, Table);
        yield return Quantity.Of(Quantity.GradInput, sums.X, rounding);
        yield return Quantity.Of("grad weight", sums.Weight, rounding);
        yield return Quantity.Of("grad bias", sums.Bias, rounding);
    }
}

/// <summary>From the modules' way of writing hyper-parameters to the reference's.</summary>
internal static class Settings
{
    /// <summary>One number for both axes, or two.</summary>
    public static Pair ToPair(this long[] values) => ((int)values[0], (int)values[^1]);

    /// <summary>As above, with a default where the module says nothing.</summary>
    public static Pair ToPair(this long[]? values, Pair otherwise) => values is null or [] ? otherwise : values.ToPair();

    public static NdArray? ToNdArrayOrNull(this Parameter? parameter) => parameter?.ToNdArray();

    public static int[] ShapeOf(this NdArray array) => [.. array.Shape];

    /// <summary>The size of each axis changed by −1 and by +1, where the result is at least <paramref name="least"/>.</summary>
    public static IEnumerable<Pair> Neighbors(this Pair pair, int least)
    {
        foreach (int step in (int[])[1, -1])
        {
            if (pair.H + step >= least && pair.W + step >= least)
            {
                yield return (pair.H + step, pair.W + step);
            }
        }
    }

    /// <summary>"2", or "2×3" where the axes differ.</summary>
    public static string Text(this Pair pair) => pair.H == pair.W ? $"{pair.H}" : $"{pair.H}×{pair.W}";
}
