using System.Globalization;

namespace ModelZoo.Statistics;

/// <summary>
/// How the error falls with the number of training pictures: floor + scale · pictures^(−exponent) (J. Hestness et al., "Deep learning scaling is predictable,
/// empirically", 2017; C. Cortes et al., "Learning curves: asymptotic values and rate of convergence", 1994).
/// </summary>
/// <param name="Floor">What no number of pictures takes away, 0 or more.</param>
/// <param name="Scale">Negative where the error grows.</param>
/// <param name="Exponent">In [0.1,1.5].</param>
public sealed record PowerLaw(double Floor, double Scale, double Exponent)
{
    private const double LeastExponent = 0.1, MostExponent = 1.5;
    private const int Exponents = 57;

    /// <summary>The error at a number of pictures, kept within [0,1].</summary>
    public double At(double pictures) => Math.Clamp(Floor + Scale * Math.Pow(pictures, -Exponent), 0, 1);

    /// <summary>The law with the least squared distances, each over the variance of an error rate that is so large.</summary>
    /// <param name="pictures">[S], at least three different numbers.</param>
    /// <param name="errors">[S], in [0,1].</param>
    /// <param name="tested">How many pictures an error was counted on.</param>
    public static PowerLaw Fit(IReadOnlyList<int> pictures, IReadOnlyList<double> errors, int tested)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(errors);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tested);
        if (pictures.Count != errors.Count || pictures.Distinct().Count() < 3)
        {
            throw new ArgumentException($"{errors.Count} errors at {pictures.Count} numbers of pictures; three different numbers or more are needed.",
                nameof(pictures));
        }

        double[] weights = [.. errors.Select(e => 1 / Math.Max(e * (1 - e), 0.5 / tested))];
        return Enumerable.Range(0, Exponents).Select(i => LeastExponent + (MostExponent - LeastExponent) * i / (Exponents - 1))
            .Select(exponent => Linear(pictures, errors, weights, exponent)).MinBy(fit => fit.Distance).Law;
    }

    // For one exponent floor and scale are a weighted regression line; a floor below 0 is put at 0.
    private static (PowerLaw Law, double Distance) Linear(IReadOnlyList<int> pictures, IReadOnlyList<double> errors, double[] weights, double exponent)
    {
        (double w, double x, double y, double xx, double xy) = (0, 0, 0, 0, 0);
        for (int i = 0; i < errors.Count; i++)
        {
            double at = Math.Pow(pictures[i], -exponent);
            (w, x, y) = (w + weights[i], x + weights[i] * at, y + weights[i] * errors[i]);
            (xx, xy) = (xx + weights[i] * at * at, xy + weights[i] * at * errors[i]);
        }

        double scale = (w * xy - x * y) / (w * xx - x * x), floor = (y - scale * x) / w;
        var law = floor < 0 ? new PowerLaw(0, xy / xx, exponent) : new PowerLaw(floor, scale, exponent);
        return (law, errors.Index().Sum(e => weights[e.Index] * Math.Pow(e.Item - (law.Floor + law.Scale * Math.Pow(pictures[e.Index], -exponent)), 2)));
    }
}

/// <summary>Trainings on parts of the pictures, and what more pictures would bring.</summary>
public sealed record LearningCurve
{
    /// <summary>[S], rising.</summary>
    public required IReadOnlyList<int> Pictures { get; init; }

    /// <summary>[S] the mean test error of the trainings of each size.</summary>
    public required IReadOnlyList<double> Errors { get; init; }

    /// <summary>[S] with 95 % confidence where that mean lies, other trainings and other test pictures being drawn.</summary>
    public required IReadOnlyList<Interval> ErrorIntervals { get; init; }

    /// <summary>Test pictures.</summary>
    public required int Tested { get; init; }

    /// <summary>The law that fits best.</summary>
    public required PowerLaw Law { get; init; }

    /// <summary>How many pictures the outlook is for: twice the most.</summary>
    public int Outlook => 2 * Pictures[^1];

    /// <summary>The error to be expected there.</summary>
    public required Interval OutlookError { get; init; }

