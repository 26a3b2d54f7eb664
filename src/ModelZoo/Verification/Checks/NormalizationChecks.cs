using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Batch normalization in evaluation: y = γ·(x − mean)/√(variance + ε) + β per channel of [N,C,H,W]. The reference counts the roundings of ε's addition, the
/// root, the quotient and γ's product into each term, and takes |x| + |mean| for magnitude, because libraries fold the mean into the shift.
/// </summary>
internal sealed record BatchNormCheck(NdArray? Gamma, NdArray? Beta, NdArray Mean, NdArray Variance, double Eps) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => Gamma is null ? 0 : Counts.BatchNormalizationParameters(Mean.Count);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
        Affine.OtherEps(Eps).Select(v => new LayerVariant(v.Change, this with { Eps = v.Eps }));

    /// <inheritdoc/>
    public ITrainingCheck? Training { get; init; }

    public static BatchNormCheck Of(BatchNorm module)
    {
        if (module.running_mean is null)
        {
            throw new NotSupportedException("the reference checks batch normalization with running statistics only");
        }

        var check = new BatchNormCheck(module.weight.ToNdArrayOrNull(), module.bias.ToNdArrayOrNull(), module.running_mean.ToNdArray(),
            module.running_var!.ToNdArray(), module.eps);
        return check with
        {
            Training = new BatchNormTrainingCheck(check, module.momentum, module.num_batches_tracked is { } batches
            ? (long)batches.ToNdArray().Data[0]
            : null)
        };
    }

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        BatchNormalization.CheckEval(x, Gamma, Beta, Mean, Variance, Eps);
        return new(Quantity.Output, x.ShapeOf(), i => rounding.Of(BatchNormalization.EvalAt(x, Gamma, Beta, Mean, Variance, Eps, i)), 1);
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        BatchNormalization.CheckEval(x, Gamma, Beta, Mean, Variance, Eps);
        long perChannel = x.Count / Mean.Count;
        yield return new(Quantity.GradInput, x.ShapeOf(), i => rounding.Of(BatchNormalization.EvalGradInputAt(Gamma, gradY, Variance, Eps, i)), 1);
        if (Gamma is not null)
        {
            yield return Quantity.Of("grad weight", Mean.Count, rounding, perChannel, c =>
                BatchNormalization.EvalGradWeightAt(x, gradY, Mean, Variance, Eps, c));
        }

        if (Beta is not null)
        {
            yield return Quantity.Of("grad bias", Mean.Count, rounding, perChannel, c => BatchNormalization.EvalGradBiasAt(gradY, c));
        }
    }
}

