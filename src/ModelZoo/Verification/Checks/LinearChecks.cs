using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Fully connected layer, x [N,F] or of more dimensions, of which the last is F, w [K,F], bias [K], y [N,K]: one sum of products per element, bounded by
/// γ_{n+1}·Σ|t| in any order.
/// </summary>
internal sealed record LinearCheck(NdArray Weight, NdArray? Bias) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => Counts.LinearParameters(Weight.Shape[1], Weight.Shape[0], Bias is not null);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants
    {
        get
        {
            if (Bias is not null)
            {
                yield return new("the bias is missing", this with { Bias = null });
            }

            if (Weight.Shape[0] == Weight.Shape[1])
            {
                yield return new("the weight is transposed", this with { Weight = Transpose(Weight) });
            }
        }
    }

    public static LinearCheck Of(TorchSharp.Modules.Linear module) => new(module.weight.ToNdArray(), module.bias.ToNdArrayOrNull());

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = Rows(inputs[0]);
        return Quantity.Of(Quantity.Output, [x.Shape[0], Weight.Shape[0]], rounding, x.Shape[1], (n, k) => Linear.ForwardAt(x, Weight, Bias, n, k)) with
        {
            Shape = [.. inputs[0].Shape.SkipLast(1), Weight.Shape[0]],
        };
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = Rows(inputs[0]);
        gradY = Rows(gradY);
        yield return Quantity.Of(Quantity.GradInput, x.ShapeOf(), rounding, gradY.Shape[1], (n, f) =>
            Linear.GradInputAt(Weight, gradY, n, f)) with
        { Shape = inputs[0].ShapeOf(), Whole = () => Linear.GradInput(Weight, gradY).Reshape(inputs[0].ShapeOf()) };
        yield return Quantity.Of("grad weight", Weight.ShapeOf(), rounding, x.Shape[0], (k, f) => Linear.GradWeightAt(x, gradY, k, f));
        if (Bias is not null)
        {
            yield return Quantity.Of("grad bias", Bias.Count, rounding, x.Shape[0], k => Linear.GradBiasAt(gradY, k));
        }
    }

    private static NdArray Rows(NdArray x) => x.Rank == 2 ? x : new(x.Data, x.Count / x.Shape[^1], x.Shape[^1]);

    private static NdArray Transpose(NdArray w)
    {
        NdArray transposed = NdArray.Zeros(w.Shape[1], w.Shape[0]);
        for (int a = 0; a < w.Shape[0]; a++)
        {
            for (int b = 0; b < w.Shape[1]; b++)
            {
                transposed[b, a] = w[a, b];
            }
        }

        return transposed;
    }
}

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
