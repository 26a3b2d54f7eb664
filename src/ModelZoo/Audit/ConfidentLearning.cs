namespace ModelZoo.Audit;

/// <summary>
/// Which labels of a data set are probably wrong, from probabilities that no example had a part in (C. G. Northcutt, L. Jiang, I. L. Chuang, "Confident
/// learning: estimating uncertainty in dataset labels", Journal of Artificial Intelligence Research 70, 2021).
/// </summary>
public sealed record ConfidentLearning
{
    /// <summary>t_j [K]: the mean probability of a class among the examples with its label; an example counts confidently to a class from there on. Not a
    /// number where no example has the label.</summary>
    public required IReadOnlyList<double> Thresholds { get; init; }

    /// <summary>The confident joint [K][K]: how many examples with the label of the row count confidently to the class of the column.</summary>
    public required IReadOnlyList<IReadOnlyList<int>> Joint { get; init; }

    /// <summary>[K][K]: how many of all examples have the label of the row and really are of the class of the column, by estimate: each row of the joint made
    /// to add up to the examples with its label.</summary>
    public required IReadOnlyList<IReadOnlyList<double>> Estimate { get; init; }

    /// <summary>[N]: the class that each example counts confidently to; −1 for none.</summary>
    public required IReadOnlyList<int> Confident { get; init; }

    /// <summary>Estimates from probabilities.</summary>
    /// <param name="probabilities">[N,K], row by row; of each example from a model that has not seen it.</param>
    /// <param name="labels">[N], each in 0 … K − 1.</param>
    /// <param name="classes">K.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together.</exception>
    public static ConfidentLearning Of(ReadOnlySpan<double> probabilities, ReadOnlySpan<int> labels, int classes)
    {
        Check(probabilities, labels, classes);
        double[] thresholds = new double[classes];
        int[] counts = new int[classes];
        for (int i = 0; i < labels.Length; i++)
        {
            thresholds[labels[i]] += probabilities[(i * classes) + labels[i]];
            counts[labels[i]]++;
        }

        for (int j = 0; j < classes; j++)
        {
            thresholds[j] /= counts[j];
        }

        var confident = new int[labels.Length];
        int[][] joint = [.. counts.Select(_ => new int[classes])];
        for (int i = 0; i < labels.Length; i++)
        {
            confident[i] = ConfidentClass(probabilities.Slice(i * classes, classes), thresholds);
            if (confident[i] >= 0)
            {
                joint[labels[i]][confident[i]]++;
            }
        }

        // Where no example of a label is confident, its labels are taken as they are.
        double[][] estimate = [.. joint.Select((row, i) => row.Sum() is var sum && sum > 0
            ? row.Select(n => (double)n / sum * counts[i]).ToArray()
            : [.. Enumerable.Range(0, classes).Select(j => i == j ? (double)counts[i] : 0)])];
        return new() { Thresholds = thresholds, Joint = joint, Estimate = estimate, Confident = confident };
    }

    /// <summary>The examples whose labels are probably wrong, the worst first: by the normalized margin, then by their place.</summary>
    /// <param name="probabilities">The same as before.</param>
    /// <param name="labels">The same as before.</param>
    /// <param name="cut">Which.</param>
    public int[] Wrong(ReadOnlySpan<double> probabilities, ReadOnlySpan<int> labels, ConfidentCut cut = ConfidentCut.Ranked)
    {
        int classes = Thresholds.Count;
        Check(probabilities, labels, classes);
        var wrong = new bool[labels.Length];
        double[] margins = new double[labels.Length], own = new double[labels.Length];
        for (int i = 0; i < labels.Length; i++)
        {
            ReadOnlySpan<double> row = probabilities.Slice(i * classes, classes);
            (margins[i], own[i]) = (Margin(row, labels[i]), row[labels[i]]);
            wrong[i] = Confident[i] >= 0 && Confident[i] != labels[i];
        }

        if (cut == ConfidentCut.Ranked)
        {
            int count = wrong.Count(w => w);
            Array.Clear(wrong);
            foreach (int i in Enumerable.Range(0, wrong.Length).OrderBy(i => own[i]).Take(count))
            {
                wrong[i] = true;
            }
        }
        else if (cut != ConfidentCut.Confident)
        {
            bool[] byRate = cut == ConfidentCut.ByClass ? [] : ByNoiseRate(probabilities, labels);
            bool[] byClass = cut == ConfidentCut.ByNoiseRate ? [] : ByClass(labels, own);
            for (int i = 0; i < wrong.Length; i++)
            {
                wrong[i] = (byRate.Length == 0 || byRate[i]) && (byClass.Length == 0 || byClass[i]);
            }
        }

        return [.. Enumerable.Range(0, wrong.Length).Where(i => wrong[i]).OrderBy(i => margins[i]).ThenBy(i => i)];
    }

