using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Max pooling selects, so its output is exact. Its gradient adds up the upstream gradients of the windows that a pixel won; the first of equal values wins, as
/// in PyTorch. Where one window only counts (all windows, if they do not overlap) that is exact as well, else γ_n·Σ|g|.
/// </summary>
internal sealed record MaxPoolCheck(PoolingWindow Window) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    private long Cells => (long)Window.Kernel.H * Window.Kernel.W;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        .. PoolingVariants.Of(Window).Select(v => new LayerVariant(v.Change, new MaxPoolCheck(v.Window))),
        .. Window.Dilation == 1 ? new[] { new LayerVariant("average instead of maximum", new AvgPoolCheck(Window, true, null)) } : [],
    ];

    public static MaxPoolCheck Of(MaxPool2d module)
    {
        Pair kernel = module.kernel_size.ToPair();
        return new(new PoolingWindow(kernel)
        {
            Stride = module.stride.ToPair(kernel),
            Padding = module.padding.ToPair(0),
            Dilation = module.dilation.ToPair(1),
            CeilMode = module.ceil_mode,
        });
    }

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        Pair size = Window.Output(x);
        return Quantity.Of(Quantity.Output, [x.Shape[0], x.Shape[1], size.H, size.W], Cells, (n, c, i, j) =>
            Bounded.Exact(MaxPooling.ForwardAt(x, Window, n, c, i, j)));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        Pair size = Window.Output(x);
        return gradY.Shape.SequenceEqual([x.Shape[0], x.Shape[1], size.H, size.W])
            ? [Quantity.Of(Quantity.GradInput, x.ShapeOf(), Cells * Cells, Gradient)]
            : throw new ArgumentException($"{gradY} is no gradient of a pooling of {x}.");

        Bounded Gradient(int n, int c, int h, int w)
        {
            Sum sum = MaxPooling.GradInputAt(x, gradY, Window, n, c, h, w);
            return sum.Terms > 1 ? rounding.Of(sum) : Bounded.Exact(sum.Value);
        }
    }
}

/// <summary>
/// Max pooling that gives the places of the maxima too: both outputs select and are exact; the gradient flows through the values alone, as in
/// <see cref="MaxPoolCheck"/>.
/// </summary>
internal sealed record MaxPoolWithIndicesCheck(PoolingWindow Window) : ILayerCheck
{
    private readonly MaxPoolCheck values = new(Window);

    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => values.Variants;

    public static MaxPoolWithIndicesCheck Of(Layers.MaxPoolWithIndices module) => new(new PoolingWindow(module.Kernel) { Stride = module.Kernel });

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => values.Output(inputs, rounding);

    /// <inheritdoc/>
    public IEnumerable<Quantity> FurtherOutputs(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        Pooled pooled = MaxPooling.Forward(inputs[0], Window);
        yield return Quantity.Exact("indices", new NdArray([.. pooled.Indices.Select(place => (double)place)], pooled.Y.ShapeOf()));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) => values.Gradients(inputs, gradY, rounding);
}

/// <summary>Each value set at the place that its index names, zeros elsewhere. Values only move: exact. The indices get no gradient.</summary>
internal sealed record MaxUnpoolCheck(int Kernel) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        new("the values stand in the corners of their windows", new BedOfNailsCheck(Kernel)),
        new("the values are repeated over their windows", new UpsampleCheck(Kernel)),
    ];

    public static MaxUnpoolCheck Of(Layers.MaxUnpool module) => new(module.Kernel);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) =>
        Quantity.Exact(Quantity.Output, Unpooling.Max(inputs[0], Places(inputs[1]), (inputs[0].Shape[2] * Kernel, inputs[0].Shape[3] * Kernel)));

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Exact(Quantity.GradInput, Unpooling.MaxBackward(inputs[0], Places(inputs[1]), gradY))];

    private static int[] Places(NdArray indices) => [.. indices.Data.Select(place => (int)place)];
}

