using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>Joins the dimensions from <paramref name="Start"/> to <paramref name="End"/> into one; the values and their row-major order stay, exactly.</summary>
internal sealed record FlattenCheck(long Start, long End) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
        Start == 1 ? [new($"start_dim 0 instead of {Start}", this with { Start = 0 })] : [];

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        int start = (int)(Start < 0 ? Start + x.Rank : Start), end = (int)(End < 0 ? End + x.Rank : End);
        int joined = x.Shape.Take(end + 1).Skip(start).Aggregate(1, (a, b) => a * b);
        return Quantity.Exact(Quantity.Output, new NdArray(x.Data, [.. x.Shape.Take(start), joined, .. x.Shape.Skip(end + 1)]));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Exact(Quantity.GradInput, new NdArray(gradY.Data, inputs[0].ShapeOf()))];
}
