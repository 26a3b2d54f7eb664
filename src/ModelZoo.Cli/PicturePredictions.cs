using ModelZoo.Imaging;
using ModelZoo.Inference;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>What a classifier sees in picture files: a row each, also for those that cannot be read.</summary>
internal static class PicturePredictions
{
    private const int Chunk = 64;

    /// <summary>Classifies and shows them.</summary>
    /// <returns>0; 1 where a picture could not be read.</returns>
    internal static int Run(Session session, ImageClassifier classifier, string[] files, int top)
    {
        var rows = new List<Row>();
        foreach (string[] chunk in files.Chunk(Chunk))
        {
            session.Cancel.ThrowIfCancellationRequested();
            rows.AddRange(Classify(classifier, chunk, top));
        }

        if (rows is [{ Error: { } only }])
        {
            throw new ZooException(only);
        }

        session.Show(rows.Select(r => r.Error is null ? (object)new { image = r.Image, predictions = r.Predictions } : new { image = r.Image, error = r.Error })
            .ToArray(), console =>
        {
            var table = Tables.New("image", "prediction", ">probability", "then");
            foreach (Row row in rows)
            {
                if (row.Predictions is { Count: > 0 } p)
                {
                    table.Row(row.Image, p[0].Label, Tables.Percent(p[0].Probability),
                        string.Join(", ", p.Skip(1).Select(o => $"{o.Label} {Tables.Percent(o.Probability)}")));
                }
                else
                {
                    table.Row(row.Image, "unreadable", "", "");
                }
            }

            console.Write(table);
        });
        foreach (Row bad in rows.Where(r => r.Error is not null))
        {
            session.Say(bad.Error!);
        }

        return rows.Exists(r => r.Error is not null) ? 1 : 0;
    }

    private static IEnumerable<Row> Classify(ImageClassifier classifier, string[] files, int top)
    {
        var pictures = new PixelImage?[files.Length];
        var errors = new string?[files.Length];
        Parallel.For(0, files.Length, i =>
        {
            try
            {
                pictures[i] = ImageDecoder.Decode(files[i], classifier.Decoding);
            }
            catch (ZooException e)
            {
                errors[i] = e.Message;
            }
        });
        var predictions = new Queue<IReadOnlyList<Prediction>>(classifier.Predict([.. pictures.OfType<PixelImage>()], top));
        return [.. files.Select((file, i) => errors[i] is { } error ? new Row(file, null, error) : new Row(file, predictions.Dequeue(), null))];
    }

    private sealed record Row(string Image, IReadOnlyList<Prediction>? Predictions, string? Error);
}
