namespace ModelZoo.Statistics;

/// <summary>
/// One number by which all logits are divided, so that a probability of 90 % is right nine times of ten (C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On
/// calibration of modern neural networks", 2017). The order of the classes stays, and so does the accuracy.
/// </summary>
public static class Temperature
{
    /// <summary>The least that is fitted: where every held-out example is right, any certainty would do.</summary>
    public const double Least = 0.05;

    /// <summary>The most.</summary>
    public const double Most = 20;

    /// <summary>
    /// The temperature with the least mean cross entropy on examples that the network was not trained on: by Newton's method on its inverse, in which the loss
    /// is convex, held between bounds.
    /// </summary>
    /// <param name="logits">[N,K], row by row.</param>
    /// <param name="labels">[N].</param>
    /// <returns>In <see cref="Least"/> … <see cref="Most"/>.</returns>
    /// <exception cref="ArgumentException">There are no examples, or the lengths do not fit together.</exception>
    public static double Fit(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels)
    {
        int classes = Classes(logits.Length, labels.Length);
        double low = 1 / Most, high = 1 / Least, inverse = 1;
        if (Slope(logits, labels, classes, high).First <= 0)
        {
            return Least;
        }

        if (Slope(logits, labels, classes, low).First >= 0)
        {
            return Most;
        }

        for (int i = 0; i < 100 && high - low > 1e-14 * high; i++)
        {
            (double first, double second) = Slope(logits, labels, classes, inverse);
            (low, high) = first < 0 ? (inverse, high) : (low, inverse);
            double next = inverse - first / second;
            double taken = next > low && next < high ? next : (low + high) / 2;
            if (Math.Abs(taken - inverse) <= 1e-15 * inverse)
            {
                break;
            }

            inverse = taken;
        }

        return 1 / inverse;
    }

    /// <summary>Probabilities [K] of logits: their softmax after division by a temperature, in double.</summary>
    /// <param name="logits">[K].</param>
    /// <param name="temperature">Positive.</param>
    /// <param name="probabilities">[K], written.</param>
    public static void Softmax(ReadOnlySpan<float> logits, double temperature, Span<double> probabilities)
    {
        double largest = double.NegativeInfinity, sum = 0;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        for (int c = 0; c < logits.Length; c++)
        {
            sum += probabilities[c] = Math.Exp((logits[c] - largest) / temperature);
        }

        for (int c = 0; c < logits.Length; c++)
        {
            probabilities[c] /= sum;
        }
    }

    /// <summary>The mean cross entropy at a temperature, in nats.</summary>
    /// <param name="logits">[N,K], row by row.</param>
    /// <param name="labels">[N].</param>
    /// <param name="temperature">Positive.</param>
    public static double Loss(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, double temperature)
    {
        int classes = Classes(logits.Length, labels.Length);
        double loss = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<float> row = logits.Slice(i * classes, classes);
            double largest = double.NegativeInfinity, sum = 0;
            foreach (float logit in row)
            {
                largest = Math.Max(largest, logit);
            }

            foreach (float logit in row)
            {
                sum += Math.Exp((logit - largest) / temperature);
            }

            loss += Math.Log(sum) - (row[labels[i]] - largest) / temperature;
        }

        return loss / labels.Length;
    }

    // First and second derivative of the mean cross entropy by 1/T: E[z] − z_y and Var[z], by the probabilities there.
    private static (double First, double Second) Slope(ReadOnlySpan<float> logits, ReadOnlySpan<int> labels, int classes, double inverse)
    {
        double first = 0, second = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<float> row = logits.Slice(i * classes, classes);
            double largest = double.NegativeInfinity, sum = 0, mean = 0, square = 0;
            foreach (float logit in row)
            {
                largest = Math.Max(largest, logit);
            }

            foreach (float logit in row)
            {
                double below = logit - largest, weight = Math.Exp(inverse * below);
                sum += weight;
                mean += weight * below;
                square += weight * below * below;
            }

            mean /= sum;
            first += mean - (row[labels[i]] - largest);
            second += square / sum - mean * mean;
        }

        return (first / labels.Length, Math.Max(second / labels.Length, 1e-300));
    }

    private static int Classes(int values, int examples) => examples > 0 && values > 0 && values % examples == 0
        ? values / examples
        : throw new ArgumentException($"{values} logits for {examples} examples.");
}
