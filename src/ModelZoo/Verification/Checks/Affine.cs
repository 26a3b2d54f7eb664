using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>What the checks of all normalisations share.</summary>
internal static class Affine
{
    /// <summary>The values that ε is commonly mistaken for.</summary>
    public static IEnumerable<(string Change, double Eps)> OtherEps(double eps) =>
        new[] { 1e-3, 1e-5, 1e-6, eps * 10, eps / 10 }.Where(other => other != eps).Distinct()
            .Select(other => (FormattableString.Invariant($"eps {other:g3} instead of {eps:g3}"), other));

    /// <summary>To the input, and to scale and shift where there are any.</summary>
    public static IEnumerable<Quantity> Gradients(GradientSums sums, NdArray? gamma, NdArray? beta, Rounding rounding)
    {
        yield return Quantity.Of(Quantity.GradInput, sums.X, rounding);
        if (gamma is not null)
        {
            yield return Quantity.Of("grad weight", sums.Weight, rounding);
        }

        if (beta is not null)
        {
            yield return Quantity.Of("grad bias", sums.Bias, rounding);
        }
    }
}
