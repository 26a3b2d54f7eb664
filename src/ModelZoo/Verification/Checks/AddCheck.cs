using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>y = a + b of one shape: one rounding, u·|a + b|. Both gradients are gradY, exactly.</summary>
internal sealed record AddCheck : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("the first input is passed on alone", new IdentityCheck())];

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray a = inputs[0], b = inputs[1];
        return a.Shape.SequenceEqual(b.Shape)
            ? new(Quantity.Output, a.ShapeOf(), i => rounding.Plus(Bounded.Exact(a.Data[i]), Bounded.Exact(b.Data[i])))
            : throw new ArgumentException($"{a} and {b} cannot be added: the shapes differ.");
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Exact(Quantity.GradInput, gradY), Quantity.Exact($"{Quantity.GradInput} 1", gradY)];
}
