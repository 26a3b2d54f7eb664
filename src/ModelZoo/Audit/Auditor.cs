using System.Diagnostics;
using System.Security.Cryptography;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Transfer;

namespace ModelZoo.Audit;

/// <summary>
/// Looks through labeled pictures by one pass of a trained network: for duplicates and leaks between parts, labels that are probably wrong, pictures that are
/// unlike all others, blurred, dark, tiny or unreadable. Nothing is changed: what to do about it a table says (<see cref="FixesTable"/>).
/// </summary>
public static class Auditor
{
    /// <summary>Audits pictures.</summary>
    /// <param name="model">Whose features are looked at. One that was trained on these very pictures has seen their labels, and finds fewer that are
    /// wrong.</param>
    /// <param name="data">All parts of the data.</param>
    /// <param name="options">The seed, where features are kept, how pictures are read.</param>
    /// <param name="progress">Hears how far it is, from any thread.</param>
    /// <param name="cancel">Stops between two batches; what was kept of the features stays.</param>
    /// <exception cref="ZooException">No picture can be read, or pictures and model do not fit.</exception>
    public static AuditReport Run(ResolvedModel model, AuditData data, AuditOptions? options = null, IProgress<AuditProgress>? progress = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        model.Info.RequireClasses("an audit");
        options ??= new();
        var clock = Stopwatch.StartNew();
        int total = data.Pictures.Count;
        List<string> notes = [];
        if (model.Labels.Order(StringComparer.Ordinal).SequenceEqual(data.ClassNames.Order(StringComparer.Ordinal), StringComparer.Ordinal))
        {
            notes.Add($"{model.Info.Name} knows these classes by name; if it was trained on these very pictures, it has seen their labels, and fewer wrong "
                + "ones are found");
        }

        Preprocessing preprocessing = TransferLearning.PreprocessingFor(data.Parts[0], model.Preprocessing);
        DecodeOptions decoding = options.Loader?.Decoding ?? new();
        int measured = 0;
        ObservedPictures[] parts = [.. data.Parts.Select(part =>
            new ObservedPictures(part, decoding, () => progress?.Report(new("pictures", Interlocked.Increment(ref measured), total))))];
        var features = new AuditFeatures(model, options, done => progress?.Report(new("features", done, total)), cancel);
        List<PictureFacts> facts = [];
        foreach (ObservedPictures part in parts)
        {
            features.Add(part, preprocessing);
            facts.AddRange(part.Facts(cancel));
        }

        int[] read = [.. Enumerable.Range(0, total).Where(i => facts[i].Problem is null)];
        if (read.Length == 0)
        {
            throw new ZooException($"{data.Name}: none of {total} pictures can be read. The first: {facts[0].Problem}");
        }

        ReadOnlyMemory<float> rows = Readable(features.All, total, read, model.Info.Name);
        progress?.Report(new("labels", 0, read.Length));
        LabelCheck? labels = LabelCheck.Of(rows, read, data, options.Seed, notes.Add, cancel);
        progress?.Report(new("duplicates", 0, read.Length));
        Neighborhood neighbors = Neighborhood.Of(rows, read.Length, cancel);
        List<Duplicates.Pair> pairs = Duplicates.Find(facts, neighbors, read, cancel);
        AuditFinding[] findings =
        [
            .. PictureFaults.Of(facts),
            .. Duplicates.Findings(pairs, data.Pictures, facts, (a, b) => SameFile(data.PathOf(a), data.PathOf(b))),
            .. labels?.Findings() ?? [],
            .. OddOnes.Of(neighbors, read),
        ];
        return new()
        {
            Data = data,
            Model = model.Info.Name,
            Features = features.How,
            Facts = facts,
            Findings = [.. findings.OrderBy(f => f.Problem).ThenByDescending(f => f.Leak).ThenByDescending(f => f.Score).ThenBy(f => f.Picture)],
            Labels = labels,
            Notes = notes,
            Elapsed = clock.Elapsed,
        };
    }

    private static ReadOnlyMemory<float> Readable(ReadOnlyMemory<float> features, int total, int[] read, string model)
    {
        int width = features.Length / total;
        var rows = new float[read.Length * width];
        for (int i = 0; i < read.Length; i++)
        {
            features.Span.Slice(read[i] * width, width).CopyTo(rows.AsSpan(i * width));
        }

        return Array.TrueForAll(rows, float.IsFinite) ? rows
            : throw new ZooException($"{model}: its features are not finite; `zoo verify` finds the layer.");
    }

    private static bool SameFile(string first, string second)
    {
        try
        {
            var (a, b) = (new FileInfo(first), new FileInfo(second));
            return a.Exists && b.Exists && a.Length == b.Length && Hash(a).SequenceEqual(Hash(b));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        static byte[] Hash(FileInfo file)
        {
            using FileStream stream = file.OpenRead();
            return SHA256.HashData(stream);
        }
    }
}
