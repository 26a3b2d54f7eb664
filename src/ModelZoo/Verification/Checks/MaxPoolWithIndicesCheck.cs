using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>Max pooling that gives the places of the maxima too: both outputs select and are exact; the gradient flows through the values alone, as in <see cref="MaxPoolCheck"/>.</summary>
internal sealed record MaxPoolWithIndicesCheck(PoolingWindow Window) : ILayerCheck
{
    private readonly MaxPoolCheck values = new(Window);

    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => values.Variants;

    public static MaxPoolWithIndicesCheck Of(Layers.MaxPoolWithIndices module) => new(new PoolingWindow(module.Kernel) { Stride = module.Kernel });

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => values.Output(inputs, rounding);

    /// <inheritdoc/>
    public IEnumerable<Quantity> FurtherOutputs(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        Pooled pooled = MaxPooling.Forward(inputs[0], Window);
        yield return Quantity.Exact("indices", new NdArray([.. pooled.Indices.Select(place => (double)place)], pooled.Y.ShapeOf()));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) => values.Gradients(inputs, gradY, rounding);
}
