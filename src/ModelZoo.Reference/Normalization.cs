namespace ModelZoo.Reference;

/// <summary>The output of a normalization, and the mean and the biased variance (Σ(x − mean)²/m) of each group of m elements.</summary>
public sealed record Normalized(Sums Y, Sums Mean, Sums Variance);

/// <summary>Which elements (by place in the row-major data) are normalized together, and which scale and shift each one gets.</summary>
internal sealed record Grouping(int Groups, Func<int, int> GroupOf, Func<int, int> AffineOf, int[] AffineShape);

/// <summary>
/// The one formula behind batch, layer, instance and group normalization, which differ only in who is averaged with whom:
/// y = γ·x̂ + β, x̂ = (x − mean)/√(variance + ε), mean and biased variance over the element's group.
/// The rounding bounds of y and of the gradients hold to first order: the statistics' own errors are counted into Terms and Magnitude.
/// </summary>
internal static class Normalization
{
    public static Normalized Forward(NdArray x, Grouping grouping, NdArray? gamma, NdArray? beta, double eps)
    {
        Check(x, grouping, gamma, beta, eps);
        (Sums mean, Sums variance) = Statistics(x, grouping);
        Sums y = Sums.ZerosLike(x);
        for (int i = 0; i < x.Count; i++)
        {
            int g = grouping.GroupOf(i), a = grouping.AffineOf(i);
            double scale = (gamma?.Data[a] ?? 1) / Math.Sqrt(variance[g].Value + eps), shift = beta?.Data[a] ?? 0;
            y.Set(i, new Sum(
                ((x.Data[i] - mean[g].Value) * scale) + shift,
                ((Math.Abs(x.Data[i]) + mean[g].Magnitude) * Math.Abs(scale)) + Math.Abs(shift),
                (2 * mean[g].Terms) + 6));
        }

        return new Normalized(y, mean, variance);
    }

    /// <summary>
    /// With g = gradY·γ and m elements in the group: ∂/∂x = (g − (1/m)Σg − x̂·(1/m)Σ g·x̂)/√(variance + ε), ∂/∂γ = Σ gradY·x̂, ∂/∂β = Σ gradY.
    /// Source: Ioffe and Szegedy 2015 (arXiv 1502.03167), section 3, simplified.
    /// </summary>
    public static GradientSums Backward(NdArray x, Grouping grouping, NdArray? gamma, NdArray gradY, double eps)
    {
        Check(x, grouping, gamma, null, eps);
        Require.SameShape(x, gradY, "The input and the output gradient");
        (Sums mean, Sums variance) = Statistics(x, grouping);
        NdArray normal = NdArray.ZerosLike(x), size = NdArray.ZerosLike(x);
        Sums meanG = Sums.Zeros(grouping.Groups), meanGNormal = Sums.Zeros(grouping.Groups);
        Sums gradGamma = Sums.Zeros(grouping.AffineShape), gradBeta = Sums.Zeros(grouping.AffineShape);
        for (int i = 0; i < x.Count; i++)
        {
            int g = grouping.GroupOf(i), a = grouping.AffineOf(i);
            double deviation = Math.Sqrt(variance[g].Value + eps), gradient = gradY.Data[i] * (gamma?.Data[a] ?? 1), m = mean[g].Terms;
            normal.Data[i] = (x.Data[i] - mean[g].Value) / deviation;
            size.Data[i] = (Math.Abs(x.Data[i]) + mean[g].Magnitude) / deviation;
            meanG.Add(g, gradient / m);
            meanGNormal.Set(g, meanGNormal[g].Plus(new Sum(gradient * normal.Data[i] / m, Math.Abs(gradient) * size.Data[i] / m, 1)));
            gradGamma.Set(a, gradGamma[a].Plus(new Sum(gradY.Data[i] * normal.Data[i], Math.Abs(gradY.Data[i]) * size.Data[i], 1)));
            gradBeta.Add(a, gradY.Data[i]);
        }

        Sums gradX = Sums.ZerosLike(x);
        for (int i = 0; i < x.Count; i++)
        {
            int g = grouping.GroupOf(i);
            double deviation = Math.Sqrt(variance[g].Value + eps), gradient = gradY.Data[i] * (gamma?.Data[grouping.AffineOf(i)] ?? 1);
            gradX.Set(i, new Sum(
                (gradient - meanG[g].Value - (normal.Data[i] * meanGNormal[g].Value)) / deviation,
                (Math.Abs(gradient) + meanG[g].Magnitude + (size.Data[i] * meanGNormal[g].Magnitude)) / deviation,
                (7 * mean[g].Terms) + 20));
        }

        return new GradientSums(gradX, gradGamma.WithRoundings((2 * mean[0].Terms) + 6), gradBeta);
    }

    public static (Sums Mean, Sums Variance) Statistics(NdArray x, Grouping grouping)
    {
        Sums mean = Sums.Zeros(grouping.Groups), variance = Sums.Zeros(grouping.Groups);
        for (int i = 0; i < x.Count; i++)
        {
            mean.Add(grouping.GroupOf(i), x.Data[i]);
        }

        for (int g = 0; g < grouping.Groups; g++)
        {
            mean.Set(g, mean[g].Times(1.0 / mean[g].Terms));
        }

        for (int i = 0; i < x.Count; i++)
        {
            double difference = x.Data[i] - mean[grouping.GroupOf(i)].Value;
            variance.Add(grouping.GroupOf(i), difference * difference);
        }

        for (int g = 0; g < grouping.Groups; g++)
        {
            variance.Set(g, variance[g].Times(1.0 / variance[g].Terms));
        }

        return (mean, variance.WithRoundings(3));
    }

    public static void Check(NdArray x, Grouping grouping, NdArray? gamma, NdArray? beta, double eps)
    {
        if (!(eps >= 0))
        {
            throw new ArgumentException($"Epsilon must not be negative, but is {eps} for {x}.");
        }

        if (gamma is not null)
        {
            Require.Shape(gamma, "The scale", grouping.AffineShape);
        }

        if (beta is not null)
        {
            Require.Shape(beta, "The shift", grouping.AffineShape);
        }
    }
}
