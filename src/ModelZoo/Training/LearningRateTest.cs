using System.Globalization;
using ModelZoo.Plots;

namespace ModelZoo.Training;

/// <summary>The learning rates of a range test: L. N. Smith, "Cyclical Learning Rates for Training Neural Networks", WACV 2017, section 3.3.</summary>
public sealed record RangeTestOptions
{
    /// <summary>The rate of the first step.</summary>
    public double From { get; init; } = 1e-6;

    /// <summary>The rate of the last step.</summary>
    public double To { get; init; } = 10;

    /// <summary>Steps, each with a rate that is the one before times the same factor.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>Checks the values.</summary>
    /// <returns>These options.</returns>
    /// <exception cref="UsageException">One is impossible.</exception>
    public RangeTestOptions Validate() =>
        From is > 0 and < 1000 && To > From && To <= 1000 && Steps is >= 20 and <= 100_000 ? this
        : throw new UsageException(string.Create(CultureInfo.InvariantCulture,
            $"A range test from {From} to {To} in {Steps} steps is impossible: the rates rise within 0 … 1000, in 20 steps or more."));

    /// <summary>The rate of a step, from 0.</summary>
    public double At(int step) => From * Math.Pow(To / From, (double)step / (Steps - 1));
}

/// <summary>A step of a range test.</summary>
/// <param name="Rate">The learning rate.</param>
/// <param name="Loss">The mean over its images, before it was taken.</param>
/// <param name="Smoothed">The mean over neighboring steps, by a bell of two steps' deviation.</param>
public sealed record RangeTestPoint(double Rate, double Loss, double Smoothed);

/// <summary>What a range test found.</summary>
public sealed record LearningRateTest
{
    /// <summary>How <see cref="Suggestion"/> follows from the curve.</summary>
    public const string Rule = "a tenth of the rate at which the smoothed loss is lowest";

    // The smoothed loss must have fallen by this share, or no rate is known to teach anything.
    private const double LeastFall = 0.02;
    private const double Bell = 2;
    private const double Share = 10;

    private LearningRateTest(IReadOnlyList<RangeTestPoint> points, bool diverged) => (Points, Diverged) = (points, diverged);

    /// <summary>The steps, rates rising.</summary>
    public IReadOnlyList<RangeTestPoint> Points { get; }

    /// <summary>Whether it ended early because the loss grew to several times its lowest, or was no number any more.</summary>
    public bool Diverged { get; }

    /// <summary>Where the smoothed loss is lowest.</summary>
    public RangeTestPoint Lowest => Points.MinBy(p => p.Smoothed)!;

    /// <summary>Where the smoothed loss falls most steeply by the logarithm of the rate, before its lowest; of a curve that nowhere falls its first.</summary>
    public RangeTestPoint Steepest
    {
        get
        {
            int end = Points.ToList().IndexOf(Lowest);
            int[] before = [.. Enumerable.Range(1, Math.Max(0, end - 1))];
            return before.Length == 0 ? Points[0] : Points[before.MaxBy(i => Points[i - 1].Smoothed - Points[i + 1].Smoothed)];
        }
    }

    /// <summary>The rate to train with, by <see cref="Rule"/>; null where the loss hardly fell.</summary>
    public double? Suggestion => Lowest.Smoothed <= (1 - LeastFall) * Points[0].Smoothed ? Lowest.Rate / Share : null;

    /// <summary>The rate to train with.</summary>
    /// <exception cref="ZooException">No rate made the loss fall.</exception>
    public double MustSuggest() => Suggestion ?? throw new ZooException(string.Create(CultureInfo.InvariantCulture,
        $"The range test found no learning rate: from {Points[0].Rate:G2} to {Points[^1].Rate:G2} the loss did not fall below {Lowest.Smoothed:G4} from ")
        + string.Create(CultureInfo.InvariantCulture, $"{Points[0].Smoothed:G4}. Give a rate (--lr), or look at the curve with `zoo lr-find`."));

    /// <summary>Makes the curve of what was measured.</summary>
    /// <param name="steps">Rates, rising, and losses; at least one.</param>
    /// <param name="diverged">Whether it ended early.</param>
    public static LearningRateTest Of(IReadOnlyList<(double Rate, double Loss)> steps, bool diverged)
    {
        ArgumentNullException.ThrowIfNull(steps);
        ArgumentOutOfRangeException.ThrowIfZero(steps.Count);
        return new([.. steps.Select((s, i) => new RangeTestPoint(s.Rate, s.Loss, Smoothed(i)))], diverged);

        double Smoothed(int at)
        {
            double sum = 0, weights = 0;
            for (int i = 0; i < steps.Count; i++)
            {
                double weight = Math.Exp(-0.5 * (i - at) * (i - at) / (Bell * Bell));
                (sum, weights) = (sum + weight * steps[i].Loss, weights + weight);
            }

            return sum / weights;
        }
    }

    /// <summary>The curve as an SVG file; what lies far above the beginning is cut off.</summary>
    public string Draw(string title)
    {
        double[] rates = [.. Points.Select(p => p.Rate)];
        double top = 1.5 * Points[0].Smoothed;
        Series[] series =
        [
            new("loss of a step", rates, [.. Points.Select(p => p.Loss <= top ? p.Loss : double.NaN)]),
            new("smoothed", rates, [.. Points.Select(p => p.Smoothed <= top ? p.Smoothed : double.NaN)]),
            .. Suggestion is { } s
                ? [new Series(string.Create(CultureInfo.InvariantCulture, $"suggestion {s:G2}"), [s, s], [Lowest.Smoothed, Points[0].Smoothed])]
                : Array.Empty<Series>(),
        ];
        return FigureWriter.SvgFile(title, [new LinePlot("Range test", new("learning rate", Logarithmic: true), new("loss"), series)]);
    }
}
