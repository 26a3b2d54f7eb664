using ModelZoo.Data;
using ModelZoo.Inference;
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
    /// <returns>0; 1 where a picture could not be read.</returns>
    internal static int Run(Session session, ImageClassifier classifier, string[] files, FolderTally[] folders, int top)
    {
        FolderTallies.Say(session, folders);
        var rows = new List<FilePrediction>();
        foreach (FilePrediction row in classifier.PredictEach(files, top, session.Cancel))
        {
            session.Cancel.ThrowIfCancellationRequested();
            rows.Add(row);
        }

        if (folders.Length == 0 && rows is [{ Error: { } only }])
        {
            throw only;
        }

        session.Show(rows.Select(r => r.Error is null
            ? (object)new { image = r.Path, predictions = r.Predictions }
            : new { image = r.Path, error = r.Error.Message }).Concat(folders).ToArray(), console =>
        {
            var table = Tables.New("image", "prediction", ">probability", "then");
            foreach (FilePrediction row in rows)
            {
                if (row.Predictions is { Count: > 0 } p)
                {
                    table.Row(row.Path, p[0].Label, Tables.Percent(p[0].Probability),
                        string.Join(", ", p.Skip(1).Select(o => $"{o.Label} {Tables.Percent(o.Probability)}")));
                }
                else
                {
                    table.Row(row.Path, "unreadable", "", "");
                }
            }

            console.Write(table);
        });
        foreach (FilePrediction bad in rows.Where(r => r.Error is not null))
        {
            session.Say(bad.Error!.Message);
        }

        return rows.Exists(r => r.Error is not null) ? 1 : 0;
    }
}
