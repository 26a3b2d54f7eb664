namespace ModelZoo.Training;

/// <summary>How one class was recognised.</summary>
/// <param name="Name">The class.</param>
/// <param name="Count">Examples of it.</param>
/// <param name="Precision">Of those called so, the share that were; 0 where none was called so.</param>
/// <param name="Recall">Of those that were, the share called so; 0 where there are none.</param>
public sealed record ClassResult(string Name, int Count, double Precision, double Recall)
{
    /// <summary>The harmonic mean of precision and recall; 0 where both are.</summary>
    public double F1 => Precision + Recall == 0 ? 0 : 2 * Precision * Recall / (Precision + Recall);
}

#pragma warning disable CA1814 // A confusion matrix is square.

/// <summary>How well a model does on labelled examples.</summary>
public sealed record EvaluationResult
{
    /// <summary>Examples.</summary>
    public required int Count { get; init; }

    /// <summary>The share whose largest logit is the label, in [0,1].</summary>
    public required double Accuracy { get; init; }

    /// <summary>How many of the largest logits <see cref="TopAccuracy"/> looks at; as many as there are, where that is fewer.</summary>
    public required int Top { get; init; }

    /// <summary>The share whose label is among the <see cref="Top"/> largest logits, in [0,1].</summary>
    public required double TopAccuracy { get; init; }

    /// <summary>The mean cross entropy, in nats.</summary>
    public required double Loss { get; init; }

    /// <summary>[label, prediction]: how many examples.</summary>
    public required int[,] Confusion { get; init; }

    /// <summary>In the order of the labels.</summary>
    public required IReadOnlyList<ClassResult> Classes { get; init; }

    /// <summary>The mean of the classes' F1, each class counting alike.</summary>
    public double MeanF1 => Classes.Count == 0 ? 0 : Classes.Average(c => c.F1);

    /// <summary>Wall time.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>[label, prediction]: the share of the label's examples, so that each row adds up to 1; a row of zeros where there are none.</summary>
    public double[,] NormalizedConfusion()
    {
        var shares = new double[Confusion.GetLength(0), Confusion.GetLength(1)];
        for (int label = 0; label < shares.GetLength(0); label++)
        {
            int count = Enumerable.Range(0, shares.GetLength(1)).Sum(p => Confusion[label, p]);
            for (int p = 0; p < shares.GetLength(1); p++)
            {
                shares[label, p] = count == 0 ? 0 : (double)Confusion[label, p] / count;
            }
        }

        return shares;
    }
}
