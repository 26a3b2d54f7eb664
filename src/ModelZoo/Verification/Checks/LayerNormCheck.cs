using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>Layer normalisation over the last dimensions, which γ and β have the shape of; bounds as in <see cref="GroupNormCheck"/>.</summary>
/// <param name="Shape">The dimensions that are normalised over.</param>
/// <param name="Gamma">One scale per element of them.</param>
/// <param name="Beta">One shift per element of them.</param>
/// <param name="Eps">Added to the variance.</param>
internal sealed record LayerNormCheck(int[] Shape, NdArray? Gamma, NdArray? Beta, double Eps) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => (Gamma?.Count ?? 0) + (Beta?.Count ?? 0);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
    [
        .. Affine.OtherEps(Eps).Select(v => new LayerVariant(v.Change, this with { Eps = v.Eps })),
        .. Gamma is null ? [] : new[] { new LayerVariant("scale and shift are missing", this with { Gamma = null, Beta = null }) },
    ];

    public static LayerNormCheck Of(LayerNorm module) => new(
        [.. module.normalized_shape.Select(size => (int)size)],
        module.elementwise_affine ? module.weight.ToNdArray() : null,
        module.elementwise_affine ? module.bias.ToNdArrayOrNull() : null,
        module.eps);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) =>
        Quantity.Of(Quantity.Output, LayerNormalisation.Forward(Checked(inputs[0]), Shape.Length, Gamma, Beta, Eps).Y, rounding);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        Affine.Gradients(LayerNormalisation.Backward(Checked(inputs[0]), Shape.Length, Gamma, gradY, Eps), Gamma, Beta, rounding);

    private NdArray Checked(NdArray x) => x.Shape.TakeLast(Shape.Length).SequenceEqual(Shape)
        ? x
        : throw new ArgumentException($"{x} does not end in the dimensions [{string.Join(",", Shape)}].");
}
