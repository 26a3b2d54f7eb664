namespace ModelZoo.Statistics;

/// <summary>How far the certainty of answers can be trusted.</summary>
public static class Certainty
{
    /// <summary>
    /// The expected calibration error: the mean distance between certainty and accuracy over bins of equal width, each counting as many times as it has
    /// examples (M. P. Naeini, G. Cooper, M. Hauskrecht 2015; Guo et al. 2017 take 15 bins).
    /// </summary>
    /// <param name="certainty">[N] the probability of each answer, in [0,1].</param>
    /// <param name="right">[N] whether it was right.</param>
    /// <param name="bins">How many.</param>
    /// <returns>In [0,1]; 0 of no examples.</returns>
    public static double CalibrationError(IReadOnlyList<double> certainty, IReadOnlyList<bool> right, int bins = 15)
    {
        ArgumentNullException.ThrowIfNull(certainty);
        ArgumentNullException.ThrowIfNull(right);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bins);
        var gap = new double[bins];
        for (int i = 0; i < certainty.Count; i++)
        {
            gap[Bin(certainty[i], bins)] += certainty[i] - (right[i] ? 1 : 0);
        }

        return certainty.Count == 0 ? 0 : gap.Sum(Math.Abs) / certainty.Count;
    }

    /// <summary>A reliability diagram: of each of the same bins how certain the answers were, and how many were right. Empty bins are left out.</summary>
    /// <inheritdoc cref="CalibrationError"/>
    /// <returns>In rising order.</returns>
    public static IReadOnlyList<CertaintyBin> Bins(IReadOnlyList<double> certainty, IReadOnlyList<bool> right, int bins = 15)
    {
        ArgumentNullException.ThrowIfNull(certainty);
        ArgumentNullException.ThrowIfNull(right);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bins);
        return [.. Enumerable.Range(0, certainty.Count).GroupBy(i => Bin(certainty[i], bins)).OrderBy(bin => bin.Key).Select(bin => new CertaintyBin(
            (double)bin.Key / bins, (bin.Key + 1.0) / bins, bin.Count(), bin.Average(i => certainty[i]), bin.Average(i => right[i] ? 1.0 : 0)))];
    }

    /// <summary>The area under the ROC curve: the probability that one of <paramref name="high"/> is larger than one of <paramref name="low"/>, ties
    /// counting half (H. B. Mann, D. R. Whitney, 1947).</summary>
    /// <param name="low">Scores that should be small.</param>
    /// <param name="high">Scores that should be large.</param>
    public static double Auroc(IReadOnlyList<double> low, IReadOnlyList<double> high)
    {
        ArgumentNullException.ThrowIfNull(low);
        ArgumentNullException.ThrowIfNull(high);
        if (low.Count == 0 || high.Count == 0)
        {
            return double.NaN;
        }

        double[] sorted = [.. low.Order()];
        double pairs = 0;
        foreach (double value in high)
        {
            pairs += (Place(sorted, value, orEqual: false) + Place(sorted, value, orEqual: true)) / 2.0;
        }

        return pairs / low.Count / high.Count;
    }

    private static int Bin(double certainty, int bins) => Math.Clamp((int)Math.Ceiling(certainty * bins) - 1, 0, bins - 1);

    // How many are below, or at most, a value.
    private static int Place(double[] sorted, double value, bool orEqual)
    {
        (int from, int to) = (0, sorted.Length);
        while (from < to)
        {
            int middle = (from + to) / 2;
            (from, to) = sorted[middle] < value || (orEqual && sorted[middle] == value) ? (middle + 1, to) : (from, middle);
        }

        return from;
    }
}

/// <summary>Answers of about one certainty.</summary>
/// <param name="From">They are more certain than this, and the first bin's as certain too.</param>
/// <param name="To">They are at most so certain.</param>
/// <param name="Count">How many.</param>
/// <param name="Certainty">Their mean certainty.</param>
/// <param name="Accuracy">The share of them that is right.</param>
public sealed record CertaintyBin(double From, double To, int Count, double Certainty, double Accuracy)
{
    /// <summary>Where the share lies on all such examples, with 95 % confidence.</summary>
    public Interval AccuracyInterval => Interval.OfShare(Accuracy, Count);
}
