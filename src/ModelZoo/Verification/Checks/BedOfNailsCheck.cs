using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>Each value in the upper left corner of its k×k block, zeros elsewhere. Values only move: exact.</summary>
internal sealed record BedOfNailsCheck(Pair Scale) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("the values are repeated over their blocks", new UpsampleCheck(Scale))];

    public static BedOfNailsCheck Of(Layers.BedOfNails module) => new(module.Scale);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, Unpooling.BedOfNails(inputs[0], Scale));

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Exact(Quantity.GradInput, Unpooling.BedOfNailsBackward(gradY, Scale).Value)];
}
