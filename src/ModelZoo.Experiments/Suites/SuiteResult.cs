using System.Text.Json.Serialization;
using ModelZoo.Statistics;

namespace ModelZoo.Experiments.Suites;

/// <summary>What a suite came to, so far.</summary>
/// <param name="Settings">How all were trained.</param>
/// <param name="Machine">What it ran on.</param>
/// <param name="Rows">One a network that has been measured, in the suite's order.</param>
public sealed record SuiteResult(SuiteSettings Settings, string Machine, IReadOnlyList<SuiteRow> Rows)
{
    /// <summary>
    /// The standard deviation over seeds in percentage points, pooled over the networks, and its degrees of freedom: two or three seeds of one network alone
    /// say
    /// little of their spread.
    /// </summary>
    public (double Deviation, int Freedom) Spread()
    {
        double[][] groups = [.. Rows.Select(r => r.Accuracies).Where(a => a.Length > 1)];
        int freedom = groups.Sum(g => g.Length - 1);
        return (freedom == 0 ? double.NaN : Math.Sqrt(groups.Sum(g => g.Sum(v => Math.Pow(v - g.Average(), 2))) / freedom), freedom);
    }

    /// <summary>Where a network's mean accuracy over seeds lies with 95 % confidence, in percent, by the pooled deviation; null while no network has
    /// two.</summary>
    public Interval? IntervalOf(SuiteRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        (double deviation, int freedom) = Spread();
        if (freedom == 0 || row.Accuracies.Length == 0)
        {
            return null;
        }

        double mean = row.Accuracies.Average(),
            half = Distributions.StudentQuantile((1 + Interval.Level) / 2, freedom) * deviation / Math.Sqrt(row.Accuracies.Length);
        return new(Math.Max(0, mean - half), Math.Min(100, mean + half));
    }
}

/// <summary>One network of a suite.</summary>
/// <param name="Network">Which.</param>
/// <param name="Cost">What it takes.</param>
/// <param name="Search">The trainings that chose its rate; null before.</param>
/// <param name="Runs">The trainings that count, one a seed.</param>
public sealed record SuiteRow(SuiteNetwork Network, SuiteCost Cost, SuiteSearch? Search, IReadOnlyList<SuiteRun> Runs)
{
    /// <summary>Of the runs that came to their end, in percent.</summary>
    [JsonIgnore]
    public double[] Accuracies => [.. Runs.Where(r => r.Problem is null).Select(r => 100 * r.Accuracy)];
}

/// <summary>What a network takes.</summary>
/// <param name="Parameters">Of inference.</param>
/// <param name="Macs">Multiply-accumulates a picture, of convolutions and linear layers.</param>
/// <param name="StepSeconds">Of the processor for a step of training; the least of several rounds.</param>
/// <param name="PictureMilliseconds">Of the compiled network for one picture by itself; the median of the rounds.</param>
public sealed record SuiteCost(long Parameters, long Macs, double StepSeconds, double PictureMilliseconds);

/// <summary>How a network's rate was chosen.</summary>
/// <param name="Tried">One a rate.</param>
public sealed record SuiteSearch(IReadOnlyList<SuiteTrial> Tried)
{
    /// <summary>The rate with the highest accuracy; the first of equals.</summary>
    [JsonIgnore]
    public double Best => Tried.MaxBy(t => t.Accuracy)!.Rate;
}

/// <summary>A short training.</summary>
/// <param name="Rate">The cycle's highest.</param>
/// <param name="Accuracy">In [0,1], on the pictures kept for the choice; 0 where it diverged.</param>
public sealed record SuiteTrial(double Rate, double Accuracy);

/// <summary>A training that counts.</summary>
/// <param name="Seed">Of weights, order and augmentation.</param>
/// <param name="Steps">Taken.</param>
/// <param name="Pictures">Learned from, each as often as it was seen.</param>
/// <param name="ProcessorSeconds">Of training, tests left out.</param>
/// <param name="Accuracy">In [0,1], on the test pictures.</param>
/// <param name="Curve">On the way.</param>
public sealed record SuiteRun(long Seed, int Steps, long Pictures, double ProcessorSeconds, double Accuracy, IReadOnlyList<SuitePoint> Curve)
{
    /// <summary>Why it ended early; null where it did not.</summary>
    public string? Problem { get; init; }
}

/// <summary>A point of a curve.</summary>
/// <param name="Seconds">Of the processor.</param>
/// <param name="Loss">Over the pass so far.</param>
/// <param name="Accuracy">In [0,1], on the first of the test pictures.</param>
public sealed record SuitePoint(double Seconds, double Loss, double Accuracy);
