using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Training;
using ModelZoo.Trust;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Shows what was measured of a model: one class of several, several labels or a number.</summary>
internal static class EvalView
{
    internal static void Show(Session session, string name, EvalSet set, Measurement measured, AnsweredResult? answered)
    {
        LabeledImages data = set.Data;
        switch (measured)
        {
            case EvaluationResult classes:
                Show(session, name, set, classes, answered);
                break;
            case MultiLabelResult labels:
                Show(session, name, data, labels);
                break;
            case RegressionResult numbers:
                Show(session, name, data, numbers);
                break;
        }
    }

    private static void Show(Session session, string name, LabeledImages data, RegressionResult numbers)
    {
        session.Show(new
        {
            model = name,
            data = data.Name,
            images = numbers.Count,
            numbers.R2,
            numbers.R2Interval,
            numbers.MeanSquaredError,
            numbers.RootMeanSquaredError,
            numbers.MeanAbsoluteError,
            seconds = numbers.Elapsed.TotalSeconds,
        }, console => console.WriteLine($"{name} on {data.Name}: R² {Tables.Score("R²", numbers.R2, numbers.R2Interval)}, root mean squared error "
            + string.Create(CultureInfo.InvariantCulture, $"{numbers.RootMeanSquaredError:G5}, mean absolute error {numbers.MeanAbsoluteError:G5}, ")
            + $"{Tables.Images(numbers.Count)} in {Tables.Seconds(numbers.Elapsed.TotalSeconds)}"));
    }

    private static void Show(Session session, string name, LabeledImages data, MultiLabelResult result)
    {
        session.Show(new
        {
            model = name,
            data = data.Name,
            images = result.Count,
            result.MeanAveragePrecision,
            result.MeanAveragePrecisionInterval,
            result.MeanF1,
            result.ExactMatch,
            result.ExactMatchInterval,
            loss = result.Loss,
            seconds = result.Elapsed.TotalSeconds,
            labels = result.Labels.Select(l => new { label = l.Name, l.Count, l.AveragePrecision, l.Threshold, l.Precision, l.Recall, l.F1 }),
        }, console =>
        {
            var table = Tables.New("label", ">images", ">average precision", ">threshold", ">precision", ">recall", ">F1");
            foreach (LabelResult l in result.Labels)
            {
                table.Row(l.Name, Tables.Count(l.Count), l.Count == 0 ? "" : Tables.Percent(l.AveragePrecision), Tables.Number(l.Threshold),
                    Tables.Percent(l.Precision), Tables.Percent(l.Recall), Tables.Percent(l.F1));
            }

            console.Write(table);
            console.WriteLine($"{name} on {data.Name}: mean average precision "
                + $"{Tables.Score("mean average precision", result.MeanAveragePrecision, result.MeanAveragePrecisionInterval)}, all labels right "
                + $"{Tables.Percent(result.ExactMatch, result.ExactMatchInterval)}, loss {result.Loss.ToString("F4", CultureInfo.InvariantCulture)}, "
                + $"{Tables.Images(result.Count)} in {Tables.Seconds(result.Elapsed.TotalSeconds)}");
        });
    }

    private static void Show(Session session, string name, EvalSet set, EvaluationResult result, AnsweredResult? answered)
    {
        LabeledImages data = set.Data;
        var classes = result.Classes.Select(c => new { label = c.Name, c.Count, c.Precision, c.PrecisionInterval, c.Recall, c.RecallInterval, c.F1 }).ToArray();
        session.Show(new
        {
            model = name,
            data = data.Name,
            images = result.Count,
            folders = FolderSummaries.Of(data),
            accuracy = result.Accuracy,
            result.AccuracyInterval,
            result.BalancedAccuracy,
            result.Top,
            result.TopAccuracy,
            result.TopAccuracyInterval,
            loss = result.Loss,
            result.MeanF1,
            seconds = result.Elapsed.TotalSeconds,
            answered,
            tta = set.Views?.Name,
            promised = set.IsCalibrated ? set.Models[0].Calibration!.ErrorRate : (double?)null,
            warnings = set.Warnings,
            classes,
            confusion = Rows(result.Confusion),
            normalizedConfusion = Rows(result.NormalizedConfusion()),
        }, console =>
        {
            var table = Tables.New("class", ">images", ">precision", ">recall", "?>95 % confidence", ">F1", "most often taken for");
            foreach (int c in Enumerable.Range(0, classes.Length).Where(c => classes[c].Count > 0))
            {
                table.Row(classes[c].label, Tables.Count(classes[c].Count), Tables.Percent(classes[c].Precision), Tables.Percent(classes[c].Recall),
                    classes[c].RecallInterval.Percent(), Tables.Percent(classes[c].F1), TakenFor(result, c));
            }

            console.Write(table);
            if (classes.Count(c => c.Count == 0) is > 0 and var lacking)
            {
                console.WriteLine($"{Tables.Count(lacking)} of the model's {Tables.Count(classes.Length)} classes {(lacking == 1 ? "has" : "have")} no images "
                    + "in this data.");
            }

            console.WriteLine($"{name} on {data.Name}{(set.Views is { } views ? $" (--tta {views.Name})" : "")}: accuracy "
                + $"{Tables.Percent(result.Accuracy, result.AccuracyInterval)}, top "
                + $"{result.Top} {Tables.Percent(result.TopAccuracy, result.TopAccuracyInterval)}, loss {result.Loss:F4}, "
                + $"{Tables.Images(result.Count)} in {Tables.Seconds(result.Elapsed.TotalSeconds)}");
            if (answered is { } a)
            {
                Show(console, a, set.Models[0].Calibration!);
            }
        });
    }

    private static void Show(IAnsiConsole console, AnsweredResult answered, Calibration calibration)
    {
        console.WriteLine($"answered {Tables.Percent(answered.Coverage)}: {Tables.Count(answered.Wrong)} of {Tables.Count(answered.Answered)} answers wrong, "
            + $"{Tables.Percent(answered.ErrorRate, answered.ErrorInterval)}, promised at most {Tables.Percent(calibration.ErrorRate)}; unknown: "
            + $"{Tables.Count(answered.Unlikely)} not likely enough, {Tables.Count(answered.Unlike)} unlike the training pictures");
        console.WriteLine($"expected calibration error {Tables.Percent(answered.CalibrationError)}; the class is among the {Tables.Number(answered.MeanSet)} "
            + $"that an image may be on average in {Tables.Percent((double)answered.InSet / Math.Max(1, answered.Count))}");
    }

    private static string TakenFor(EvaluationResult result, int label)
    {
        int other = Enumerable.Range(0, result.Classes.Count).Where(p => p != label).DefaultIfEmpty(label).MaxBy(p => result.Confusion[label, p]);
        return other == label || result.Confusion[label, other] == 0 ? "" : $"{result.Classes[other].Name} ({Tables.Count(result.Confusion[label, other])})";
    }

    private static T[][] Rows<T>(T[,] matrix) =>
        [.. Enumerable.Range(0, matrix.GetLength(0)).Select(i => Enumerable.Range(0, matrix.GetLength(1)).Select(j => matrix[i, j]).ToArray())];
}
