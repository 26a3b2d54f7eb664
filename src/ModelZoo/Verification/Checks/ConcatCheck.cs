using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>Joins arrays along one dimension; each input's gradient is its own piece of gradY. Values only move: exact.</summary>
internal sealed record ConcatCheck(long Dim) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("the inputs are in reverse order", new Reversed(this))];

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, Concatenate.Forward(inputs, Axis(inputs)));

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        Concatenate.Backward(inputs, gradY, Axis(inputs)).Select((gradient, i) => Quantity.Exact(i == 0 ? Quantity.GradInput : $"{Quantity.GradInput} {i}", gradient));

    private int Axis(IReadOnlyList<NdArray> inputs) => (int)(Dim < 0 ? Dim + inputs[0].Rank : Dim);

    private sealed record Reversed(ConcatCheck Inner) : ILayerCheck
    {
        public long Parameters => 0;

        public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Inner.Output([.. inputs.Reverse()], rounding);

        public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) => Inner.Gradients([.. inputs.Reverse()], gradY, rounding);
    }
}
