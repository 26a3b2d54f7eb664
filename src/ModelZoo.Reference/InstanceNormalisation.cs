namespace ModelZoo.Reference;

/// <summary>
/// Instance normalisation, x (N,C,H,W), γ and β (C): each channel of each sample is normalised over its own positions.
/// Source: Ulyanov, Vedaldi and Lempitsky 2016 (arXiv 1607.08022).
/// </summary>
public static class InstanceNormalisation
{
    public static Normalised Forward(NdArray x, NdArray? gamma, NdArray? beta, double eps = 1e-5) =>
        Normalisation.Forward(x, PerPlane(x), gamma, beta, eps);

    /// <summary>X, Weight = γ's, Bias = β's.</summary>
    public static GradientSums Backward(NdArray x, NdArray? gamma, NdArray gradY, double eps = 1e-5) =>
        Normalisation.Backward(x, PerPlane(x), gamma, gradY, eps);

    private static Grouping PerPlane(NdArray x)
    {
        Require.Rank(x, 4, "The input of instance normalisation");
        int channels = x.Shape[1], plane = x.Shape[2] * x.Shape[3];
        return new Grouping(x.Shape[0] * channels, i => i / plane, i => i / plane % channels, [channels]);
    }
}
