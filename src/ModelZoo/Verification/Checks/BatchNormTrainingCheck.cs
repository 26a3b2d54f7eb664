using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// Batch normalization in training: normalized with the batch's mean and biased variance; the running statistics move by momentum toward the mean and the
/// unbiased variance. Instance normalization with running statistics alike, image by image, its running statistics toward the average over the images.
/// </summary>
/// <remarks>
/// A batch mean is one sum, γ_{m+1}·Σ|x|/m; the variance is off by its own sum's roundings and by the square of the mean's error, because Σ(x − mean') =
/// m·(mean − mean')² + Σ(x − mean)². (1 − momentum)·running + momentum·batch adds the constants' and three more roundings.
/// </remarks>
/// <param name="Layer">Scale, shift, running statistics before the step, ε.</param>
/// <param name="Momentum">Null for the average over all batches.</param>
/// <param name="Batches">Batches before the step; null where they are not counted.</param>
/// <param name="PerImage">Whether each image is normalized by itself.</param>
internal sealed record BatchNormTrainingCheck(BatchNormCheck Layer, double? Momentum, long? Batches, bool PerImage = false) : ITrainingCheck
{
    private static readonly Bounded One = Bounded.Exact(1);

    // Mistakes, for Variants.
    private bool StoresBiased { get; init; }

    private bool NormalizesUnbiased { get; init; }

    private double Factor => Momentum ?? 1.0 / ((Batches ?? 0) + 1);

    /// <inheritdoc/>
    public IEnumerable<TrainingVariant> Variants => [
        .. new[] { 1 - Factor, 0.1, 0.01, 0.001, 0.003, 0.9, 0.99 }.Where(m => Math.Abs(m - Factor) > 1e-9).Distinct()
            .Select(m => new TrainingVariant(FormattableString.Invariant($"momentum {m:g3} instead of {Factor:g3}"), this with { Momentum = m })),
        new("the running variance takes the biased instead of the unbiased variance", this with { StoresBiased = true }),
        new("it normalizes with the unbiased instead of the biased variance", this with { NormalizesUnbiased = true }),
        new("the running statistics do not move", this with { Momentum = 0 }),
        .. Affine.OtherEps(Layer.Eps).Select(v => new TrainingVariant(v.Change, this with { Layer = Layer with { Eps = v.Eps } })),
        new("it normalizes with the running statistics instead of the batch's", new Running(Layer)),
    ];

    /// <inheritdoc/>
    public bool ByChannel => true;

    /// <inheritdoc/>
    public ITrainingCheck OfChannels(int[] channels) => this with
    {
        Layer = Layer with
        {
            Gamma = Of(Layer.Gamma, channels),
            Beta = Of(Layer.Beta, channels),
            Mean = Of(Layer.Mean, channels)!,
            Variance = Of(Layer.Variance, channels)!
        },
    };

