using ModelZoo.Statistics;

namespace ModelZoo.Training;

/// <summary>How well a model does on examples: <see cref="EvaluationResult"/>, <see cref="MultiLabelResult"/> or <see cref="RegressionResult"/>.</summary>
public abstract record Measurement
{
    /// <summary>Examples.</summary>
    public required int Count { get; init; }

    /// <summary>What training minimizes, the mean over the examples.</summary>
    public required double Loss { get; init; }

    /// <summary>Wall time.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The figure by which one model is better than another, the higher the better: accuracy, mean average precision, R².</summary>
    public abstract double Score { get; }

    /// <summary>Where <see cref="Score"/> lies on all examples like these, with 95 % confidence: Wilson's interval of an accuracy, else by
    /// <see cref="Bootstrap"/>; null where that says nothing.</summary>
    public abstract Interval? ScoreInterval { get; }
}

/// <summary>How one of several labels was recognized.</summary>
/// <param name="Name">The label.</param>
/// <param name="Count">Examples that have it.</param>
/// <param name="AveragePrecision">The area under precision over recall, as scikit-learn's average_precision_score; not a number where no example has
/// it.</param>
/// <param name="Threshold">The probability from which on it was taken to be there.</param>
/// <param name="Precision">Of the examples that were said to have it, the share that have it; 0 where none was.</param>
/// <param name="Recall">Of the examples that have it, the share that were said to; 0 where there are none.</param>
public sealed record LabelResult(string Name, int Count, double AveragePrecision, double Threshold, double Precision, double Recall)
{
    /// <summary>The harmonic mean of precision and recall; 0 where both are.</summary>
    public double F1 => Precision + Recall == 0 ? 0 : 2 * Precision * Recall / (Precision + Recall);
}

/// <summary>How well a model tells which of several labels an example has.</summary>
public sealed record MultiLabelResult : Measurement
{
    /// <summary>In the order of the outputs.</summary>
    public required IReadOnlyList<LabelResult> Labels { get; init; }

    /// <summary>The mean average precision of the labels that some example has.</summary>
    public double MeanAveragePrecision => Labels.Where(label => label.Count > 0).Select(label => label.AveragePrecision).DefaultIfEmpty().Average();

    /// <summary>The mean F1 of the labels that some example has.</summary>
    public double MeanF1 => Labels.Where(label => label.Count > 0).Select(label => label.F1).DefaultIfEmpty().Average();

    /// <summary>The share of the examples with every label right.</summary>
    public required double ExactMatch { get; init; }

    /// <summary>Where that share lies on all examples like these, with 95 % confidence.</summary>
    public Interval ExactMatchInterval => Interval.OfShare(ExactMatch, Count);

    /// <summary>For each label the threshold with the best F1 on these examples; 0.5 where no example has it.</summary>
    public required IReadOnlyList<double> BestThresholds { get; init; }

    /// <inheritdoc/>
    public override double Score => MeanAveragePrecision;

    /// <inheritdoc/>
    public override Interval? ScoreInterval => MeanAveragePrecisionInterval;

    /// <summary>Where the mean average precision lies on all examples like these, by 1,000 resamples of them (fewer, at least 200, of very many).</summary>
    public Interval? MeanAveragePrecisionInterval => interval.Value;

    private Lazy<Interval?> interval = new(() => null);

    /// <summary>Makes the figures of probabilities.</summary>
    /// <param name="names">K labels.</param>
    /// <param name="probabilities">[N,K], row by row.</param>
    /// <param name="targets">[N,K]: above 0.5 where the label is there.</param>
    /// <param name="thresholds">K, or none for 0.5.</param>
    /// <param name="loss">The mean loss.</param>
    /// <param name="elapsed">Wall time.</param>
    internal static MultiLabelResult Of(
        IReadOnlyList<string> names, float[] probabilities, float[] targets, IReadOnlyList<double> thresholds, double loss, TimeSpan elapsed)
    {
        int columns = names.Count, count = probabilities.Length / columns;
        var labels = new LabelResult[columns];
        var best = new double[columns];
        var right = new bool[count];
        Array.Fill(right, true);
        for (int c = 0; c < columns; c++)
        {
            (float Score, bool There)[] ranked = [.. Enumerable.Range(0, count).Select(i => (probabilities[i * columns + c], targets[i * columns + c] > 0.5f))];
            double threshold = thresholds.Count > 0 ? thresholds[c] : 0.5;
            for (int i = 0; i < count; i++)
            {
                right[i] &= (ranked[i].Score >= threshold) == ranked[i].There;
            }

            int there = ranked.Count(r => r.There), said = ranked.Count(r => r.Score >= threshold), both = ranked.Count(r => r.There && r.Score >= threshold);
            (double average, best[c]) = Curve(ranked, there);
            labels[c] = new(names[c], there, average, threshold, said == 0 ? 0 : (double)both / said, there == 0 ? 0 : (double)both / there);
        }

        return new()
        {
            Count = count,
            Loss = loss,
            Elapsed = elapsed,
            Labels = labels,
            ExactMatch = count == 0 ? 0 : (double)right.Count(r => r) / count,
            BestThresholds = best,
            interval = new(() => ResampledInterval(columns, probabilities, targets)),
        };
    }

