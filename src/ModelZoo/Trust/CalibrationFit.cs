using ModelZoo.Statistics;

namespace ModelZoo.Trust;

/// <summary>What is asked of a calibration.</summary>
public sealed record CalibrationOptions
{
    /// <summary>The most errors among the answers, in (0,1).</summary>
    public double ErrorRate { get; init; } = 0.05;

    /// <summary>How many pictures like the held-out ones may count as unlike the training pictures, in (0,1); 0: none, so that nothing is looked at.</summary>
    public double UnlikeRate { get; init; } = 0.05;

    /// <summary>Decides which of the held-out pictures are for what, and which training pictures are kept.</summary>
    public ulong Seed { get; init; }

    /// <summary>What the held-out pictures are called.</summary>
    public string Data { get; init; } = "";

    /// <summary>What those are known again by.</summary>
    public PictureSketch? HeldOut { get; init; }
}

/// <summary>What a network made of held-out pictures.</summary>
/// <param name="Logits">[N,K], row by row.</param>
/// <param name="Labels">[N].</param>
/// <param name="Distances">[N] from the training pictures; null where they are not looked at.</param>
public sealed record HeldOut(ReadOnlyMemory<float> Logits, IReadOnlyList<int> Labels, IReadOnlyList<double>? Distances = null)
{
    internal int Classes => Logits.Length / Labels.Count;

    internal ReadOnlySpan<float> Row(int index) => Logits.Span.Slice(index * Classes, Classes);

    /// <summary>Some of them, in this order.</summary>
    public HeldOut Subset(IReadOnlyList<int> chosen)
    {
        ArgumentNullException.ThrowIfNull(chosen);
        var logits = new float[chosen.Count * Classes];
        for (int i = 0; i < chosen.Count; i++)
        {
            Row(chosen[i]).CopyTo(logits.AsSpan(i * Classes));
        }

        return new(logits, [.. chosen.Select(i => Labels[i])], Distances is { } far ? [.. chosen.Select(i => far[i])] : null);
    }
}

/// <summary>Makes a <see cref="Calibration"/> of held-out pictures.</summary>
public static class CalibrationFit
{
    private const double FirstShare = 1.0 / 3; // for the temperature, the order of the thresholds and the distance: each is one number
    private const int Neighbors = 5;
    private const int Steps = 200;

    /// <summary>
    /// Divides the held-out pictures by the seed. A third decides temperature, distance and which thresholds are tried; on the rest, which the rule has not
    /// seen, the thresholds are tested. So each promise holds by itself: P(the true class is in the set) ≥ 1 − error rate, and, with 95 % confidence, at most
    /// the error rate of the answers wrong; both for pictures from where the held-out ones come from.
    /// </summary>
    /// <param name="heldOut">Pictures that the network was not trained on.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="neighbors">Of the training pictures, without its limit; null where they are not looked at.</param>
    /// <exception cref="ZooException">There are too few pictures for the error rate, or no threshold keeps it.</exception>
    public static Calibration Of(HeldOut heldOut, CalibrationOptions options, FeatureNeighbors? neighbors = null)
    {
        ArgumentNullException.ThrowIfNull(heldOut);
        ArgumentNullException.ThrowIfNull(options);
        int[] order = [.. Enumerable.Range(0, heldOut.Labels.Count)];
        new SeededRandom(options.Seed).Shuffle<int>(order);
        int[] first = order[..(int)(order.Length * FirstShare)], second = order[first.Length..];
        int needed = SelectiveRisk.Needed(options.ErrorRate);
        if (second.Length < needed || first.Length < 2)
        {
            throw new ZooException($"{options.Data}: {order.Length} held-out pictures cannot show that at most {Share(options.ErrorRate)} of the answers are "
                + $"wrong: {(int)Math.Ceiling(Math.Max(needed / (1 - FirstShare), 6))} or more are needed, or a larger --error-rate.");
        }

        HeldOut fitted = heldOut.Subset(first);
        double temperature = Temperature.Fit(fitted.Logits.Span, [.. fitted.Labels]);
        double rate = Math.Max(options.UnlikeRate, 1.0 / (first.Length + 1)); // fewer pictures cannot show less
        double limit = neighbors is null || heldOut.Distances is null ? double.PositiveInfinity
            : Conformal.Limit([.. first.Select(i => heldOut.Distances[i])], rate);
        neighbors = double.IsFinite(limit) ? neighbors! with { Limit = limit, Rate = rate } : null;
        (double[] seenBefore, bool[] _) = Answers(heldOut, first, temperature, limit);
        (double[] certainty, bool[] right) = Answers(heldOut, second, temperature, limit);
        double threshold = SelectiveRisk.Threshold(Thresholds(seenBefore, second.Length, options.ErrorRate), certainty, right, options.ErrorRate)
            ?? throw new ZooException($"{options.Data}: no threshold keeps the error rate of {Share(options.ErrorRate)} with 95 % confidence: "
                + $"{Share((double)right.Count(r => r) / right.Length)} of {right.Length} held-out answers are right. Hold out more pictures, or ask for a "
                + "larger --error-rate.");
        bool[] answered = [.. certainty.Select(c => c >= threshold)];
        int answers = answered.Count(a => a);
        (double[] raw, bool[] _) = Answers(heldOut, second, 1, double.PositiveInfinity);
        (double[] scaled, bool[] _) = Answers(heldOut, second, temperature, double.PositiveInfinity);
        return new()
        {
            Temperature = temperature,
            ErrorRate = options.ErrorRate,
            LeastProbability = threshold,
            SetProbability = Math.Max(0, 1 - Conformal.Limit([.. second.Select(i => 1 - ProbabilityOf(heldOut, i, heldOut.Labels[i], temperature))],
                options.ErrorRate)),
            Features = neighbors,
            Data = options.Data,
            Pictures = order.Length,
            HeldOut = options.HeldOut,
            Answered = (double)answers / second.Length,
            Wrong = answers == 0 ? 0 : (double)answered.Zip(right, (a, r) => a && !r).Count(wrong => wrong) / answers,
            CalibrationErrorBefore = Certainty.CalibrationError(raw, right),
            CalibrationErrorAfter = Certainty.CalibrationError(scaled, right),
        };
    }

