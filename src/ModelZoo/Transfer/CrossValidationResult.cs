using System.Globalization;
using System.Text;
using ModelZoo.Statistics;
using ModelZoo.Training;

namespace ModelZoo.Transfer;

/// <summary>What a cross-validation found.</summary>
public sealed record CrossValidationResult
{
    /// <summary>The folds that were asked for.</summary>
    public required int Count { get; init; }

    /// <summary>What decided which picture is in which fold.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The classes.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>Those that are done, in their order.</summary>
    public required IReadOnlyList<FoldResult> Folds { get; init; }

    /// <summary>
    /// Where only heads were trained: how long the features of all pictures took to compute, when they were (it may have been an earlier run). Null where every
    /// step ran the whole model.
    /// </summary>
    public double? FeatureSeconds { get; init; }

    /// <summary>Whether it was stopped before all folds were done.</summary>
    public bool Interrupted { get; init; }

    /// <summary>The mean accuracy of the folds.</summary>
    public double MeanAccuracy => Folds.Select(f => f.Accuracy).DefaultIfEmpty(double.NaN).Average();

    /// <summary>
    /// Where the accuracy of such trainings lies, with 95 % confidence, by how the folds differ (<see cref="Interval.OfMean"/>, which says what it neglects),
    /// cut to 0 … 1; null of one fold.
    /// </summary>
    public Interval? MeanInterval =>
        Interval.OfMean([.. Folds.Select(f => f.Accuracy)]) is { } i ? new(Math.Max(0, i.Low), Math.Min(1, i.High)) : null;

    /// <summary>All pictures in the order of the data, each by the model that did not see it.</summary>
    public IReadOnlyList<OutOfFoldPrediction> Predictions => [.. Folds.SelectMany(f => f.Predictions).OrderBy(p => p.Place)];

    /// <summary>The share of all pictures that are right.</summary>
    public double Accuracy => Predictions is { Count: > 0 } all ? all.Average(p => p.IsRight ? 1.0 : 0) : double.NaN;

    /// <summary>The mean over the classes of the share that is right.</summary>
    public double BalancedAccuracy => Predictions is { Count: > 0 } all
        ? all.GroupBy(p => p.Label).Average(g => g.Average(p => p.IsRight ? 1.0 : 0))
        : double.NaN;

    /// <summary>
    /// Writes the predictions as CSV: file, label, fold (from 1), prediction, probability of the prediction, and a column p:class with the probability of each
    /// class.
    /// </summary>
    /// <exception cref="ZooException">It cannot be written.</exception>
    public void WriteCsv(string path)
    {
        var text = new StringBuilder();
        text.AppendJoin(',', ["file", "label", "fold", "prediction", "probability", .. ClassNames.Select(c => Cell($"p:{c}"))]).Append('\n');
        foreach (OutOfFoldPrediction p in Predictions)
        {
            string[] cells =
            [
                Cell(p.Name), Cell(ClassNames[p.Label]), (p.Fold + 1).ToString(CultureInfo.InvariantCulture), Cell(ClassNames[p.Prediction]),
                Number(p.Probabilities[p.Prediction]), .. p.Probabilities.Take(ClassNames.Count).Select(Number),
            ];
            text.AppendJoin(',', cells).Append('\n');
        }

        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text.ToString())));
    }

    private static string Number(float value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Cell(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 && text.Trim() == text ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

/// <summary>One fold.</summary>
/// <param name="Fold">From 0.</param>
/// <param name="Training">Of all pictures but its own.</param>
/// <param name="Predictions">Of its own.</param>
public sealed record FoldResult(int Fold, TrainingResult Training, IReadOnlyList<OutOfFoldPrediction> Predictions)
{
    /// <summary>The share that is right.</summary>
    public double Accuracy => Predictions.Count == 0 ? double.NaN : Predictions.Average(p => p.IsRight ? 1.0 : 0);

    /// <summary>Where that lies on all pictures like those, with 95 % confidence.</summary>
    public Interval AccuracyInterval => Interval.OfShare(Predictions.Count == 0 ? 0 : Accuracy, Predictions.Count);
}

/// <summary>A picture, judged by a model that was trained without it.</summary>
/// <param name="Place">In the data.</param>
/// <param name="Name">Its file.</param>
/// <param name="Label">What it is said to be.</param>
/// <param name="Fold">From 0.</param>
/// <param name="Probabilities">[K].</param>
public sealed record OutOfFoldPrediction(int Place, string Name, int Label, int Fold, IReadOnlyList<float> Probabilities)
{
    /// <summary>The most probable class.</summary>
    public int Prediction { get; } = Probabilities.Index().MaxBy(p => p.Item).Index;

    /// <summary>Whether that is the label.</summary>
    public bool IsRight => Prediction == Label;
}