    /// <inheritdoc/>
    public IEnumerable<(Quantity Expected, NdArray? Measured)> Quantities(TrainingValues run, Rounding rounding)
    {
        NdArray x = run.Input;
        double m = Values(x), shrink = NormalizesUnbiased ? (m - 1) / m : 1;
        NdArray? gamma = NormalizesUnbiased ? (Layer.Gamma ?? NdArray.Full(1, Layer.Mean.Count)).Map(g => g * Math.Sqrt(shrink)) : Layer.Gamma;
        double eps = Layer.Eps * shrink;
        Normalized y = PerImage ? InstanceNormalization.Forward(x, gamma, Layer.Beta, eps) : BatchNormalization.Train(x, gamma, Layer.Beta, eps);
        yield return (Quantity.Of(Quantity.Output, y.Y, rounding), null);
        GradientSums sums = PerImage ? InstanceNormalization.Backward(x, gamma, run.GradY, eps) : BatchNormalization.TrainBackward(x, gamma, run.GradY, eps);
        foreach (Quantity gradient in Affine.Gradients(sums, Layer.Gamma, Layer.Beta, rounding))
        {
            yield return (gradient, null);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Buffers(NdArray x, Rounding rounding)
    {
        int channels = Layer.Mean.Count, groups = PerImage ? x.Shape[0] : 1;
        NdArray grouped = PerImage ? x.Reshape(1, x.Shape[0] * channels, x.Shape[2], x.Shape[3]) : x;
        Normalized statistics = BatchNormalization.Train(grouped, null, null, 0);
        (NdArray mean, NdArray variance) = PerImage
            ? InstanceNormalization.UpdateRunning(x, Layer.Mean, Layer.Variance, Factor)
            : BatchNormalization.UpdateRunning(x, Layer.Mean, Layer.Variance, Factor);
        double m = Values(x), biased = StoresBiased ? (m - 1) / m : 1;
        variance = StoresBiased ? variance.Zip(Layer.Variance, (v, before) => ((1 - Factor) * before) + ((v - ((1 - Factor) * before)) * biased)) : variance;
        Bounded unbias = StoresBiased ? One : rounding.Over(Bounded.Exact(m), Bounded.Exact(m - 1));
        yield return new("running_mean", [channels], c => Moved(Layer.Mean[c], Average(c, BatchMean)).Around(mean[c]), groups);
        yield return new("running_var", [channels], c =>
            Moved(Layer.Variance[c], rounding.Times(Average(c, BatchVariance), unbias)).Around(variance[c]), groups);
        if (Batches is { } batches)
        {
            yield return new("num_batches_tracked", [], _ => Bounded.Exact(batches + (PerImage ? 0 : 1)), 1);
        }

        Bounded BatchMean(int g) => rounding.Of(statistics.Mean[g]);

        Bounded BatchVariance(int g)
        {
            Bounded v = rounding.Of(statistics.Variance[g]);
            double e = BatchMean(g).Error;
            return v with { Error = v.Error + (e * e) };
        }

        Bounded Average(int c, Func<int, Bounded> of)
        {
            Bounded sum = of(c);
            for (int n = 1; n < groups; n++)
            {
                sum = rounding.Plus(sum, of((n * channels) + c));
            }

            return groups == 1 ? sum : rounding.Over(sum, Bounded.Exact(groups));
        }

        Bounded Moved(double before, Bounded batch) => rounding.Plus(
            rounding.Times(rounding.Minus(One, rounding.Constant(Factor)), Bounded.Exact(before)),
            rounding.Times(rounding.Constant(Factor), batch));
    }

    private double Values(NdArray x) => (double)x.Count / x.Shape[1] / (PerImage ? x.Shape[0] : 1);

    private static NdArray? Of(NdArray? values, int[] channels) => values is null ? null : new NdArray([.. channels.Select(c => values[c])], channels.Length);

    // Evaluation's formulas in training.
    private sealed record Running(BatchNormCheck Layer) : ITrainingCheck
    {
        public IEnumerable<(Quantity Expected, NdArray? Measured)> Quantities(TrainingValues run, Rounding rounding) =>
            [(Layer.Output([run.Input], rounding), null)];
    }
}

/// <summary>What the checks of all normalizations share.</summary>
internal static class Affine
{
    /// <summary>The values that ε is commonly mistaken for.</summary>
    public static IEnumerable<(string Change, double Eps)> OtherEps(double eps) =>
        new[] { 1e-3, 1e-5, 1e-6, eps * 10, eps / 10 }.Where(other => other != eps).Distinct()
            .Select(other => (FormattableString.Invariant($"eps {other:g3} instead of {eps:g3}"), other));

    /// <summary>To the input, and to scale and shift where there are any.</summary>
    public static IEnumerable<Quantity> Gradients(GradientSums sums, NdArray? gamma, NdArray? beta, Rounding rounding)
    {
        yield return Quantity.Of(Quantity.GradInput, sums.X, rounding);
        if (gamma is not null)
        {
            yield return Quantity.Of("grad weight", sums.Weight, rounding);
        }

        if (beta is not null)
        {
            yield return Quantity.Of("grad bias", sums.Bias, rounding);
        }
    }
}