    /// <summary>The features of training pictures as a calibration keeps them; its limit comes from held-out ones.</summary>
    /// <param name="features">[N,D], row by row.</param>
    /// <param name="dimensions">D.</param>
    /// <param name="options">What is asked.</param>
    internal static FeatureNeighbors Keep(ReadOnlySpan<float> features, int dimensions, CalibrationOptions options) => new()
    {
        Dimensions = dimensions,
        Pictures = features.Length / dimensions,
        Neighbors = Math.Min(Neighbors, features.Length / dimensions),
        Directions = FeatureNeighbors.Pack(features, dimensions),
        Limit = 2,
        Rate = options.UnlikeRate,
    };

    // Certainties of the first part, from the one that the second part will most probably confirm, if the certainties there are right, down to none at all.
    // Where they are not, less is answered; the promise does not depend on it.
    private static double[] Thresholds(double[] seen, int tested, double rate)
    {
        double[] falling = [.. seen.Where(c => c >= 0).OrderDescending()];
        double[] tried = [.. Enumerable.Range(1, Steps).Select(step => (int)((long)step * falling.Length / Steps)).Where(place => place > 0).Distinct()
            .Select(place => falling[place - 1])];
        if (tried.Length == 0)
        {
            return [];
        }

        int first = Enumerable.Range(0, tried.Length).MinBy(t => Confirmed(tried[t]));
        return [.. tried.Skip(first).Append(0).Distinct()];

        // The p-value to be expected.
        double Confirmed(double threshold)
        {
            double[] answered = [.. falling.TakeWhile(c => c >= threshold)];
            double tries = (double)answered.Length / seen.Length * tested, errors = tries * (1 - answered.Average());
            return Distributions.IncompleteBeta(tries - errors, errors + 1, 1 - rate);
        }
    }

    // The probability of each answer, −1 for pictures of something else, and whether it is right.
    private static (double[] Certainty, bool[] Right) Answers(HeldOut heldOut, int[] chosen, double temperature, double limit)
    {
        var (certainty, right) = (new double[chosen.Length], new bool[chosen.Length]);
        for (int i = 0; i < chosen.Length; i++)
        {
            int likeliest = Likeliest(heldOut.Row(chosen[i]));
            certainty[i] = heldOut.Distances is { } far && !(far[chosen[i]] <= limit) ? -1 : ProbabilityOf(heldOut, chosen[i], likeliest, temperature);
            right[i] = likeliest == heldOut.Labels[chosen[i]];
        }

        return (certainty, right);
    }

    private static double ProbabilityOf(HeldOut heldOut, int index, int label, double temperature)
    {
        var probabilities = new double[heldOut.Classes];
        Temperature.Softmax(heldOut.Row(index), temperature, probabilities);
        return probabilities[label];
    }

    private static int Likeliest(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int c = 1; c < logits.Length; c++)
        {
            best = logits[c] > logits[best] ? c : best;
        }

        return best;
    }

    private static string Share(double share) => (100 * share).ToString("0.##", System.Globalization.CultureInfo.InvariantCulture) + " %";
}
