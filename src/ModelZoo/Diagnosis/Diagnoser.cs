using ModelZoo.Imaging;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Diagnosis;

/// <summary>How near outputs come to the foreign ones when something is done otherwise.</summary>
/// <param name="Mistakes">What is done otherwise; one, or two at different stages.</param>
/// <param name="Difference">The largest difference as a share of the largest foreign value.</param>
public sealed record DiagnosedMistake(IReadOnlyList<Mistake> Mistakes, double Difference)
{
    /// <summary>What the others do.</summary>
    public string Meaning => string.Join(", and ", Mistakes.Select(m => m.Meaning));
}

/// <summary>What was found.</summary>
/// <param name="Difference">Between the zoo's outputs and the foreign ones.</param>
/// <param name="Same">Whether that is rounding.</param>
/// <param name="Explanation">What reproduces the foreign outputs; null where nothing does, or nothing has to.</param>
/// <param name="Tried">Everything that was tried, the nearest first.</param>
public sealed record DiagnosisReport(double Difference, bool Same, DiagnosedMistake? Explanation, IReadOnlyList<DiagnosedMistake> Tried);

/// <summary>
/// Names what others do differently who have the same weights, the same pictures and other numbers: the usual mistakes are made one after the other, and pairs
/// of them, until one reproduces the foreign outputs.
/// </summary>
public static class Diagnoser
{
    /// <summary>What counts as rounding.</summary>
    public const double Rounding = 1e-4;

    // An explanation is that near, and that much nearer than the right way.
    private const double Near = 2e-3;
    private const double Nearer = 3;
    private const int PicturesOfPairs = 4;

    /// <summary>Compares a network's outputs with those of others.</summary>
    /// <param name="model">The network; it is afterwards as it was.</param>
    /// <param name="preprocessing">What is right for it.</param>
    /// <param name="labels">The class names in the order of the logits.</param>
    /// <param name="files">The pictures, in the order of the rows.</param>
    /// <param name="foreign">The others' outputs, [pictures,classes].</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="ZooException">The sizes do not go together, or a picture can't be read.</exception>
    public static DiagnosisReport Run(nn.Module<Tensor, Tensor> model, Preprocessing preprocessing, IReadOnlyList<string> labels, IReadOnlyList<string> files,
        NpyArray foreign, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(foreign);
        if (files.Count == 0 || !foreign.Shape.SequenceEqual([files.Count, labels.Count]))
        {
            throw new ZooException($"The foreign outputs are [{string.Join(",", foreign.Shape)}]; {files.Count} pictures and {labels.Count} classes need "
                + $"[{files.Count},{labels.Count}], a row for each picture in the order of their names.");
        }

        var pipeline = new ImagePipeline(preprocessing);
        var pictures = new DecodedPictures(pipeline.Decoding, files.Take(PicturesOfPairs));
        float[] right = new DiagnosedPath(pipeline, pictures).Run(model, files, cancel)
            ?? throw new InvalidOperationException("The right path gives another size.");
        double difference = Distance(right, foreign.Data);
        if (difference <= Rounding)
        {
            return new(difference, true, null, []);
        }

        Mistake[] all = [.. Mistakes.For(preprocessing, labels)];
        List<DiagnosedMistake> tried = [.. all.Select(m => Try([m], files, foreign.Data)).OfType<DiagnosedMistake>()];
        if (!tried.Exists(Explains))
        {
            tried.AddRange(Orders(right, foreign, labels.Count));
        }

        if (!tried.Exists(Explains))
        {
            string[] few = [.. files.Take(PicturesOfPairs)];
            float[] rows = foreign.Data[..(few.Length * labels.Count)];
            tried.AddRange(all.SelectMany((a, i) => all.Skip(i + 1).Where(b => b.Stage != a.Stage).Select(b => Try([a, b], few, rows)))
                .OfType<DiagnosedMistake>().Where(Explains).Select(t => Try(t.Mistakes, files, foreign.Data)).OfType<DiagnosedMistake>());
        }

        DiagnosedMistake[] nearest = [.. tried.OrderBy(t => t.Difference)];
        return new(difference, false, Array.Find(nearest, Explains), nearest);

        bool Explains(DiagnosedMistake t) => t.Difference <= Near && t.Difference * Nearer <= difference;

        DiagnosedMistake? Try(IReadOnlyList<Mistake> made, IReadOnlyList<string> some, float[] theirs)
        {
            var path = new DiagnosedPath(pipeline, pictures);
            foreach (Mistake mistake in made)
            {
                mistake.Apply(path);
            }

            return path.Run(model, some, cancel) is { } outputs ? new(made, Distance(outputs, theirs)) : null;
        }
    }

    // Rows or columns in any other order: each is matched with the nearest of ours.
    private static IEnumerable<DiagnosedMistake> Orders(float[] right, NpyArray foreign, int classes)
    {
        int pictures = right.Length / classes;
        int[] rows = Nearest(pictures, (i, j) => Distance(right.AsSpan(j * classes, classes), foreign.Data.AsSpan(i * classes, classes)));
        int[] columns = Nearest(classes, (i, j) =>
            Enumerable.Range(0, pictures).Max(n => Math.Abs(right[(n * classes) + j] - (double)foreign.Data[(n * classes) + i])));
        if (rows.Distinct().Count() == pictures)
        {
            yield return new([new("pictures-reordered", MistakeStage.Picture, "have the pictures in another order")],
                Distance([.. rows.SelectMany(row => right[(row * classes)..((row + 1) * classes)])], foreign.Data));
        }

        if (columns.Distinct().Count() == classes)
        {
            yield return new([new("labels-reordered", MistakeStage.Output, "have the classes in another order")],
                Distance([.. Enumerable.Range(0, pictures).SelectMany(n => columns.Select(c => right[(n * classes) + c]))], foreign.Data));
        }
    }

    private static int[] Nearest(int count, Func<int, int, double> distance) =>
        [.. Enumerable.Range(0, count).Select(i => Enumerable.Range(0, count).MinBy(j => distance(i, j)))];

    private static double Distance(ReadOnlySpan<float> ours, ReadOnlySpan<float> theirs)
    {
        double worst = 0, largest = 0;
        for (int i = 0; i < theirs.Length; i++)
        {
            double d = Math.Abs((double)ours[i] - theirs[i]);
            worst = Math.Max(worst, double.IsNaN(d) ? double.PositiveInfinity : d);
            largest = Math.Max(largest, Math.Abs(theirs[i]));
        }

        return worst == 0 ? 0 : worst / largest;
    }
}
