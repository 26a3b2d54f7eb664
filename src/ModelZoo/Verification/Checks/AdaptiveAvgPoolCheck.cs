using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

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
        return Quantity.Of(Quantity.Output, shape, rounding, x.Shape[2] * x.Shape[3] / (Size.H * Size.W), (n, c, i, j) => AdaptivePooling.AverageAt(x, Size, n, c, i, j));
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
