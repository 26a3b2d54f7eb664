using System.Globalization;
using ModelZoo.Plots;
using ModelZoo.Statistics;
using static ModelZoo.Plots.Markup;

namespace ModelZoo.Experiments.Comparing;

/// <summary>The tables of a comparison, a row a model: for the page, and for terminals of 100 columns.</summary>
public static class ComparisonTables
{
    private const int MostName = 17;

    /// <summary>Parameters, MACs, depth, receptive field, weights, activations.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="narrow">Whether it has to fit 100 columns.</param>
    public static TableFigure Size(ModelComparison comparison, bool narrow = false)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return narrow
            ? new("Size and cost", ["model", ">parameters", ">MACs", ">depth", ">field", ">weights", ">outputs", ">at once"],
                [.. comparison.Models.Select(m => (string[])[Short(m.Name), Count(m.Profile.Parameters), Macs(m.Profile.Macs), $"{m.Profile.Depth}",
                    Pixels(m.Profile.ReceptiveField), Bytes(m.Profile.WeightsBytes), Bytes(m.Profile.ActivationBytes), Bytes(m.Profile.PeakActivationBytes)])])
            : new("Size and cost per image", ["model", "input", ">parameters", ">MACs", ">depth", ">receptive field", ">weights", ">all outputs",
                ">outputs at once"],
                [.. comparison.Models.Select(m => (string[])[m.Name, Shape(m.Profile.Input), Count(m.Profile.Parameters), Count(m.Profile.Macs),
                    $"{m.Profile.Depth}", $"{Pixels(m.Profile.ReceptiveField)} px", Bytes(m.Profile.WeightsBytes), Bytes(m.Profile.ActivationBytes),
                    Bytes(m.Profile.PeakActivationBytes)])]);
    }

    /// <summary>Times and memory; null where nothing was timed.</summary>
    public static TableFigure? Time(ModelComparison comparison, bool narrow = false)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        if (comparison.Timing is not { } t)
        {
            return null;
        }

        (ComparedModel Model, ModelTiming Timing)[] timed = [.. comparison.Models.Where(m => m.Timing is not null).Select(m => (m, m.Timing!))];
        return narrow
            ? new($"Time and memory, batch {t.Batch}", ["model", ">forward, ms/image", ">training, ms/image", ">memory", ">in training"],
                [.. timed.Select(m => (string[])[Short(m.Model.Name), Milliseconds(m.Timing.ForwardMilliseconds), Milliseconds(m.Timing.TrainingMilliseconds),
                    Bytes(m.Timing.ForwardPeakBytes), Bytes(m.Timing.TrainingPeakBytes)])])
            : new($"Time and memory at batch {t.Batch}: median of {t.Rounds} rounds (least – greatest)",
                ["model", ">forward, ms/image", ">training step, ms/image", ">GMAC/s forward", ">peak memory, forward", ">peak memory, training step"],
                [.. timed.Select(m => (string[])[m.Model.Name, Milliseconds(m.Timing.ForwardMilliseconds), Milliseconds(m.Timing.TrainingMilliseconds),
                    Number(m.Model.Profile.Macs / m.Timing.ForwardMilliseconds.Median / 1e6), Bytes(m.Timing.ForwardPeakBytes),
                    Bytes(m.Timing.TrainingPeakBytes)])]);
    }

    /// <summary>Accuracies with their data and who says so; null where there are none.</summary>
    public static TableFigure? Accuracies(ModelComparison comparison, bool narrow = false)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        string[][] rows = [.. comparison.Models.SelectMany(m => m.Measured.Concat(m.Published).Select(a =>
            (string[])[narrow ? Short(m.Name) : m.Name, a.Data, Percent(a.Top1) + (a.Top1Interval is { } i ? $" ({i.Percent()})" : ""), Percent(a.Top5),
                a.Source]))];
        return rows.Length == 0 ? null : new("Accuracy of trained weights", ["model", "data", ">top-1", ">top-5", "who says so"], rows);
    }

    /// <summary>What training within the budget came to; null where nothing was trained.</summary>
    public static TableFigure? Training(ModelComparison comparison, bool narrow = false)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return comparison.Training is not { } t ? null
            : new($"Trained here: {t.BudgetInWords} on {t.TrainData}, {t.Seeds.Count} seed{(t.Seeds.Count == 1 ? "" : "s")}",
                ["model", ">test accuracy", ">95 % confidence", narrow
                ? ">least – greatest"
                : ">least – greatest over seeds", ">training accuracy", ">epochs", narrow
                ? ">seconds"
                : ">seconds of training"],
                [.. comparison.Models.Where(m => m.Trained is not null).Select(m => (string[])
                [
                    narrow ? Short(m.Name) : m.Name,
                    PlusMinus(m.Trained!.TestAccuracy),
                    Confidence(m.Trained.TestAccuracy, t.TestImages),
                    m.Trained.TestAccuracy is { } test ? $"{Percent(test.Min)} – {Percent(test.Max)}" : "no training came to its end",
                    PlusMinus(m.Trained.TrainAccuracy),
                    string.Join(", ", m.Trained.Runs.Where(r => r.Points.Count > 0).Select(r => r.Points[^1].Epoch).Distinct().Order()),
                    m.Trained.Seconds is { } s ? Number(s.Mean) : "",
                ])]);
    }

    /// <summary>"553.4 MB" (10⁶ bytes), "246.8 kB"; empty where not known.</summary>
    public static string Bytes(long? bytes) => bytes is not { } b ? ""
        : b >= 1e9 ? $"{(b / 1e9).ToString("F2", CultureInfo.InvariantCulture)} GB"
        : b >= 1e6 ? $"{(b / 1e6).ToString("F1", CultureInfo.InvariantCulture)} MB"
        : $"{(b / 1e3).ToString("F1", CultureInfo.InvariantCulture)} kB";

    /// <summary>"15.470 G", "416.520 k".</summary>
    public static string Macs(long macs) => macs >= 1e9 ? $"{(macs / 1e9m).ToString("F3", CultureInfo.InvariantCulture)} G"
        : macs >= 1e6 ? $"{(macs / 1e6m).ToString("F3", CultureInfo.InvariantCulture)} M"
        : $"{(macs / 1e3m).ToString("F3", CultureInfo.InvariantCulture)} k";

    internal static string Percent(double? percent) => percent is { } p ? p.ToString("F2", CultureInfo.InvariantCulture) + " %" : "";

    private static string PlusMinus(Spread? s) => s is null
        ? ""
        : s.Values.Count == 1
        ? Percent(s.Mean)
        : $"{s.Mean.ToString("F2", CultureInfo.InvariantCulture)} ± {s.Deviation.ToString("F2", CultureInfo.InvariantCulture)} %";

    // Over the seeds, or of one seed over the test images.
    private static string Confidence(Spread? percent, int images) => percent is null ? ""
        : percent.Interval is { } seeds ? new Interval(seeds.Low / 100, seeds.High / 100).Percent()
        : Interval.OfShare(percent.Mean / 100, images).Percent();

    private static string Milliseconds(Spread? s) => s is null ? "" : $"{Three(s.Median)} ({Three(s.Min)} – {Three(s.Max)})";

    // Three digits, never with an exponent.
    private static string Three(double value) =>
        value.ToString(value >= 99.95 ? "F0" : value >= 9.995 ? "F1" : value >= 0.9995 ? "F2" : "F3", CultureInfo.InvariantCulture);

    private static string Pixels(double? field) => field is { } f ? f.ToString("0.#", CultureInfo.InvariantCulture) : "–";

    private static string Short(string name) => KeepStart(name, MostName);
}
