using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Squared distances to codes, x [N,F], codes [K,F], y [N,K]. With d = fl(x − c) = (x − c)(1 + δ) a square is (x − c)²(1 + δ)²(1 + δ'), then F − 1 additions:
/// F + 2 roundings, γ_{F+3}·Σ(x − c)². Gradient Σ_k gradY·2(x − c): the difference and the product, then K − 1 additions (twice is exact): γ_{K+3}·Σ|t|.
/// The codes are a buffer and get no gradient.
/// </summary>
/// <remarks>Stored between kernels: the difference (which counts twice in its square) and the square; in the gradient the difference and the product.</remarks>
internal sealed record RbfCheck(NdArray Codes) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    public static RbfCheck Of(Layers.RbfOutput module) => new(module.Codes.ToNdArray());

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) =>
        Quantity.Of(Quantity.Output, RadialBasis.ForwardSums(inputs[0], Codes), rounding, stores: 4);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Of(Quantity.GradInput, RadialBasis.BackwardSums(inputs[0], Codes, gradY).X, rounding, stores: 3)];
}
