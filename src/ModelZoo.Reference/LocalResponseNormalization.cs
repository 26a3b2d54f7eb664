namespace ModelZoo.Reference;

/// <summary>
/// Local response normalization across channels, x and y (N,C,H,W): y[c] = x[c] / d[c]^β, d[c] = k + (α/n) Σ x[c']² over the n channels
/// c' = c − ⌊n/2⌋ … c + ⌊(n−1)/2⌋ that exist. Source: Krizhevsky et al. 2012, section 3.3.
/// α is divided by n as in PyTorch; the paper's α stands per sum, so pass n times the paper's (α = 1e-4, n = 5: 5e-4).
/// </summary>
public static class LocalResponseNormalization
{
    public static NdArray Forward(NdArray x, int n, double alpha = 1e-4, double beta = 0.75, double k = 1)
    {
        NdArray d = InnerSums(x, n, alpha, k).Value;
        return x.Zip(d, (value, divisor) => value * Math.Pow(divisor, -beta));
    }

    /// <summary>d with magnitudes and numbers of terms.</summary>
    public static Sums InnerSums(NdArray x, int n, double alpha = 1e-4, double k = 1)
    {
        Require.Rank(x, 4, "The input of local response normalization");
        if (n < 1)
        {
            throw new ArgumentException($"Local response normalization spans at least 1 channel, not {n}.");
        }

        return Sums.Over(x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3], (sample, c, h, w) =>
        {
            Sum sum = default;
            for (int other = Math.Max(0, c - (n / 2)); other <= Math.Min(x.Shape[1] - 1, c + ((n - 1) / 2)); other++)
            {
                sum = sum.Plus(x[sample, other, h, w] * x[sample, other, h, w]);
            }

            return sum.Times(alpha / n).Plus(k).WithRoundings(2);
        });
    }

    /// <summary>∂/∂x[c] = gradY[c]·d[c]^−β − (2αβ/n)·x[c]·Σ gradY[c']·x[c']·d[c']^(−β−1) over all c' whose span holds c.</summary>
    public static NdArray Backward(NdArray x, NdArray gradY, int n, double alpha = 1e-4, double beta = 0.75, double k = 1)
    {
        Require.SameShape(x, gradY, "The input and the output gradient");
        NdArray d = InnerSums(x, n, alpha, k).Value;
        return Sums.Over(x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3], (sample, c, h, w) =>
        {
            Sum sum = default(Sum).Plus(gradY[sample, c, h, w] * Math.Pow(d[sample, c, h, w], -beta));
            for (int other = Math.Max(0, c - ((n - 1) / 2)); other <= Math.Min(x.Shape[1] - 1, c + (n / 2)); other++)
            {
                double inner = gradY[sample, other, h, w] * x[sample, other, h, w] * Math.Pow(d[sample, other, h, w], -beta - 1);
                sum = sum.Plus(-2 * alpha * beta / n * x[sample, c, h, w] * inner);
            }

            return sum;
        }).Value;
    }
}
