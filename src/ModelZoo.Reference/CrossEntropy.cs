namespace ModelZoo.Reference;

/// <summary>
/// Cross entropy of logits x (N,K) against class numbers, with label smoothing ε:
/// loss = (1/N) Σ_n −Σ_k q[n,k] · log softmax(x)[n,k], q = (1 − ε)·[k is the target] + ε/K.
/// Source of the smoothing: Szegedy et al. 2015 (arXiv 1512.00567), section 7.
/// </summary>
public static class CrossEntropy
{
    /// <summary>The mean loss over the batch.</summary>
    public static double Forward(NdArray x, int[] targets, double smoothing = 0) => PerSample(x, targets, smoothing).Data.Average();

    /// <summary>The loss of each sample (N).</summary>
    public static NdArray PerSample(NdArray x, int[] targets, double smoothing = 0)
    {
        Check(x, targets, smoothing);
        NdArray logs = Softmax.LogForward(x), loss = NdArray.Zeros(x.Shape[0]);
        for (int n = 0; n < x.Shape[0]; n++)
        {
            for (int k = 0; k < x.Shape[1]; k++)
            {
                loss[n] -= Target(x, targets, smoothing, n, k) * logs[n, k];
            }
        }

        return loss;
    }

    /// <summary>The gradient of the mean loss: ∂/∂x[n,k] = (softmax(x)[n,k] − q[n,k]) / N.</summary>
    public static NdArray Backward(NdArray x, int[] targets, double smoothing = 0)
    {
        Check(x, targets, smoothing);
        NdArray y = Softmax.Forward(x), gradX = NdArray.ZerosLike(x);
        for (int n = 0; n < x.Shape[0]; n++)
        {
            for (int k = 0; k < x.Shape[1]; k++)
            {
                gradX[n, k] = (y[n, k] - Target(x, targets, smoothing, n, k)) / x.Shape[0];
            }
        }

        return gradX;
    }

    private static double Target(NdArray x, int[] targets, double smoothing, int n, int k) =>
        (targets[n] == k ? 1 - smoothing : 0) + (smoothing / x.Shape[1]);

    private static void Check(NdArray x, int[] targets, double smoothing)
    {
        Require.Rank(x, 2, "The logits");
        if (targets.Length != x.Shape[0] || targets.Any(target => target < 0 || target >= x.Shape[1]))
        {
            throw new ArgumentException($"The logits {x} need {x.Shape[0]} targets between 0 and {x.Shape[1] - 1}.");
        }

        if (!(smoothing >= 0 && smoothing <= 1))
        {
            throw new ArgumentException($"Label smoothing lies between 0 and 1, but is {smoothing}.");
        }
    }
}
