using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Batch normalisation in evaluation: y = γ·(x − mean)/√(variance + ε) + β per channel of [N,C,H,W]. The reference counts the roundings of ε's addition, the
/// root, the quotient and γ's product into each term, and takes |x| + |mean| for magnitude, because libraries fold the mean into the shift.
/// </summary>
internal sealed record BatchNormCheck(NdArray? Gamma, NdArray? Beta, NdArray Mean, NdArray Variance, double Eps) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => Gamma is null ? 0 : Counts.BatchNormalisationParameters(Mean.Count);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
        Affine.OtherEps(Eps).Select(v => new LayerVariant(v.Change, this with { Eps = v.Eps }));

    /// <inheritdoc/>
    public ITrainingCheck? Training { get; init; }

    public static BatchNormCheck Of(BatchNorm2d module)
    {
        if (module.running_mean is null)
        {
            throw new NotSupportedException("the reference checks batch normalisation with running statistics only");
        }

        var check = new BatchNormCheck(module.weight.ToNdArrayOrNull(), module.bias.ToNdArrayOrNull(), module.running_mean.ToNdArray(), module.running_var!.ToNdArray(), module.eps);
        return check with { Training = new BatchNormTrainingCheck(check, module.momentum, module.num_batches_tracked is { } batches ? (long)batches.ToNdArray().Data[0] : null) };
    }

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        BatchNormalisation.CheckEval(x, Gamma, Beta, Mean, Variance, Eps);
        return new(Quantity.Output, x.ShapeOf(), i => rounding.Of(BatchNormalisation.EvalAt(x, Gamma, Beta, Mean, Variance, Eps, i)), 1);
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        BatchNormalisation.CheckEval(x, Gamma, Beta, Mean, Variance, Eps);
        long perChannel = x.Count / Mean.Count;
        yield return new(Quantity.GradInput, x.ShapeOf(), i => rounding.Of(BatchNormalisation.EvalGradInputAt(Gamma, gradY, Variance, Eps, i)), 1);
        if (Gamma is not null)
        {
            yield return Quantity.Of("grad weight", Mean.Count, rounding, perChannel, c => BatchNormalisation.EvalGradWeightAt(x, gradY, Mean, Variance, Eps, c));
        }

        if (Beta is not null)
        {
            yield return Quantity.Of("grad bias", Mean.Count, rounding, perChannel, c => BatchNormalisation.EvalGradBiasAt(gradY, c));
        }
    }
}
