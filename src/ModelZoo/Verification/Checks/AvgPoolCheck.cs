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
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) =>
        Quantity.Of(Quantity.Output, AveragePooling.ForwardSums(inputs[0], Window, CountIncludePad, Divisor), rounding);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Of(Quantity.GradInput, AveragePooling.BackwardSums(inputs[0], gradY, Window, CountIncludePad, Divisor), rounding)];
}