    // The order of the scores stays, however often an example was drawn: sorting once is enough.
    private static Interval? ResampledInterval(int columns, float[] probabilities, float[] targets)
    {
        int count = probabilities.Length / columns;
        int[][] ranked = [.. Enumerable.Range(0, columns).Select(c => (int[])[.. Enumerable.Range(0, count)
            .OrderByDescending(i => probabilities[i * columns + c])])];
        double Mean(ReadOnlyMemory<int> times)
        {
            ReadOnlySpan<int> drawn = times.Span;
            (double sum, int labels) = (0, 0);
            for (int c = 0; c < columns; c++)
            {
                (double average, int said, int both) = (0, 0, 0);
                for (int at = 0; at < count;)
                {
                    float score = probabilities[ranked[c][at] * columns + c];
                    int hits = 0;
                    for (; at < count && probabilities[ranked[c][at] * columns + c] == score; at++)
                    {
                        int i = ranked[c][at];
                        said += drawn[i];
                        hits += targets[i * columns + c] > 0.5f ? drawn[i] : 0;
                    }

                    both += hits;
                    average += hits == 0 ? 0 : hits * (double)both / said;
                }

                (sum, labels) = both == 0 ? (sum, labels) : (sum + average / both, labels + 1);
            }

            return labels == 0 ? double.NaN : sum / labels;
        }

        const double MostSteps = 2e8; // half a second
        return Bootstrap.Percentile(count, Mean, (int)Math.Clamp(MostSteps / Math.Max(1, (double)count * columns), 200, Bootstrap.Resamples));
    }

    // Σ (recall − recall before) · precision from the highest score down, equal scores together; and the middle of the gap below the score with the best F1.
    private static (double AveragePrecision, double BestThreshold) Curve((float Score, bool There)[] examples, int there)
    {
        if (there == 0)
        {
            return (double.NaN, 0.5);
        }

        (float Score, bool There)[][] groups = [.. examples.GroupBy(e => e.Score).OrderByDescending(g => g.Key).Select(g => g.ToArray())];
        double average = 0, bestF1 = -1, threshold = 0.5;
        int said = 0, both = 0;
        for (int g = 0; g < groups.Length; g++)
        {
            int hits = groups[g].Count(e => e.There);
            (said, both) = (said + groups[g].Length, both + hits);
            average += hits * (double)both / said;
            double f1 = 2.0 * both / (said + there);
            if (f1 > bestF1)
            {
                double next = g + 1 < groups.Length ? groups[g + 1][0].Score : 0;
                (bestF1, threshold) = (f1, (groups[g][0].Score + next) / 2);
            }
        }

        return (average / there, Math.Clamp(threshold, 1e-6, 1 - 1e-6));
    }
}

/// <summary>How well a model predicts a number, in the number's own units.</summary>
public sealed record RegressionResult : Measurement
{
    /// <summary>The mean of the squared errors.</summary>
    public required double MeanSquaredError { get; init; }

    /// <summary>The mean of the absolute errors.</summary>
    public required double MeanAbsoluteError { get; init; }

    /// <summary>
    /// The share of the numbers' variance that is predicted, 1 − Σ(y − p)²/Σ(y − ȳ)²: 1 is perfect, 0 no better than always saying the mean; not a number where
    /// all are the same.
    /// </summary>
    public required double R2 { get; init; }

    /// <summary>The root of the mean squared error.</summary>
    public double RootMeanSquaredError => Math.Sqrt(MeanSquaredError);

    /// <inheritdoc/>
    public override double Score => R2;

    /// <inheritdoc/>
    public override Interval? ScoreInterval => R2Interval;

    /// <summary>Where R² lies on all examples like these, by 1,000 resamples of them.</summary>
    public Interval? R2Interval => interval.Value;

    private Lazy<Interval?> interval = new(() => null);

    internal static RegressionResult Of(double[] predictions, double[] targets, double loss, TimeSpan elapsed)
    {
        int count = targets.Length;
        double squared = predictions.Zip(targets, (p, y) => (p - y) * (p - y)).Sum(), absolute = predictions.Zip(targets, (p, y) => Math.Abs(p - y)).Sum();
        double mean = targets.DefaultIfEmpty().Average(), variance = targets.Sum(y => (y - mean) * (y - mean));
        return new()
        {
            Count = count,
            Loss = loss,
            Elapsed = elapsed,
            MeanSquaredError = squared / Math.Max(count, 1),
            MeanAbsoluteError = absolute / Math.Max(count, 1),
            R2 = variance > 0 ? 1 - squared / variance : double.NaN,
            interval = new(() => Bootstrap.Percentile(count, times => Resampled(predictions, targets, mean, times.Span))),
        };
    }

    // Numbers are taken from the mean of all, so that the sums of squares keep their digits.
    private static double Resampled(double[] predictions, double[] targets, double middle, ReadOnlySpan<int> times)
    {
        (double squared, double sum, double squares) = (0, 0, 0);
        for (int i = 0; i < targets.Length; i++)
        {
            double y = targets[i] - middle, error = predictions[i] - targets[i];
            (squared, sum, squares) = (squared + times[i] * error * error, sum + times[i] * y, squares + times[i] * y * y);
        }

        double variance = squares - sum * sum / targets.Length;
        return variance > 0 ? 1 - squared / variance : double.NaN;
    }
}
