namespace ModelZoo.Training;

/// <summary>How one class was recognised.</summary>
/// <param name="Name">The class.</param>
/// <param name="Count">Examples of it.</param>
/// <param name="Precision">Of those called so, the share that were; 0 where none was called so.</param>
/// <param name="Recall">Of those that were, the share called so; 0 where there are none.</param>
public sealed record ClassResult(string Name, int Count, double Precision, double Recall);

/// <summary>How well a model does on labelled examples.</summary>
public sealed record EvaluationResult
{
    /// <summary>Examples.</summary>
    public required int Count { get; init; }

    /// <summary>The share whose largest logit is the label, in [0,1].</summary>
    public required double Accuracy { get; init; }

    /// <summary>The mean cross entropy, in nats.</summary>
    public required double Loss { get; init; }

    /// <summary>[label, prediction]: how many examples.</summary>
#pragma warning disable CA1814 // A confusion matrix is square.
    public required int[,] Confusion { get; init; }
#pragma warning restore CA1814

    /// <summary>In the order of the labels.</summary>
    public required IReadOnlyList<ClassResult> Classes { get; init; }

    /// <summary>Wall time.</summary>
    public required TimeSpan Elapsed { get; init; }
}
