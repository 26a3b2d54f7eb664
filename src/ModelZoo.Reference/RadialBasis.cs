namespace ModelZoo.Reference;

/// <summary>
/// LeNet-5's output layer, x (N,F), codes (K,F), y (N,K): y[n,k] = Σ_f (x[n,f] − code[k,f])², the squared Euclidean distance to each class's code
/// (±1, a 7×12 picture: F = 84); the smallest wins. Source: LeCun et al. 1998, equation 7.
/// Each squared difference carries three roundings, two more than a product; Terms counts them.
/// </summary>
public static class RadialBasis
{
    public static NdArray Forward(NdArray x, NdArray codes) => ForwardSums(x, codes).Value;

    public static Sums ForwardSums(NdArray x, NdArray codes)
    {
        Check(x, codes);
        return Sums.Over(x.Shape[0], codes.Shape[0], (n, k) => ForwardAt(x, codes, n, k));
    }

    /// <summary>One distance y[n,k].</summary>
    public static Sum ForwardAt(NdArray x, NdArray codes, int n, int k)
    {
        Sum sum = default;
        for (int f = 0; f < x.Shape[1]; f++)
        {
            double difference = x[n, f] - codes[k, f];
            sum = sum.Plus(difference * difference);
        }

        return sum.WithRoundings(2);
    }

    /// <summary>∂/∂x[n,f] = Σ_k gradY[n,k] · 2(x[n,f] − code[k,f]); ∂/∂code[k,f] = −Σ_n gradY[n,k] · 2(x[n,f] − code[k,f]).</summary>
    public static (NdArray X, NdArray Codes) Backward(NdArray x, NdArray codes, NdArray gradY)
    {
        (Sums gradX, Sums gradCodes) = BackwardSums(x, codes, gradY);
        return (gradX.Value, gradCodes.Value);
    }

    public static (Sums X, Sums Codes) BackwardSums(NdArray x, NdArray codes, NdArray gradY)
    {
        Check(x, codes);
        int batch = x.Shape[0], features = x.Shape[1], classes = codes.Shape[0];
        Require.Shape(gradY, "The output gradient", batch, classes);
        Sums gradX = Sums.ZerosLike(x), gradCodes = Sums.ZerosLike(codes);
        for (int n = 0; n < batch; n++)
        {
            for (int k = 0; k < classes; k++)
            {
                for (int f = 0; f < features; f++)
                {
                    double term = gradY[n, k] * 2 * (x[n, f] - codes[k, f]);
                    gradX.Add((n * features) + f, term);
                    gradCodes.Add((k * features) + f, -term);
                }
            }
        }

        return (gradX.WithRoundings(2), gradCodes.WithRoundings(2));
    }

    private static void Check(NdArray x, NdArray codes)
    {
        Require.Rank(x, 2, "The input of a radial basis layer");
        Require.Rank(codes, 2, "The codes");
        Require.Shape(codes, "The codes", codes.Shape[0], x.Shape[1]);
    }
}
