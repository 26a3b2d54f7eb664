namespace ModelZoo.Reference;

/// <summary>
/// Group normalization, x (N,C,H,W), γ and β (C): each sample's channels are split into equal groups of neighbors, each normalized over its channels
/// and positions. One group is layer normalization over (C,H,W), C groups are instance normalization. Source: Wu and He 2018 (arXiv 1803.08494).
/// </summary>
public static class GroupNormalization
{
    public static Normalized Forward(NdArray x, int groups, NdArray? gamma, NdArray? beta, double eps = 1e-5) =>
        Normalization.Forward(x, Split(x, groups), gamma, beta, eps);

    /// <summary>X, Weight = γ's, Bias = β's.</summary>
    public static GradientSums Backward(NdArray x, int groups, NdArray? gamma, NdArray gradY, double eps = 1e-5) =>
        Normalization.Backward(x, Split(x, groups), gamma, gradY, eps);

    private static Grouping Split(NdArray x, int groups)
    {
        Require.Rank(x, 4, "The input of group normalization");
        int channels = x.Shape[1], plane = x.Shape[2] * x.Shape[3];
        if (groups < 1 || channels % groups != 0)
        {
            throw new ArgumentException($"The {channels} channels of {x} cannot be split into {groups} equal groups.");
        }

        int size = channels / groups * plane;
        return new Grouping(x.Shape[0] * groups, i => i / size, i => i / plane % channels, [channels]);
    }
}
