using ModelZoo.Statistics;

namespace ModelZoo.Experiments.Comparing;

/// <summary>Repeated measurements of one thing.</summary>
/// <param name="Values">In the order in which they were made; at least one.</param>
public sealed record Spread(IReadOnlyList<double> Values)
{
    /// <summary>The middle one; of an even number the mean of the two in the middle.</summary>
    public double Median => (Sorted[(Values.Count - 1) / 2] + Sorted[Values.Count / 2]) / 2;

    /// <summary>The least.</summary>
    public double Min => Values.Min();

    /// <summary>The greatest.</summary>
    public double Max => Values.Max();

    /// <summary>The arithmetic mean.</summary>
    public double Mean => Values.Average();

    /// <summary>The sample's standard deviation (divided by n − 1); 0 of a single value.</summary>
    public double Deviation => Values.Count < 2 ? 0 : Math.Sqrt(Values.Sum(v => (v - Mean) * (v - Mean)) / (Values.Count - 1));

    /// <summary>Where the mean lies with 95 % confidence, by Student's t; null of a single value.</summary>
    public Interval? Interval => Statistics.Interval.OfMean(Values);

    private double[] Sorted => [.. Values.Order()];
}
