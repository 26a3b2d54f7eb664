namespace ModelZoo.Reference;

/// <summary>
/// Batch normalisation, x (N,C) or (N,C,H,W), γ and β (C): each channel is normalised over the batch and all positions in training,
/// y = γ·(x − mean)/√(variance + ε) + β with the biased variance, and with the running statistics in evaluation.
/// Source: Ioffe and Szegedy 2015 (arXiv 1502.03167).
/// </summary>
public static class BatchNormalisation
{
    /// <summary>Training: y and the batch's mean and biased variance (C).</summary>
    public static Normalised Train(NdArray x, NdArray? gamma, NdArray? beta, double eps = 1e-5) =>
        Normalisation.Forward(x, PerChannel(x, train: true), gamma, beta, eps);

    /// <summary>The gradients in training, when the statistics depend on x: X, Weight = γ's, Bias = β's.</summary>
    public static GradientSums TrainBackward(NdArray x, NdArray? gamma, NdArray gradY, double eps = 1e-5) =>
        Normalisation.Backward(x, PerChannel(x, train: true), gamma, gradY, eps);

    /// <summary>
    /// The running statistics after a training step: running ← (1 − momentum)·running + momentum·batch, with the batch's unbiased variance
    /// Σ(x − mean)²/(m − 1), although y is normalised with the biased one (as in PyTorch, whose momentum is 1 − TensorFlow's decay).
    /// </summary>
    public static (NdArray Mean, NdArray Variance) UpdateRunning(NdArray x, NdArray runningMean, NdArray runningVariance, double momentum = 0.1)
    {
        Grouping grouping = PerChannel(x, train: true);
        (Sums mean, Sums variance) = Normalisation.Statistics(x, grouping);
        double m = mean[0].Terms;
        return (
            runningMean.Zip(mean.Value, (running, batch) => ((1 - momentum) * running) + (momentum * batch)),
            runningVariance.Zip(variance.Value, (running, batch) => ((1 - momentum) * running) + (momentum * batch * m / (m - 1))));
    }

    /// <summary>Evaluation: y = γ·(x − running mean)/√(running variance + ε) + β.</summary>
    public static Sums Eval(NdArray x, NdArray? gamma, NdArray? beta, NdArray runningMean, NdArray runningVariance, double eps = 1e-5)
    {
        Grouping grouping = CheckRunning(x, runningMean, runningVariance);
        Normalisation.Check(x, grouping, gamma, beta, eps);
        Sums y = Sums.ZerosLike(x);
        for (int i = 0; i < x.Count; i++)
        {
            int c = grouping.GroupOf(i);
            double scale = (gamma?[c] ?? 1) / Math.Sqrt(runningVariance[c] + eps);
            y.Set(i, default(Sum).Plus(x.Data[i] * scale).Plus(-runningMean[c] * scale).Plus(beta?[c] ?? 0).WithRoundings(5));
        }

        return y;
    }

    /// <summary>The gradients in evaluation: ∂/∂x = gradY·γ/√(running variance + ε), ∂/∂γ = Σ gradY·x̂, ∂/∂β = Σ gradY.</summary>
    public static GradientSums EvalBackward(NdArray x, NdArray? gamma, NdArray gradY, NdArray runningMean, NdArray runningVariance, double eps = 1e-5)
    {
        Grouping grouping = CheckRunning(x, runningMean, runningVariance);
        Normalisation.Check(x, grouping, gamma, null, eps);
        Require.SameShape(x, gradY, "The input and the output gradient");
        Sums gradX = Sums.ZerosLike(x), gradGamma = Sums.ZerosLike(runningMean), gradBeta = Sums.ZerosLike(runningMean);
        for (int i = 0; i < x.Count; i++)
        {
            int c = grouping.GroupOf(i);
            double deviation = Math.Sqrt(runningVariance[c] + eps);
            gradX.Add(i, gradY.Data[i] * (gamma?[c] ?? 1) / deviation);
            gradGamma.Add(c, gradY.Data[i] * x.Data[i] / deviation);
            gradGamma.Add(c, -gradY.Data[i] * runningMean[c] / deviation);
            gradBeta.Add(c, gradY.Data[i]);
        }

        return new GradientSums(gradX.WithRoundings(5), gradGamma.WithRoundings(5), gradBeta);
    }

    private static Grouping PerChannel(NdArray x, bool train)
    {
        if (x.Rank is not (2 or 4))
        {
            throw new ArgumentException($"Batch normalisation takes (N,C) or (N,C,H,W), not {x}.");
        }

        int channels = x.Shape[1], plane = x.Count / x.Shape[0] / channels;
        if (train && x.Count == channels)
        {
            throw new ArgumentException($"Training needs more than one value per channel, but {x} has one.");
        }

        return new Grouping(channels, i => i / plane % channels, i => i / plane % channels, [channels]);
    }

    private static Grouping CheckRunning(NdArray x, NdArray runningMean, NdArray runningVariance)
    {
        Grouping grouping = PerChannel(x, train: false);
        Require.Shape(runningMean, "The running mean", grouping.Groups);
        Require.Shape(runningVariance, "The running variance", grouping.Groups);
        return grouping;
    }
}
