namespace ModelZoo.Reference;

/// <summary>
/// Instance normalization, x (N,C,H,W) or (N,C,L), γ and β (C): each channel of each sample is normalized over its own positions.
/// Source: Ulyanov, Vedaldi and Lempitsky 2016 (arXiv 1607.08022).
/// </summary>
public static class InstanceNormalization
{
    public static Normalized Forward(NdArray x, NdArray? gamma, NdArray? beta, double eps = 1e-5) =>
        Normalization.Forward(x, PerPlane(x), gamma, beta, eps);

    /// <summary>X, Weight = γ's, Bias = β's.</summary>
    public static GradientSums Backward(NdArray x, NdArray? gamma, NdArray gradY, double eps = 1e-5) =>
        Normalization.Backward(x, PerPlane(x), gamma, gradY, eps);

    /// <summary>
    /// Running statistics (C), where a network keeps them: running ← (1 − momentum)·running + momentum·batch, with the average over the samples of each
    /// plane's mean and unbiased variance. Evaluation with them is <see cref="BatchNormalization.Eval"/>.
    /// </summary>
    public static (NdArray Mean, NdArray Variance) UpdateRunning(NdArray x, NdArray runningMean, NdArray runningVariance, double momentum = 0.1)
    {
        Grouping grouping = PerPlane(x);
        int batch = x.Shape[0], channels = x.Shape[1], m = x.Count / batch / channels;
        Require.Shape(runningMean, "The running mean", channels);
        Require.Shape(runningVariance, "The running variance", channels);
        if (m == 1)
        {
            throw new ArgumentException($"A running variance needs more than one value per plane, but {x} has one.");
        }

        (Sums mean, Sums variance) = Normalization.Statistics(x, grouping);
        NdArray newMean = runningMean.Map(running => (1 - momentum) * running), newVariance = runningVariance.Map(running => (1 - momentum) * running);
        for (int g = 0; g < grouping.Groups; g++)
        {
            newMean[g % channels] += momentum * mean.Value[g] / batch;
            newVariance[g % channels] += momentum * variance.Value[g] * m / (m - 1) / batch;
        }

        return (newMean, newVariance);
    }

    private static Grouping PerPlane(NdArray x)
    {
        if (x.Rank < 3)
        {
            throw new ArgumentException($"The input of instance normalization must have positions behind its channels, but is {x}.");
        }

        int channels = x.Shape[1], plane = x.Count / x.Shape[0] / channels;
        return new Grouping(x.Shape[0] * channels, i => i / plane, i => i / plane % channels, [channels]);
    }
}
