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

    public static BatchNormCheck Of(BatchNorm2d module) => module.running_mean is null
        ? throw new NotSupportedException("the reference checks batch normalisation with running statistics only")
        : new(module.weight.ToNdArrayOrNull(), module.bias.ToNdArrayOrNull(), module.running_mean.ToNdArray(), module.running_var!.ToNdArray(), module.eps);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) =>
        Quantity.Of(Quantity.Output, BatchNormalisation.Eval(inputs[0], Gamma, Beta, Mean, Variance, Eps), rounding);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        Affine.Gradients(BatchNormalisation.EvalBackward(inputs[0], Gamma, gradY, Mean, Variance, Eps), Gamma, Beta, rounding);
}
