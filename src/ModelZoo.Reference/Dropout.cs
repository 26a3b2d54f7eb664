namespace ModelZoo.Reference;

/// <summary>
/// Dropout with a given mask of ones (kept) and zeros (dropped), of x's shape: y = x · mask / (1 − p), so that the expectation stays.
/// In evaluation dropout is the identity. Source: Srivastava et al., JMLR 15 (2014).
/// </summary>
public static class Dropout
{
    public static NdArray Forward(NdArray x, NdArray mask, double p)
    {
        if (!(p >= 0 && p < 1))
        {
            throw new ArgumentException($"The probability of dropping must be at least 0 and below 1, but is {p}.");
        }

        return x.Zip(mask, (value, keep) => value * keep / (1 - p));
    }

    /// <summary>∂/∂x = gradY · mask / (1 − p).</summary>
    public static NdArray Backward(NdArray gradY, NdArray mask, double p) => Forward(gradY, mask, p);
}
