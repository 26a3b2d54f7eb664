namespace ModelZoo.Statistics;

/// <summary>
/// Limits that hold without knowing any distribution (V. Vovk, A. Gammerman, G. Shafer, "Algorithmic learning in a random world", 2005; split conformal
/// prediction: H. Papadopoulos et al. 2002).
/// </summary>
public static class Conformal
{
    /// <summary>
    /// The limit that the score of a further example exceeds with probability at most <paramref name="rate"/>, if it comes from where the held-out ones come
    /// from (all are exchangeable): the ⌈(n + 1)(1 − rate)⌉-th smallest score. The probability is over the held-out examples and the further one together.
    /// </summary>
    /// <param name="scores">Of the held-out examples, by a rule that has not seen them.</param>
    /// <param name="rate">In (0,1).</param>
    /// <returns>Infinite where there are too few examples for such a rate: fewer than 1/rate − 1.</returns>
    public static double Limit(IReadOnlyList<double> scores, double rate)
    {
        ArgumentNullException.ThrowIfNull(scores);
        Distributions.CheckLevel(rate);
        int place = (int)Math.Ceiling((scores.Count + 1) * (1 - rate) - 1e-9);
        return place > scores.Count ? double.PositiveInfinity : scores.Order().ElementAt(place - 1);
    }
}

/// <summary>
/// The least certainty from which on answers keep an error rate: learn then test (A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan, L. Lei 2021), by
/// exact binomial tests.
/// </summary>
public static class SelectiveRisk
{
    /// <summary>
    /// Goes through thresholds from the strictest to the loosest and stops before the first that may err too often: for each, "the error rate on what is
    /// answered is above <paramref name="rate"/>" is tested on the held-out examples that it answers, where the errors are binomial. Since the order was fixed
    /// before they were looked at, the error rate at the threshold that is returned is above <paramref name="rate"/> with probability at most
    /// 1 − <paramref name="level"/>, however the rate depends on the threshold. That holds for examples from where the held-out ones come from, drawn
    /// independently, and for thresholds that were chosen without them.
    /// </summary>
    /// <param name="thresholds">In the order in which they are tested, strictest first; an example is answered where its certainty is at least that.</param>
    /// <param name="certainty">[N] of the held-out examples; negative for what is never answered.</param>
    /// <param name="right">[N] whether the answer is right.</param>
    /// <param name="rate">The promised error rate on what is answered, in (0,1).</param>
    /// <param name="level">The confidence of the promise.</param>
    /// <returns>Null where not even the first holds.</returns>
    public static double? Threshold(IReadOnlyList<double> thresholds, IReadOnlyList<double> certainty, IReadOnlyList<bool> right, double rate,
        double level = Interval.Level)
    {
        ArgumentNullException.ThrowIfNull(thresholds);
        ArgumentNullException.ThrowIfNull(certainty);
        ArgumentNullException.ThrowIfNull(right);
        Distributions.CheckLevel(rate);
        Distributions.CheckLevel(level);
        double? held = null;
        foreach (double threshold in thresholds)
        {
            (int answered, int errors) = (0, 0);
            for (int i = 0; i < certainty.Count; i++)
            {
                if (certainty[i] >= threshold)
                {
                    answered++;
                    errors += right[i] ? 0 : 1;
                }
            }

            if (Distributions.BinomialCumulative(errors, answered, rate) > 1 - level)
            {
                break;
            }

            held = threshold;
        }

        return held;
    }

    /// <summary>How many examples without an error show that the rate holds: ln(1 − level)/ln(1 − rate), 59 for 5 % and 95 % confidence.</summary>
    public static int Needed(double rate, double level = Interval.Level)
    {
        Distributions.CheckLevel(rate);
        Distributions.CheckLevel(level);
        return (int)Math.Ceiling(Math.Log(1 - level) / Math.Log(1 - rate));
    }
}
