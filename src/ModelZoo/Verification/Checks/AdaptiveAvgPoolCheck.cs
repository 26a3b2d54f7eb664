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
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) =>
        Quantity.Of(Quantity.Output, AdaptivePooling.AverageSums(inputs[0], Size), rounding);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Of(Quantity.GradInput, AdaptivePooling.AverageBackwardSums(inputs[0], gradY), rounding)];
}
