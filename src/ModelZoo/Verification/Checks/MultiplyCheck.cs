using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// y = a·b, dimensions of size 1 repeated (the gates [N,C,1,1] of squeeze and excitation): one rounding, u·|a·b|. A gradient is a product, summed where its input was
/// repeated: γ_{n+1}·Σ|t|.
/// </summary>
/// <remarks>Stored between kernels: a repeated input's gradient is first the product, then its sum.</remarks>
internal sealed record MultiplyCheck : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("the first input is passed on alone", new IdentityCheck()), new("added instead of multiplied", new SumOf())];

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray y = Multiply.Forward(inputs[0], inputs[1]);
        return new(Quantity.Output, y.ShapeOf(), i => rounding.Of(new Sum(y.Data[i], Math.Abs(y.Data[i]), 1)));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        (Sums a, Sums b) = Multiply.Backward(inputs[0], inputs[1], gradY);
        return [Of(Quantity.GradInput, a), Of($"{Quantity.GradInput} 1", b)];

        Quantity Of(string name, Sums sums) => Quantity.Of(name, sums, rounding, stores: sums.Value.Count == gradY.Count ? 1 : 2);
    }

    private sealed record SumOf : ILayerCheck
    {
        public long Parameters => 0;

        public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Of(Quantity.Output, Add.ForwardSums(inputs[0], inputs[1]), rounding);

        public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
        {
            (Sums a, Sums b) = Add.Backward(inputs[0], inputs[1], gradY);
            return [Quantity.Of(Quantity.GradInput, a, rounding), Quantity.Of($"{Quantity.GradInput} 1", b, rounding)];
        }
    }
}