/// <summary>
/// Average pooling: the sum of n cells divided by D, n roundings; its gradient the sum of the quotients gradY/D of the windows over a pixel. γ_{n+1}·Σ|t|
/// covers both.
/// </summary>
internal sealed record AvgPoolCheck(PoolingWindow Window, bool CountIncludePad, int? Divisor) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        .. PoolingVariants.Of(Window).Select(v => new LayerVariant(v.Change, this with { Window = v.Window })),
        new($"count_include_pad {!CountIncludePad} instead of {CountIncludePad}", this with { CountIncludePad = !CountIncludePad }),
        new("maximum instead of average", new MaxPoolCheck(Window)),
    ];

    public static AvgPoolCheck Of(AvgPool2d module)
    {
        Pair kernel = module.kernel_size.ToPair();
        var window = new PoolingWindow(kernel) { Stride = module.stride.ToPair(kernel), Padding = module.padding.ToPair(0), CeilMode = module.ceil_mode };
        return new(window, module.count_include_pad, (int?)module.divisor_override);
    }

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        return Quantity.Of(Quantity.Output, Shape(x), rounding, Window.Kernel.H * Window.Kernel.W, (n, c, i, j) =>
            AveragePooling.ForwardAt(x, Window, CountIncludePad, Divisor, n, c, i, j));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        int covering = ((Window.Kernel.H / Window.Stride.H) + 1) * ((Window.Kernel.W / Window.Stride.W) + 1);
        return gradY.Shape.SequenceEqual(Shape(x))
            ? [Quantity.Of(Quantity.GradInput, x.ShapeOf(), rounding, covering, (n, c, h, w) =>
                AveragePooling.GradInputAt(x, gradY, Window, CountIncludePad, Divisor, n, c, h, w))]
            : throw new ArgumentException($"{gradY} is no gradient of a pooling of {x}.");
    }

    private int[] Shape(NdArray x)
    {
        Pair size = AveragePooling.Check(x, Window, Divisor);
        return [x.Shape[0], x.Shape[1], size.H, size.W];
    }
}

/// <summary>Average pooling to a given size; size 1 is global pooling. Bounds as in <see cref="AvgPoolCheck"/>.</summary>
internal sealed record AdaptiveAvgPoolCheck(Pair Size) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    public static AdaptiveAvgPoolCheck Of(AdaptiveAvgPool2d module) => new(module.output_size.ToPair());

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        int[] shape = [x.Shape[0], x.Shape[1], Size.H, Size.W];
        return Quantity.Of(Quantity.Output, shape, rounding, x.Shape[2] * x.Shape[3] / (Size.H * Size.W), (n, c, i, j) =>
            AdaptivePooling.AverageAt(x, Size, n, c, i, j));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        int overlapping = ((Size.H / x.Shape[2]) + 1) * ((Size.W / x.Shape[3]) + 1);
        return gradY.Shape.SequenceEqual([x.Shape[0], x.Shape[1], Size.H, Size.W])
            ? [Quantity.Of(Quantity.GradInput, x.ShapeOf(), rounding, overlapping, (n, c, h, w) => AdaptivePooling.AverageGradInputAt(x, gradY, n, c, h, w))]
            : throw new ArgumentException($"{gradY} is no gradient of a pooling of {x} to {Size.Text()}.");
    }
}

/// <summary>
/// Max pooling to a given size: the output selects, exactly; the gradient adds up where windows that share a winner overlap, γ_n·Σ|g|. The first of equal
/// values wins, as in PyTorch.
/// </summary>
internal sealed record AdaptiveMaxPoolCheck(Pair Size) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("average instead of maximum", new AdaptiveAvgPoolCheck(Size))];

    public static AdaptiveMaxPoolCheck Of(AdaptiveMaxPool2d module) => new(module.output_size.ToPair());

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, AdaptivePooling.Max(inputs[0], Size).Y);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        Sums sums = AdaptivePooling.MaxBackwardSums(inputs[0], gradY);
        yield return new(Quantity.GradInput, inputs[0].ShapeOf(), i => sums[i] is { Terms: > 1 } sum ? rounding.Of(sum) : Bounded.Exact(sums[i].Value));
    }
}

/// <summary>
/// Average pooling in a border that does not count: two average poolings, of the image and of ones, and their quotient. An element meets its additions, the two
/// divisions by the window's cells and the quotient; backward the same in reverse.
/// </summary>
internal sealed record BorderedAvgPoolCheck(PoolingWindow Window, Border Border) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        .. PoolingVariants.Of(Window).Where(v => v.Window.Padding == 0).Select(v => new LayerVariant(v.Change, this with { Window = v.Window })),
        new("the other sides are padded", this with { Border = new(Border.Right, Border.Left, Border.Bottom, Border.Top) }),
    ];

    public static BorderedAvgPoolCheck Of(Layers.BorderedAveragePool module) => new(
        new PoolingWindow(module.Kernel.ToPair()) { Stride = module.Stride.ToPair(), CeilMode = module.CeilMode },
        new Border((int)module.Sides[0], (int)module.Sides[1], (int)module.Sides[2], (int)module.Sides[3]));

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) =>
        Quantity.Of(Quantity.Output, BorderedAveragePooling.ForwardSums(inputs[0], Window, Border).WithRoundings(4), rounding, stores: 3);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Of(Quantity.GradInput, BorderedAveragePooling.Backward(inputs[0], gradY, Window, Border).WithRoundings(4), rounding, stores: 3)];
}

