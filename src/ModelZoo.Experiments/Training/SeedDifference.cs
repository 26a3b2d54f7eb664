using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Training;

/// <summary>A difference measured once for each seed, and whether it is more than the seeds' spread.</summary>
/// <param name="Values">One for each seed.</param>
public sealed record SeedDifference(IReadOnlyList<double> Values)
{
    /// <summary>Over the seeds.</summary>
    public double Mean => Values.Count == 0 ? double.NaN : Values.Average();

    /// <summary>Of the mean: the sample's standard deviation / √n; infinite for a single seed, which says nothing about spread.</summary>
    public double StandardError =>
        Values.Count < 2 ? double.PositiveInfinity : Math.Sqrt(Values.Sum(v => (v - Mean) * (v - Mean)) / (Values.Count - 1) / Values.Count);

    /// <summary>
    /// Reproduced where the mean lies above <paramref name="least"/> by more than twice its standard error, not reproduced where it lies as much below, else
    /// not decidable.
    /// </summary>
    public Verdict Above(double least = 0)
    {
        double over = Mean - least, margin = 2 * StandardError;
        return over > margin ? Verdict.Reproduced : over < -margin ? Verdict.NotReproduced : Verdict.NotDecidable;
    }

    /// <summary>How many seeds it takes for <see cref="Above"/> to decide, if mean and spread stay as they are; null where they say nothing: of fewer than two
    /// seeds, and where the mean is exactly there.</summary>
    public long? SeedsToDecide(double least = 0)
    {
        double over = Mean - least, variance = StandardError * StandardError * Values.Count;
        return double.IsFinite(variance) && over != 0 && double.IsFinite(over) ? (long)Math.Min(1e9, Math.Floor(4 * variance / (over * over)) + 1) : null;
    }

    /// <summary>"1.5 ± 0.2": the mean and twice its standard error.</summary>
    public string Text => double.IsFinite(StandardError) ? $"{Number(Mean)} ± {Number(2 * StandardError)}" : Number(Mean);

    /// <summary>Of a difference of logarithms to base 2: "1.5× (1.3 … 1.8)", the ratio and where twice the standard error leads.</summary>
    public string Ratio => double.IsFinite(StandardError)
        ? $"{Number(Math.Pow(2, Mean))}× ({Number(Math.Pow(2, Mean - (2 * StandardError)))} … {Number(Math.Pow(2, Mean + (2 * StandardError)))})"
        : $"{Number(Math.Pow(2, Mean))}×";

    /// <summary>The verdict on a claim of several parts: not reproduced where one is not, reproduced where all are.</summary>
    public static Verdict All(params IReadOnlyList<Verdict> parts) =>
        parts.Contains(Verdict.NotReproduced) ? Verdict.NotReproduced : parts.All(p => p == Verdict.Reproduced) ? Verdict.Reproduced : Verdict.NotDecidable;
}
