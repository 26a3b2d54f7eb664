using ModelZoo.Plots;

namespace ModelZoo.Training.Runs;

/// <summary>curves.svg: loss, accuracy and learning rate over the epochs, one above the other.</summary>
internal static class Curves
{
    /// <param name="epochs">At least one.</param>
    /// <param name="title">What was trained.</param>
    public static string Draw(IReadOnlyList<EpochResult> epochs, string title)
    {
        double[] x = [.. epochs.Select(e => (double)e.Epoch)], rates = [.. epochs.Select(e => e.LearningRate).Where(r => r > 0)];
        var rateAxis = new Axis("learning rate", Logarithmic: rates.Length > 0 && rates.Max() / rates.Min() > 5);
        LinePlot[] plots =
        [
            Of("Loss", new("loss"), ("training", e => e.Loss), ("test", e => e.TestLoss)),
            Of("Accuracy", new("accuracy", "%"), ("training", e => 100 * e.TrainAccuracy), ("test", e => 100 * e.TestAccuracy)),
            Of("Learning rate", rateAxis, ("of the epoch's last step", e => e.LearningRate > 0 ? e.LearningRate : null)),
        ];
        return FigureWriter.SvgFile(title, [.. plots.Where(p => p.Series.Count > 0)]);

        LinePlot Of(string name, Axis y, params (string Name, Func<EpochResult, double?> Value)[] lines) =>
            new(name, new("epoch"), y, [.. lines.Where(l => epochs.Any(e => l.Value(e) is { } v && double.IsFinite(v)))
                .Select(l => new Series(l.Name, x, [.. epochs.Select(e => l.Value(e) ?? double.NaN)]))]);
    }
}
