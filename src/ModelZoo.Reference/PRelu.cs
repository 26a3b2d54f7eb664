namespace ModelZoo.Reference;

/// <summary>
/// x where positive, else slope·x, with one slope for all or one for each channel, which is dimension 1. At 0 the slope's side is taken, as in PyTorch.
/// He et al. 2015 (arXiv 1502.01852).
/// </summary>
public static class PRelu
{
    public static NdArray Forward(NdArray x, NdArray slope)
    {
        NdArray y = NdArray.ZerosLike(x);
        for (int i = 0; i < x.Count; i++)
        {
            y.Data[i] = x.Data[i] > 0 ? x.Data[i] : slope.Data[Place(x, slope, i)] * x.Data[i];
        }

        return y;
    }

    /// <summary>∂/∂x = gradY where x is positive, else slope·gradY; ∂/∂slope = Σ gradY·x where x is not.</summary>
    public static (NdArray X, Sums Slope) Backward(NdArray x, NdArray slope, NdArray gradY)
    {
        Require.SameShape(x, gradY, "The input and the output gradient");
        NdArray gradX = NdArray.ZerosLike(x);
        Sums gradSlope = Sums.ZerosLike(slope);
        for (int i = 0; i < x.Count; i++)
        {
            int place = Place(x, slope, i);
            bool positive = x.Data[i] > 0;
            gradX.Data[i] = positive ? gradY.Data[i] : slope.Data[place] * gradY.Data[i];
            gradSlope.Add(place, positive ? 0 : gradY.Data[i] * x.Data[i]);
        }

        return (gradX, gradSlope);
    }

    private static int Place(NdArray x, NdArray slope, int i) => slope.Count == 1 ? 0
        : x.Rank >= 2 && slope.Count == x.Shape[1] ? i / x.Shape.Skip(2).Aggregate(1, (a, b) => a * b) % x.Shape[1]
        : throw new ArgumentException($"{slope} has not one slope for each channel of {x}.");
}
