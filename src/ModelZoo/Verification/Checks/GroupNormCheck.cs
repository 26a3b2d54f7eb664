using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Group and instance normalisation of [N,C,H,W], whose statistics are those of the image itself, in evaluation too: y = γ·(x − mean)/√(variance + ε) + β.
/// The reference counts the statistics' own roundings (2 per element of a group forward, 7 backward) into each term.
/// </summary>
/// <param name="Groups">Groups of neighbouring channels that are normalised together; 0 for a group per channel (instance normalisation).</param>
/// <param name="Gamma">One scale per channel.</param>
/// <param name="Beta">One shift per channel.</param>
/// <param name="Eps">Added to the variance.</param>
internal sealed record GroupNormCheck(int Groups, NdArray? Gamma, NdArray? Beta, double Eps) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => (Gamma?.Count ?? 0) + (Beta?.Count ?? 0);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
    [
        .. Affine.OtherEps(Eps).Select(v => new LayerVariant(v.Change, this with { Eps = v.Eps })),
        .. new[] { 0, 1, 2, Groups / 2, Groups * 2, 32 }.Where(g => g != Groups).Distinct().Select(g => new LayerVariant($"{Text(g)} instead of {Text(Groups)}", this with { Groups = g })),
        .. Gamma is null ? [] : new[] { new LayerVariant("scale and shift are missing", this with { Gamma = null, Beta = null }) },
    ];

    public static GroupNormCheck Of(GroupNorm module) =>
        new((int)module.num_groups, module.affine ? module.weight.ToNdArray() : null, module.affine ? module.bias.ToNdArrayOrNull() : null, module.eps);

    public static ILayerCheck Of(InstanceNorm2d module)
    {
        (NdArray? gamma, NdArray? beta) = module.affine ? (module.weight.ToNdArray(), module.bias.ToNdArrayOrNull()) : (null, null);
        if (module.running_mean is not { } mean)
        {
            return new GroupNormCheck(0, gamma, beta, module.eps);
        }

        var evaluation = new BatchNormCheck(gamma, beta, mean.ToNdArray(), module.running_var!.ToNdArray(), module.eps); // the same as batch normalisation's
        return evaluation with { Training = new BatchNormTrainingCheck(evaluation, module.momentum ?? 0, null, PerImage: true) };
    }

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        Normalised normalised = Groups == 0 ? InstanceNormalisation.Forward(x, Gamma, Beta, Eps) : GroupNormalisation.Forward(x, Groups, Gamma, Beta, Eps);
        return Quantity.Of(Quantity.Output, normalised.Y, rounding);
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        GradientSums sums = Groups == 0 ? InstanceNormalisation.Backward(x, Gamma, gradY, Eps) : GroupNormalisation.Backward(x, Groups, Gamma, gradY, Eps);
        return Affine.Gradients(sums, Gamma, Beta, rounding);
    }

    private static string Text(int groups) => groups switch
    {
        0 => "a group per channel",
        1 => "1 group",
        _ => $"{groups} groups",
    };
}
