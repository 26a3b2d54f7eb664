using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>What a classifier sees in picture files: a row each, also for those that cannot be read.</summary>
internal static class PicturePredictions
{
    /// <summary>Classifies and shows them.</summary>
    /// <param name="session">Where to.</param>
    /// <param name="classifier">What sees.</param>
    /// <param name="files">The pictures.</param>
    /// <param name="folders">Where they were found; JSON has a row for each after the pictures'.</param>
    /// <param name="top">How many answers for each.</param>
    /// <param name="views">As what each was seen.</param>
    /// <returns>0; 1 where a picture could not be read.</returns>
    internal static int Run(Session session, ImageClassifier classifier, string[] files, FolderSummary[] folders, int top, TestViews? views = null)
    {
        FolderSummaries.Say(session, folders);
        var rows = new List<FilePrediction>();
        foreach (FilePrediction row in classifier.PredictEach(Own(session, files), top, session.Cancel))
        {
            session.Cancel.ThrowIfCancellationRequested();
            rows.Add(row);
        }

        if (session.Ranks is not null)
        {
            rows = [.. session.Gather([.. rows.Select(PredictedFile.Of)]).Select(row => row.ToPrediction())];
        }

        if (folders.Length == 0 && rows is [{ Error: { } only }])
        {
            throw only;
        }

        IEnumerable<object> json = rows.Select(r => r.Error is null ? Json(r.Path, r.Predictions!, views) : new { image = r.Path, error = r.Error.Message });
        session.Show(json.Concat(folders).ToArray(),
            console => console.Write(Table(classifier, rows.Select(r => (r.Path, r.Predictions)))));
        foreach (FilePrediction bad in rows.Where(r => r.Error is not null))
        {
            session.Say(bad.Error!.Message);
        }

        return rows.Exists(r => r.Error is not null) ? 1 : 0;
    }

    // Equal runs of files, so that everybody's rows, one behind another, are in the files' order.
    private static string[] Own(Session session, string[] files) => session.Ranks is not { } ranks
        ? files
        : files[(int)((long)files.Length * ranks.Rank / ranks.Size)..(int)((long)files.Length * (ranks.Rank + 1) / ranks.Size)];

    /// <summary>The same for programs.</summary>
    internal static object Json(string image, Answer predictions, TestViews? views = null) => predictions switch
    {
        _ when views is not null => new { image, tta = views.Name, predictions = predictions.Select(p => new { p.Label, p.Probability }) },
        { MayBe: { } mayBe } => new
        {
            image,
            answer = predictions.Unknown is null ? predictions[0].Label : null,
            unknown = predictions.Unknown,
            predictions = predictions.Select(p => new { p.Label, p.Probability }),
            mayBe,
            predictions.Distance,
        },
        [{ Value: { } value } number] => new { image, number = number.Label, value },
        [{ IsThere: not null }, ..] => new { image, labels = predictions.Where(p => p.IsThere == true).Select(p => p.Label), predictions },
        _ => new { image, predictions = predictions.Select(p => new { p.Label, p.Probability }) },
    };

    /// <summary>A row for each image: the class and others, the labels that are there and others, or the number.</summary>
    internal static TextTable Table(ImageClassifier classifier, IEnumerable<(string Image, Answer? Predictions)> rows)
    {
        var table = classifier.Task.Kind switch
        {
            TaskKind.MultiLabel => Tables.New("image", "labels", "not"),
            TaskKind.Regression => Tables.New("image", $">{classifier.Labels[0]}"),
            _ => Tables.New("image", "prediction", ">probability", "then"),
        };
        foreach ((string image, Answer? p) in rows)
        {
            table.Row(p is not { Count: > 0 } ? [image, "unreadable", .. classifier.Task.Kind switch
                {
                    TaskKind.MultiLabel => [""],
                    TaskKind.Regression => Array.Empty<string>(),
                    _ => ["", ""],
                }]
                : classifier.Task.Kind switch
                {
                    TaskKind.MultiLabel => [image, List(p.Where(o => o.IsThere == true), "none"), List(p.Where(o => o.IsThere == false), "")],
                    TaskKind.Regression => [image, p[0].Value!.Value.ToString("G6", CultureInfo.InvariantCulture)],
                    _ when p.Unknown is { } reason => [image, $"unknown: {reason}", "", List(p, "")],
                    _ => [image, p[0].Label, Tables.Percent(p[0].Probability), List(p.Skip(1), "")],
                });
        }

        return table;

        static string List(IEnumerable<Prediction> some, string otherwise) =>
            string.Join(", ", some.Select(o => $"{o.Label} {Tables.Percent(o.Probability)}")) is { Length: > 0 } text ? text : otherwise;
    }
}
