using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>Fully connected layer, x [N,F], w [K,F], bias [K], y [N,K]: one sum of products per element, bounded by γ_{n+1}·Σ|t| in any order.</summary>
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
        NdArray x = inputs[0];
        return Quantity.Of(Quantity.Output, [x.Shape[0], Weight.Shape[0]], rounding, x.Shape[1], (n, k) => Linear.ForwardAt(x, Weight, Bias, n, k));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        yield return Quantity.Of(Quantity.GradInput, x.ShapeOf(), rounding, gradY.Shape[1], (n, f) => Linear.GradInputAt(Weight, gradY, n, f)) with { Whole = () => Linear.GradInput(Weight, gradY) };
        yield return Quantity.Of("grad weight", Weight.ShapeOf(), rounding, x.Shape[0], (k, f) => Linear.GradWeightAt(x, gradY, k, f));
        if (Bias is not null)
        {
            yield return Quantity.Of("grad bias", Bias.Count, rounding, x.Shape[0], k => Linear.GradBiasAt(gradY, k));
        }
    }

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