/// <summary>
/// The mean over some dimensions, n − 1 additions and a division, or their sum, n − 1 additions: γ_{n+1}·Σ|t|. Backward one quotient, or gradY itself.
/// </summary>
/// <param name="Dims">The dimensions.</param>
/// <param name="Keep">Whether they stay, with size 1.</param>
/// <param name="Divided">Whether it is the mean.</param>
internal sealed record ReductionCheck(IReadOnlyList<long> Dims, bool Keep, bool Divided) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        new($"the dimensions {(Keep ? "go" : "stay")}", this with { Keep = !Keep }),
        new(Divided ? "the sum instead of the mean" : "the mean instead of the sum", this with { Divided = !Divided }),
    ];

    public static ReductionCheck Of(Layers.Mean module) => new(module.Dims, module.Keep, Divided: true);

    public static ReductionCheck Of(Layers.Total module) => new(module.Dims, module.Keep, Divided: false);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        int[] axes = Axes(inputs[0]);
        return Quantity.Of(Quantity.Output, Divided ? Mean.ForwardSums(inputs[0], axes, Keep) : Total.ForwardSums(inputs[0], axes, Keep), rounding);
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        int[] axes = Axes(inputs[0]);
        if (!Divided)
        {
            yield return Quantity.Exact(Quantity.GradInput, Total.Backward(inputs[0], axes, gradY));
            yield break;
        }

        NdArray gradX = Mean.Backward(inputs[0], axes, gradY);
        yield return new(Quantity.GradInput, gradX.ShapeOf(), i => rounding.Of(new Sum(gradX.Data[i], Math.Abs(gradX.Data[i]), 1)));
    }

    private int[] Axes(NdArray x) => [.. Dims.Select(dim => (int)(dim < 0 ? dim + x.Rank : dim))];
}

/// <summary>
/// LeNet-5's trainable subsampling, x [N,C,H,W]: y = coefficient·Σ window + bias. A pixel meets k² − 1 additions, the product and the bias: k² + 1 roundings,
/// and the reference's magnitude is |coefficient|·Σ|x| + |bias|, so γ_{k²+2} of it holds. Gradient to x: one product. Gradient to the coefficient: a pixel
/// meets k² − 1 additions of its window, the product with gradY and N·I·J − 1 additions, fewer than the k²·N·I·J terms that γ is taken for. To the bias: a
/// plain sum.
/// </summary>
/// <remarks>Stored between kernels: the window's sum and the scaled sum; in the coefficient's gradient the window's sum and the product.</remarks>
internal sealed record SubsamplingCheck(NdArray Coefficient, NdArray Bias) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => Counts.SubsamplingParameters(Coefficient.Count);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        new("the mean of the window instead of its sum",
            this with { Coefficient = Coefficient.Map(c => c / (Layers.Subsampling.Window * Layers.Subsampling.Window)) }),
        new("the bias is missing", this with { Bias = NdArray.ZerosLike(Bias) }),
    ];

    public static SubsamplingCheck Of(Layers.Subsampling module) => new(module.Coefficient.ToNdArray(), module.Bias.ToNdArray());

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) =>
        Quantity.Of(Quantity.Output, Subsampling.ForwardSums(inputs[0], Coefficient, Bias, Layers.Subsampling.Window), rounding, stores: 3);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        GradientSums sums = Subsampling.BackwardSums(inputs[0], Coefficient, gradY, Layers.Subsampling.Window);
        yield return Quantity.Of(Quantity.GradInput, sums.X, rounding, stores: 2);
        yield return Quantity.Of("grad coefficient", sums.Weight, rounding, stores: 3);
        yield return Quantity.Of("grad bias", sums.Bias, rounding);
    }
}

/// <summary>The usual mistakes in a pooling window.</summary>
internal static class PoolingVariants
{
    public static IEnumerable<(string Change, PoolingWindow Window)> Of(PoolingWindow window)
    {
        yield return ($"ceil_mode {!window.CeilMode} instead of {window.CeilMode}", window with { CeilMode = !window.CeilMode });
        foreach (Pair stride in window.Stride.Neighbors(1))
        {
            yield return ($"stride {stride.Text()} instead of {window.Stride.Text()}", window with { Stride = stride });
        }

        foreach (Pair padding in window.Padding.Neighbors(0))
        {
            yield return ($"padding {padding.Text()} instead of {window.Padding.Text()}", window with { Padding = padding });
        }

        foreach (Pair kernel in window.Kernel.Neighbors(1))
        {
            yield return ($"kernel {kernel.Text()} instead of {window.Kernel.Text()}", window with { Kernel = kernel, Stride = window.Stride });
        }
    }
}
