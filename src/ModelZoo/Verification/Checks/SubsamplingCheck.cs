using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// LeNet-5's trainable subsampling, x [N,C,H,W]: y = coefficient·Σ window + bias. A pixel meets k² − 1 additions, the product and the bias: k² + 1 roundings, and
/// the reference's magnitude is |coefficient|·Σ|x| + |bias|, so γ_{k²+2} of it holds. Gradient to x: one product. Gradient to the coefficient: a pixel meets k² − 1
/// additions of its window, the product with gradY and N·I·J − 1 additions, fewer than the k²·N·I·J terms that γ is taken for. To the bias: a plain sum.
/// </summary>
/// <remarks>Stored between kernels: the window's sum and the scaled sum; in the coefficient's gradient the window's sum and the product.</remarks>
internal sealed record SubsamplingCheck(NdArray Coefficient, NdArray Bias) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => Counts.SubsamplingParameters(Coefficient.Count);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
    [
        new("the mean of the window instead of its sum", this with { Coefficient = Coefficient.Map(c => c / (Layers.Subsampling.Window * Layers.Subsampling.Window)) }),
        new("the bias is missing", this with { Bias = NdArray.ZerosLike(Bias) }),
    ];

    public static SubsamplingCheck Of(Layers.Subsampling module) => new(module.Coefficient.ToNdArray(), module.Bias.ToNdArray());

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) =>
        Quantity.Of(Quantity.Output, Subsampling.ForwardSums(inputs[0], Coefficient, Bias, Layers.Subsampling.Window), rounding, stores: 3);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        GradientSums sums = Subsampling.BackwardSums(inputs[0], Coefficient, gradY, Layers.Subsampling.Window);
        yield return Quantity.Of(Quantity.GradInput, sums.X, rounding, stores: 2);
        yield return Quantity.Of("grad coefficient", sums.Weight, rounding, stores: 3);
        yield return Quantity.Of("grad bias", sums.Bias, rounding);
    }
}
