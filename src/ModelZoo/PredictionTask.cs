namespace ModelZoo;

/// <summary>What is to be predicted of an image.</summary>
public enum TaskKind
{
    /// <summary>One class of several.</summary>
    Classes,

    /// <summary>Any number of labels, each there or not.</summary>
    MultiLabel,

    /// <summary>A number.</summary>
    Regression,
}

/// <summary>What a network's outputs [N,K] mean: a checkpoint keeps it beside the labels.</summary>
public sealed record PredictionTask
{
    /// <summary>Logits of one class of several: their softmax is the probabilities.</summary>
    public static PredictionTask Classes { get; } = new();

    /// <summary>Which of the three.</summary>
    public TaskKind Kind { get; init; }

    /// <summary>Of several labels: the probability (the sigmoid of the logit) from which on each is there, in (0,1); none: 0.5 for all.</summary>
    public IReadOnlyList<double> Thresholds { get; init; } = [];

    /// <summary>Of a number: output · Scale + Offset; the mean of what it was trained on.</summary>
    public double Offset { get; init; }

    /// <summary>Of a number: its standard deviation in what it was trained on.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>What is measured: "accuracy", "mean average precision" or "R²".</summary>
    public string Metric => Kind switch
    {
        TaskKind.MultiLabel => "mean average precision",
        TaskKind.Regression => "R²",
        _ => "accuracy",
    };

    /// <summary>What a checkpoint calls the figure that was measured of it.</summary>
    public string MeasuredKey => Kind switch
    {
        TaskKind.MultiLabel => "testMeanAveragePrecision",
        TaskKind.Regression => "testR2",
        _ => "testAccuracy",
    };

    /// <summary>The probability from which on a label is there.</summary>
    public double ThresholdOf(int label) => Thresholds.Count > 0 ? Thresholds[label] : 0.5;

    /// <summary>Checks what a file says.</summary>
    /// <param name="labels">How many there are.</param>
    /// <returns>What is wrong; null for nothing.</returns>
    public string? Fault(int labels) =>
        Thresholds.Count > 0 && (Kind != TaskKind.MultiLabel || Thresholds.Count != labels) ? $"has {Thresholds.Count} thresholds for {labels} labels"
        : Thresholds.Any(t => t is not (> 0 and < 1)) ? "has a threshold outside 0 … 1"
        : Kind == TaskKind.Regression && labels != 1 ? $"predicts a number and has {labels} names for it"
        : !double.IsFinite(Offset) || !double.IsFinite(Scale) || Scale <= 0 ? "has an impossible scale of its number"
        : null;
}

/// <summary>
/// What is to be predicted of images, where that is not one class: for each image a row of as many values as the network has outputs. In data that have such a
/// table, the label of an image is its row.
/// </summary>
/// <param name="Task">Several labels or a number.</param>
/// <param name="Columns">K: labels, or 1.</param>
/// <param name="Values">[rows,K], row by row: 1 for a label that is there and 0 for one that is not, or the number.</param>
public sealed record TargetTable(PredictionTask Task, int Columns, ReadOnlyMemory<float> Values)
{
    /// <summary>The values of an image.</summary>
    public ReadOnlySpan<float> Row(int row) => Values.Span.Slice(row * Columns, Columns);
}