    /// <summary>The normalized margin: the probability of the label less the largest other one, in [−1,1].</summary>
    /// <param name="row">[K].</param>
    /// <param name="label">The label.</param>
    public static double Margin(ReadOnlySpan<double> row, int label)
    {
        double other = double.NegativeInfinity;
        for (int j = 0; j < row.Length; j++)
        {
            other = j == label ? other : Math.Max(other, row[j]);
        }

        return row.Length < 2 ? row[label] : row[label] - other;
    }

    // Of the classes whose threshold is reached, the likeliest.
    private static int ConfidentClass(ReadOnlySpan<double> row, double[] thresholds)
    {
        int best = -1;
        for (int j = 0; j < row.Length; j++)
        {
            best = row[j] >= thresholds[j] && (best < 0 || row[j] > row[best]) ? j : best;
        }

        return best;
    }

    // Of each label i and other class j as many as the estimate says, those whose probability of j exceeds that of i the most.
    private bool[] ByNoiseRate(ReadOnlySpan<double> probabilities, ReadOnlySpan<int> labels)
    {
        int classes = Thresholds.Count;
        var chosen = new bool[labels.Length];
        for (int label = 0; label < classes; label++)
        {
            int[] own = Having(labels, label);
            for (int j = 0; j < classes; j++)
            {
                if (j == label)
                {
                    continue;
                }

                double[] excess = new double[own.Length];
                for (int e = 0; e < own.Length; e++)
                {
                    excess[e] = probabilities[(own[e] * classes) + j] - probabilities[(own[e] * classes) + label];
                }

                foreach (int e in Enumerable.Range(0, own.Length).OrderByDescending(e => excess[e]).Take(Whole(Estimate[label][j])))
                {
                    chosen[own[e]] = true;
                }
            }
        }

        return chosen;
    }

    // Of each label as many as the estimate says, those least probably of it.
    private bool[] ByClass(ReadOnlySpan<int> labels, double[] own)
    {
        var chosen = new bool[labels.Length];
        for (int label = 0; label < Thresholds.Count; label++)
        {
            int[] having = Having(labels, label);
            foreach (int i in having.OrderBy(i => own[i]).Take(Whole(having.Length - Estimate[label][label])))
            {
                chosen[i] = true;
            }
        }

        return chosen;
    }

    private static int Whole(double count) => (int)Math.Round(count, MidpointRounding.AwayFromZero);

    private static int[] Having(ReadOnlySpan<int> labels, int label)
    {
        List<int> having = [];
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] == label)
            {
                having.Add(i);
            }
        }

        return [.. having];
    }

    private static void Check(ReadOnlySpan<double> probabilities, ReadOnlySpan<int> labels, int classes)
    {
        if (classes < 1 || probabilities.Length != (long)labels.Length * classes)
        {
            throw new ArgumentException($"{probabilities.Length} probabilities are not those of {labels.Length} examples and {classes} classes.");
        }

        foreach (int label in labels)
        {
            if (label < 0 || label >= classes)
            {
                throw new ArgumentException($"The label {label} is outside 0 … {classes - 1}.", nameof(labels));
            }
        }
    }
}

/// <summary>Where confident learning draws the line (section 3.2 of the paper, but for the first, which is better by measurement: docs/audit.md).</summary>
public enum ConfidentCut
{
    /// <summary>As many as are off the diagonal of the confident joint; those that are least probably of their label.</summary>
    Ranked,

    /// <summary>Off the diagonal of the confident joint: those that count confidently to another class than their label's.</summary>
    Confident,

    /// <summary>For each label and other class, as many as the estimate says ("prune by noise rate").</summary>
    ByNoiseRate,

    /// <summary>For each label, as many as the estimate says ("prune by class").</summary>
    ByClass,

    /// <summary>Those that both of the latter find.</summary>
    Both,
}
