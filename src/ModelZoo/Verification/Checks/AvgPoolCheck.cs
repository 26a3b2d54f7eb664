using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Average pooling: the sum of n cells divided by D, n roundings; its gradient the sum of the quotients gradY/D of the windows over a pixel. γ_{n+1}·Σ|t| covers both.
/// </summary>
internal sealed record AvgPoolCheck(PoolingWindow Window, bool CountIncludePad, int? Divisor) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
    [
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
        return Quantity.Of(Quantity.Output, Shape(x), rounding, Window.Kernel.H * Window.Kernel.W, (n, c, i, j) => AveragePooling.ForwardAt(x, Window, CountIncludePad, Divisor, n, c, i, j));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        int covering = ((Window.Kernel.H / Window.Stride.H) + 1) * ((Window.Kernel.W / Window.Stride.W) + 1);
        return gradY.Shape.SequenceEqual(Shape(x))
            ? [Quantity.Of(Quantity.GradInput, x.ShapeOf(), rounding, covering, (n, c, h, w) => AveragePooling.GradInputAt(x, gradY, Window, CountIncludePad, Divisor, n, c, h, w))]
            : throw new ArgumentException($"{gradY} is no gradient of a pooling of {x}.");
    }

    private int[] Shape(NdArray x)
    {
        Pair size = AveragePooling.Check(x, Window, Divisor);
        return [x.Shape[0], x.Shape[1], size.H, size.W];
    }
}
