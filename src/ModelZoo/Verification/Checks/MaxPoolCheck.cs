using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Max pooling selects, so its output is exact. Its gradient adds up the upstream gradients of the windows that a pixel won; the first of equal values wins, as in
/// PyTorch. Where one window only counts (all windows, if they do not overlap) that is exact as well, else γ_n·Σ|g|.
/// </summary>
internal sealed record MaxPoolCheck(PoolingWindow Window) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
    [
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
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, MaxPooling.Forward(inputs[0], Window).Y);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        Sums sums = MaxPooling.BackwardSums(inputs[0], gradY, Window);
        yield return new Quantity(
            Quantity.GradInput,
            inputs[0].ShapeOf(),
            i => sums[i].Terms > 1 ? rounding.Of(sums[i]) : Bounded.Exact(sums[i].Value));
    }
}
