using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>y = −x and gradX = −gradY, any shape. A sign changes exactly.</summary>
internal sealed record NegateCheck : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("the sign is not changed", new IdentityCheck())];

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, inputs[0].Map(x => -x));

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Exact(Quantity.GradInput, gradY.Map(g => -g))];
}