    /// <summary>How much smaller it is than with all the pictures, by the law.</summary>
    public double Gain => Law.At(Pictures[^1]) - Law.At(Outlook);

    /// <summary>Where that lies, with 95 % confidence.</summary>
    public required Interval GainInterval { get; init; }

    /// <summary>Whether more pictures would help, and by how much, as a sentence.</summary>
    public string Sentence()
    {
        string points = string.Create(CultureInfo.InvariantCulture, $"{100 * Gain:+0.0;−0.0;0.0} points ({100 * GainInterval.Low:+0.0;−0.0;0.0} … ")
            + string.Create(CultureInfo.InvariantCulture, $"{100 * GainInterval.High:+0.0;−0.0;0.0} with 95 % confidence)");
        string twice = string.Create(CultureInfo.InvariantCulture, $"twice as many pictures ({Outlook:N0})");
        return GainInterval.Low > 0 ? $"More pictures would help: {twice} bring about {points}, if the error goes on falling as it did."
            : GainInterval.High < 0.005 ? $"More pictures of this kind would hardly help: {twice} bring about {points}."
            : $"It is not shown that more pictures would help: {twice} bring about {points}.";
    }

    /// <summary>
    /// Fits the law, and again to resamples: in each, the trainings of each size and the test pictures, the same ones for all sizes, are drawn with replacement
    /// (B. Efron 1979). The intervals hold what 95 % of the resamples give; they say nothing of a law that does not go on beyond the pictures there are.
    /// </summary>
    /// <param name="pictures">[S], rising, at least three.</param>
    /// <param name="hits">[S][trainings][N] whether each test picture was right.</param>
    /// <param name="seed">Decides the resamples.</param>
    /// <param name="resamples">How many.</param>
    public static LearningCurve Of(IReadOnlyList<int> pictures, IReadOnlyList<IReadOnlyList<IReadOnlyList<bool>>> hits, ulong seed = 0, int resamples = 1_000)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        ArgumentNullException.ThrowIfNull(hits);
        int tested = hits[0][0].Count, sizes = pictures.Count;
        double[] errors = [.. hits.Select(size => size.Average(training => training.Count(right => !right) / (double)tested))];
        var random = new SeededRandom(seed);
        var (drawn, outlooks, gains) = (new double[sizes][], new double[resamples], new double[resamples]);
        for (int s = 0; s < sizes; s++)
        {
            drawn[s] = new double[resamples];
        }

        for (int r = 0; r < resamples; r++)
        {
            int[] times = new int[tested];
            for (int i = 0; i < tested; i++)
            {
                times[random.Next(tested)]++;
            }

            for (int s = 0; s < sizes; s++)
            {
                int wrong = 0;
                for (int t = 0; t < hits[s].Count; t++)
                {
                    IReadOnlyList<bool> training = hits[s][random.Next(hits[s].Count)];
                    for (int i = 0; i < tested; i++)
                    {
                        wrong += training[i] ? 0 : times[i];
                    }
                }

                drawn[s][r] = (double)wrong / tested / hits[s].Count;
            }

            PowerLaw law = PowerLaw.Fit(pictures, [.. drawn.Select(d => d[r])], tested);
            (outlooks[r], gains[r]) = (law.At(2.0 * pictures[^1]), law.At(pictures[^1]) - law.At(2.0 * pictures[^1]));
        }

        return new()
        {
            Pictures = pictures,
            Errors = errors,
            ErrorIntervals = [.. drawn.Select(Middle)],
            Tested = tested,
            Law = PowerLaw.Fit(pictures, errors, tested),
            OutlookError = Middle(outlooks),
            GainInterval = Middle(gains),
        };
    }

    private static Interval Middle(double[] values)
    {
        double[] sorted = [.. values.Order()];
        double tail = (1 - Interval.Level) / 2;
        return new(sorted[(int)(tail * (sorted.Length - 1))], sorted[(int)Math.Ceiling((1 - tail) * (sorted.Length - 1))]);
    }
}
