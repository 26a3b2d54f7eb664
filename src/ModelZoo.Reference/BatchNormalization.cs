namespace ModelZoo.Reference;

/// <summary>
/// Batch normalization, x (N,C), (N,C,L) or (N,C,H,W), γ and β (C): each channel is normalized over the batch and all positions in training,
/// y = γ·(x − mean)/√(variance + ε) + β with the biased variance, and with the running statistics in evaluation.
/// Source: Ioffe and Szegedy 2015 (arXiv 1502.03167).
/// </summary>
public static class BatchNormalization
{
    /// <summary>Training: y and the batch's mean and biased variance (C).</summary>
    public static Normalized Train(NdArray x, NdArray? gamma, NdArray? beta, double eps = 1e-5) =>
        Normalization.Forward(x, PerChannel(x, train: true), gamma, beta, eps);

    /// <summary>The gradients in training, when the statistics depend on x: X, Weight = γ's, Bias = β's.</summary>
    public static GradientSums TrainBackward(NdArray x, NdArray? gamma, NdArray gradY, double eps = 1e-5) =>
        Normalization.Backward(x, PerChannel(x, train: true), gamma, gradY, eps);

    /// <summary>
    /// The running statistics after a training step: running ← (1 − momentum)·running + momentum·batch, with the batch's unbiased variance
    /// Σ(x − mean)²/(m − 1), although y is normalized with the biased one (as in PyTorch, whose momentum is 1 − TensorFlow's decay).
    /// </summary>
    public static (NdArray Mean, NdArray Variance) UpdateRunning(NdArray x, NdArray runningMean, NdArray runningVariance, double momentum = 0.1)
    {
        Grouping grouping = PerChannel(x, train: true);
        (Sums mean, Sums variance) = Normalization.Statistics(x, grouping);
        double m = mean[0].Terms;
        return (
            runningMean.Zip(mean.Value, (running, batch) => ((1 - momentum) * running) + (momentum * batch)),
            runningVariance.Zip(variance.Value, (running, batch) => ((1 - momentum) * running) + (momentum * batch * m / (m - 1))));
    }

    /// <summary>Evaluation: y = γ·(x − running mean)/√(running variance + ε) + β.</summary>
    public static Sums Eval(NdArray x, NdArray? gamma, NdArray? beta, NdArray runningMean, NdArray runningVariance, double eps = 1e-5)
    {
        CheckEval(x, gamma, beta, runningMean, runningVariance, eps);
        Sums y = Sums.ZerosLike(x);
        for (int i = 0; i < x.Count; i++)
        {
            y.Set(i, EvalAt(x, gamma, beta, runningMean, runningVariance, eps, i));
        }

        return y;
    }

    /// <summary>One element of y, by its place in the row-major data.</summary>
    public static Sum EvalAt(NdArray x, NdArray? gamma, NdArray? beta, NdArray runningMean, NdArray runningVariance, double eps, int place)
    {
        int c = ChannelOf(x, place);
        double scale = (gamma?[c] ?? 1) / Math.Sqrt(runningVariance[c] + eps);
        return default(Sum).Plus(x.Data[place] * scale).Plus(-runningMean[c] * scale).Plus(beta?[c] ?? 0).WithRoundings(5);
    }

    /// <summary>The gradients in evaluation: ∂/∂x = gradY·γ/√(running variance + ε), ∂/∂γ = Σ gradY·x̂, ∂/∂β = Σ gradY.</summary>
    public static GradientSums EvalBackward(NdArray x, NdArray? gamma, NdArray gradY, NdArray runningMean, NdArray runningVariance, double eps = 1e-5)
    {
        CheckEval(x, gamma, null, runningMean, runningVariance, eps);
        Require.SameShape(x, gradY, "The input and the output gradient");
        Sums gradX = Sums.ZerosLike(x);
        for (int i = 0; i < x.Count; i++)
        {
            gradX.Set(i, EvalGradInputAt(gamma, gradY, runningVariance, eps, i));
        }

        return new GradientSums(
            gradX,
            Sums.Over(runningMean.Count, c => EvalGradWeightAt(x, gradY, runningMean, runningVariance, eps, c)),
            Sums.Over(runningMean.Count, c => EvalGradBiasAt(gradY, c)));
    }

    /// <summary>∂/∂x in evaluation, by its place in the row-major data.</summary>
    public static Sum EvalGradInputAt(NdArray? gamma, NdArray gradY, NdArray runningVariance, double eps, int place)
    {
        int c = ChannelOf(gradY, place);
        return default(Sum).Plus(gradY.Data[place] * (gamma?[c] ?? 1) / Math.Sqrt(runningVariance[c] + eps)).WithRoundings(5);
    }

    /// <summary>∂/∂γ of one channel in evaluation.</summary>
    public static Sum EvalGradWeightAt(NdArray x, NdArray gradY, NdArray runningMean, NdArray runningVariance, double eps, int channel)
    {
        double deviation = Math.Sqrt(runningVariance[channel] + eps);
        Sum sum = default;
        for (int n = 0; n < x.Shape[0]; n++)
        {
            (int from, int to) = PlaneOf(x, n, channel);
            for (int i = from; i < to; i++)
            {
                sum = sum.Plus(gradY.Data[i] * x.Data[i] / deviation).Plus(-gradY.Data[i] * runningMean[channel] / deviation);
            }
        }

        return sum.WithRoundings(5);
    }

    /// <summary>∂/∂β of one channel, in evaluation and in training.</summary>
    public static Sum EvalGradBiasAt(NdArray gradY, int channel)
    {
        Sum sum = default;
        for (int n = 0; n < gradY.Shape[0]; n++)
        {
            (int from, int to) = PlaneOf(gradY, n, channel);
            for (int i = from; i < to; i++)
            {
                sum = sum.Plus(gradY.Data[i]);
            }
        }

        return sum;
    }

    /// <summary>Whether these fit each other; throws where they do not.</summary>
    public static void CheckEval(NdArray x, NdArray? gamma, NdArray? beta, NdArray runningMean, NdArray runningVariance, double eps = 1e-5)
    {
        Grouping grouping = PerChannel(x, train: false);
        Require.Shape(runningMean, "The running mean", grouping.Groups);
        Require.Shape(runningVariance, "The running variance", grouping.Groups);
        Normalization.Check(x, grouping, gamma, beta, eps);
    }

    private static int ChannelOf(NdArray x, int place) => place / (x.Count / x.Shape[0] / x.Shape[1]) % x.Shape[1];

    private static (int From, int To) PlaneOf(NdArray x, int n, int channel)
    {
        int plane = x.Count / x.Shape[0] / x.Shape[1], from = ((n * x.Shape[1]) + channel) * plane;
        return (from, from + plane);
    }

    private static Grouping PerChannel(NdArray x, bool train)
    {
        if (x.Rank < 2)
        {
            throw new ArgumentException($"Batch normalization takes (N,C) or more dimensions, not {x}.");
        }

        int channels = x.Shape[1], plane = x.Count / x.Shape[0] / channels;
        if (train && x.Count == channels)
        {
            throw new ArgumentException($"Training needs more than one value per channel, but {x} has one.");
        }

        return new Grouping(channels, i => i / plane % channels, i => i / plane % channels, [channels]);
    }
}