/// <summary>
/// Group and instance normalization of [N,C,H,W], whose statistics are those of the image itself, in evaluation too: y = γ·(x − mean)/√(variance + ε) + β.
/// The reference counts the statistics' own roundings (2 per element of a group forward, 7 backward) into each term.
/// </summary>
/// <param name="Groups">Groups of neighboring channels that are normalized together; 0 for a group per channel (instance normalization).</param>
/// <param name="Gamma">One scale per channel.</param>
/// <param name="Beta">One shift per channel.</param>
/// <param name="Eps">Added to the variance.</param>
internal sealed record GroupNormCheck(int Groups, NdArray? Gamma, NdArray? Beta, double Eps) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => (Gamma?.Count ?? 0) + (Beta?.Count ?? 0);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        .. Affine.OtherEps(Eps).Select(v => new LayerVariant(v.Change, this with { Eps = v.Eps })),
        .. new[] { 0, 1, 2, Groups / 2, Groups * 2, 32 }.Where(g => g != Groups).Distinct()
            .Select(g => new LayerVariant($"{Text(g)} instead of {Text(Groups)}", this with { Groups = g })),
        .. Gamma is null ? [] : new[] { new LayerVariant("scale and shift are missing", this with { Gamma = null, Beta = null }) },
    ];

    public static GroupNormCheck Of(GroupNorm module) =>
        new((int)module.num_groups, module.affine ? module.weight.ToNdArray() : null, module.affine ? module.bias.ToNdArrayOrNull() : null, module.eps);

    public static ILayerCheck Of(InstanceNorm module)
    {
        (NdArray? gamma, NdArray? beta) = module.affine ? (module.weight.ToNdArray(), module.bias.ToNdArrayOrNull()) : (null, null);
        if (module.running_mean is not { } mean)
        {
            return new GroupNormCheck(0, gamma, beta, module.eps);
        }

        var evaluation = new BatchNormCheck(gamma, beta, mean.ToNdArray(), module.running_var!.ToNdArray(), module.eps); // the same as batch normalization's
        return evaluation with { Training = new BatchNormTrainingCheck(evaluation, module.momentum ?? 0, null, PerImage: true) };
    }

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        Normalized normalized = Groups == 0 ? InstanceNormalization.Forward(x, Gamma, Beta, Eps) : GroupNormalization.Forward(x, Groups, Gamma, Beta, Eps);
        return Quantity.Of(Quantity.Output, normalized.Y, rounding);
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        GradientSums sums = Groups == 0 ? InstanceNormalization.Backward(x, Gamma, gradY, Eps) : GroupNormalization.Backward(x, Groups, Gamma, gradY, Eps);
        return Affine.Gradients(sums, Gamma, Beta, rounding);
    }

    private static string Text(int groups) => groups switch
    {
        0 => "a group per channel",
        1 => "1 group",
        _ => $"{groups} groups",
    };
}

/// <summary>Layer normalization over the last dimensions, which γ and β have the shape of; bounds as in <see cref="GroupNormCheck"/>.</summary>
/// <param name="Shape">The dimensions that are normalized over.</param>
/// <param name="Gamma">One scale per element of them.</param>
/// <param name="Beta">One shift per element of them.</param>
/// <param name="Eps">Added to the variance.</param>
internal sealed record LayerNormCheck(int[] Shape, NdArray? Gamma, NdArray? Beta, double Eps) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => (Gamma?.Count ?? 0) + (Beta?.Count ?? 0);

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        .. Affine.OtherEps(Eps).Select(v => new LayerVariant(v.Change, this with { Eps = v.Eps })),
        .. Gamma is null ? [] : new[] { new LayerVariant("scale and shift are missing", this with { Gamma = null, Beta = null }) },
    ];

    public static LayerNormCheck Of(LayerNorm module) => new(
        [.. module.normalized_shape.Select(size => (int)size)],
        module.elementwise_affine ? module.weight.ToNdArray() : null,
        module.elementwise_affine ? module.bias.ToNdArrayOrNull() : null,
        module.eps);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) =>
        Quantity.Of(Quantity.Output, LayerNormalization.Forward(Checked(inputs[0]), Shape.Length, Gamma, Beta, Eps).Y, rounding);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        Affine.Gradients(LayerNormalization.Backward(Checked(inputs[0]), Shape.Length, Gamma, gradY, Eps), Gamma, Beta, rounding);

    private NdArray Checked(NdArray x) => x.Shape.TakeLast(Shape.Length).SequenceEqual(Shape)
        ? x
        : throw new ArgumentException($"{x} does not end in the dimensions [{string.Join(",", Shape)}].");
}

