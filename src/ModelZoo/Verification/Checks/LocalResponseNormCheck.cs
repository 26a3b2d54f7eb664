using ModelZoo.Reference;
using TorchSharp.Modules;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Local response normalisation over neighbouring channels, x (N,C,H,W): y = x/d^β, d = k + (α/n)·Σx². A square meets its own rounding, n − 1 additions, the division by n, α's
/// conversion and product, and k's addition: n + 4 roundings, as many as the reference's terms make γ of. The power (2 ulp and β's own rounding) and the quotient take d's error on by
/// running error analysis. Backward, step by step as autograd goes: to the divisor −g·(x/p)/p, through the power β·d^(β−1), through α and the mean; the windows' sum, of at most n
/// terms, may be formed in any order; then x twice, once for each factor of the square, and the direct g/p.
/// </summary>
/// <remarks>Stored between kernels before the power: the squares, their mean, its product with α, and d.</remarks>
internal sealed record LocalResponseNormCheck(int Size, double Alpha, double Beta, double K) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants =>
    [
        new("alpha times size: it is meant for the mean, not for the sum", this with { Alpha = Alpha * Size }),
        new("alpha divided by size: it is meant for the mean, not for the sum", this with { Alpha = Alpha / Size }),
        .. new[] { 1.0, 2.0 }.Where(k => k != K).Select(k => new LayerVariant(FormattableString.Invariant($"k {k} instead of {K}"), this with { K = k })),
        .. new[] { Size - 2, Size - 1, Size + 1, Size + 2 }.Where(n => n > 0).Select(n => new LayerVariant($"size {n} instead of {Size}", this with { Size = n })),
        new("it is not applied", new IdentityCheck()),
    ];

    public static LocalResponseNormCheck Of(LocalResponseNorm module) => new(checked((int)module.size), module.alpha, module.beta, module.k);

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0], y = LocalResponseNormalisation.Forward(x, Size, Alpha, Beta, K);
        Sums d = LocalResponseNormalisation.InnerSums(x, Size, Alpha, K);
        return new(Quantity.Output, x.ShapeOf(), i => rounding.Over(Bounded.Exact(x.Data[i]), Power(rounding, Inner(rounding, d[i]), Beta)).Around(y.Data[i]));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0], gradX = LocalResponseNormalisation.Backward(x, gradY, Size, Alpha, Beta, K);
        Sums d = LocalResponseNormalisation.InnerSums(x, Size, Alpha, K);
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

    // The gradients of one element to x, past the normalisation, and to each square under its mean.
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
