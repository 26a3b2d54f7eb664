using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Transfer;

namespace ModelZoo.Cli;

/// <summary>Shows what <c>--folds</c> found: a row for each fold, their mean with its interval, and where the predictions are.</summary>
internal static class FoldsView
{
    /// <summary>What a fold came to, as soon as it is done.</summary>
    internal static void Say(Session session, FoldResult fold, int count) => session.Say(string.Create(CultureInfo.InvariantCulture,
        $"fold {fold.Fold + 1} of {count}: accuracy {Tables.Percent(fold.Accuracy, fold.AccuracyInterval)} on {Tables.Images(fold.Predictions.Count)}"));

    /// <param name="session">Where to.</param>
    /// <param name="name">The model.</param>
    /// <param name="data">The pictures.</param>
    /// <param name="result">What was found.</param>
    /// <param name="folder">Where the folds' files are.</param>
    /// <param name="resume">How to go on where it was interrupted; null: not possible.</param>
    internal static int Show(Session session, string name, LabeledImages data, CrossValidationResult result, string folder, string? resume)
    {
        string predictions = Path.Combine(folder, "predictions.csv");
        if (result.Folds.Count > 0)
        {
            result.WriteCsv(predictions);
        }

        session.Show(new
        {
            model = name,
            data = data.Name,
            images = result.Predictions.Count,
            folds = result.Folds.Select(f => new
            {
                fold = f.Fold + 1,
                images = f.Predictions.Count,
                f.Accuracy,
                f.AccuracyInterval,
                epochs = f.Training.Epochs.Count,
                seconds = f.Training.Elapsed.TotalSeconds,
            }),
            meanAccuracy = result.Folds.Count > 0 ? result.MeanAccuracy : (double?)null,
            result.MeanInterval,
            accuracy = result.Folds.Count > 0 ? result.Accuracy : (double?)null,
            balancedAccuracy = result.Folds.Count > 0 ? result.BalancedAccuracy : (double?)null,
            predictions = result.Folds.Count > 0 ? predictions : null,
            seed = result.Seed,
            interrupted = result.Interrupted,
        }, console =>
        {
            var table = Tables.New(">fold", ">images", ">accuracy", ">95 % confidence", ">time");
            foreach (FoldResult f in result.Folds)
            {
                table.Row($"{f.Fold + 1}", Tables.Count(f.Predictions.Count), Tables.Percent(f.Accuracy), f.AccuracyInterval.Percent(),
                    Tables.Seconds(f.Training.Elapsed.TotalSeconds));
            }

            if (result.Folds.Count == 0)
            {
                return;
            }

            console.Write(table);
            console.WriteLine($"{name} on {data.Name}: accuracy {Tables.Percent(result.MeanAccuracy)} (mean of {result.Folds.Count} folds"
                + $"{(result.MeanInterval is { } i ? $", {i.Percent()} with 95 % confidence" : "")}), balanced accuracy "
                + Tables.Percent(result.BalancedAccuracy));
            console.WriteLine($"each picture by the model that did not see it: {predictions}");
        });
        if (!result.Interrupted)
        {
            return 0;
        }

        session.Say($"zoo: interrupted after {result.Folds.Count} of {result.Count} folds.{(resume is null ? "" : $" Go on with: {resume}")}");
        return 1;
    }
}