/// <summary>
/// Local response normalization over neighboring channels, x (N,C,H,W): y = x/d^β, d = k + (α/n)·Σx². A square meets its own rounding, n − 1 additions, the
/// division by n, α's conversion and product, and k's addition: n + 4 roundings, as many as the reference's terms make γ of. The power (2 ulp and β's own
/// rounding) and the quotient take d's error on by running error analysis. Backward, step by step as autograd goes: to the divisor −g·(x/p)/p, through the
/// power β·d^(β−1), through α and the mean; the windows' sum, of at most n terms, may be formed in any order; then x twice, once for each factor of the square,
/// and the direct g/p.
/// </summary>
/// <remarks>Stored between kernels before the power: the squares, their mean, its product with α, and d.</remarks>
internal sealed record LocalResponseNormCheck(int Size, double Alpha, double Beta, double K) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        new("alpha times size: it is meant for the mean, not for the sum", this with { Alpha = Alpha * Size }),
        new("alpha divided by size: it is meant for the mean, not for the sum", this with { Alpha = Alpha / Size }),
        .. new[] { 1.0, 2.0 }.Where(k => k != K).Select(k => new LayerVariant(FormattableString.Invariant($"k {k} instead of {K}"), this with { K = k })),
        .. new[] { Size - 2, Size - 1, Size + 1, Size + 2 }.Where(n => n > 0)
            .Select(n => new LayerVariant($"size {n} instead of {Size}", this with { Size = n })),
        new("it is not applied", new IdentityCheck()),
    ];

    public static LocalResponseNormCheck Of(LocalResponseNorm module) => new(checked((int)module.size), module.alpha, module.beta, module.k);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0], y = LocalResponseNormalization.Forward(x, Size, Alpha, Beta, K);
        Sums d = LocalResponseNormalization.InnerSums(x, Size, Alpha, K);
        return new(Quantity.Output, x.ShapeOf(), i => rounding.Over(Bounded.Exact(x.Data[i]), Power(rounding, Inner(rounding, d[i]), Beta)).Around(y.Data[i]));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0], gradX = LocalResponseNormalization.Backward(x, gradY, Size, Alpha, Beta, K);
        Sums d = LocalResponseNormalization.InnerSums(x, Size, Alpha, K);
        var direct = new Bounded[x.Count];
        var means = new Bounded[x.Count];
        for (int i = 0; i < x.Count; i++)
        {
            (direct[i], means[i]) = AtMean(rounding, Bounded.Exact(x.Data[i]), Bounded.Exact(gradY.Data[i]), Inner(rounding, d[i]));
        }

        (int channels, int plane) = (x.Shape[1], x.Shape[2] * x.Shape[3]);
        yield return new(Quantity.GradInput, x.ShapeOf(), i =>
        {
            int c = i / plane % channels, first = Math.Max(0, c - ((Size - 1) / 2)), last = Math.Min(channels - 1, c + (Size / 2));
            Bounded windows = Sum(rounding, [.. Enumerable.Range(first, last - first + 1).Select(other => means[i + ((other - c) * plane)])]);
            Bounded factor = rounding.Times(windows, Bounded.Exact(x.Data[i]));
            return Sum(rounding, [direct[i], factor, factor]).Around(gradX.Data[i]);
        });
    }

    // The gradients of one element to x, past the normalization, and to each square under its mean.
    private (Bounded Direct, Bounded ToSquare) AtMean(Rounding r, Bounded x, Bounded g, Bounded d)
    {
        Bounded p = Power(r, d, Beta);
        Bounded toPower = r.Times(g, r.Over(r.Over(x, p), p));
        Bounded slope = r.Times(r.Constant(Beta), Power(r, d, Beta - 1));
        Bounded toMean = r.Times(r.Times(toPower, slope), r.Constant(Alpha));
        Bounded toSquare = r.Over(toMean, Bounded.Exact(Size));
        return (r.Over(g, p), toSquare with { Value = -toSquare.Value });
    }

    private static Bounded Inner(Rounding r, Sum d) => r.Of(d, stores: 4);

    // d^b; b is rounded too, which is worth a factor of d^(b·δ).
    private static Bounded Power(Rounding r, Bounded d, double b)
    {
        Bounded power = r.Function(value => Math.Pow(value, b), d);
        return power with { Error = power.Error + (Math.Abs(power.Value * b * Math.Log(d.Value)) * 2 * r.Unit) };
    }

    // Numbers with errors, added in any order, each partial sum stored.
    private static Bounded Sum(Rounding r, Bounded[] terms)
    {
        double error = terms.Sum(t => t.Error), magnitude = terms.Sum(t => Math.Abs(t.Value)) + error;
        return new(terms.Sum(t => t.Value), error + (Rounding.Gamma(terms.Length, r.Unit) * magnitude) + (terms.Length * r.Tiny));
    }
}
