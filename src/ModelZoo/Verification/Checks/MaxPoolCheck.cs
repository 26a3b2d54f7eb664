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

    private long Cells => (long)Window.Kernel.H * Window.Kernel.W;

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
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        Pair size = Window.Output(x);
        return Quantity.Of(Quantity.Output, [x.Shape[0], x.Shape[1], size.H, size.W], Cells, (n, c, i, j) => Bounded.Exact(MaxPooling.ForwardAt(x, Window, n, c, i, j)));
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
