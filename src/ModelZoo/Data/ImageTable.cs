namespace ModelZoo.Data;

/// <summary>What the labels of a table are, and where.</summary>
public sealed record LabelOptions
{
    /// <summary>One class a picture, several labels, or a number.</summary>
    public TaskKind Kind { get; init; }

    /// <summary>The label column's name, or its number from 1; null to find it.</summary>
    public string? Column { get; init; }
}

/// <summary>
/// Images in files that a CSV file lists: a path and a label a line, with a header or without, separated by commas, semicolons, tabs or bars; a column may say
/// the part of the data. Paths are relative to the CSV file's folder.
/// </summary>
public sealed class ImageTable : LabeledFiles
{
    private ImageTable(DatasetInfo info, string[] files, int[] labels, TargetTable? targets) : base(info, files, labels) => Targets = targets;

    /// <inheritdoc/>
    public override TargetTable? Targets { get; }

    /// <summary>Reads the table and picks one part.</summary>
    /// <param name="path">The CSV file.</param>
    /// <param name="part">Which part; val and test stand in for each other where only one of them is there.</param>
    /// <param name="split">How to divide a table without a column of parts.</param>
    /// <param name="labels">What the labels are; null: one class a picture.</param>
    /// <exception cref="ZooException">The file cannot be read, no picture of it is there, or a label is not what it should be; the message names file and
    /// line.</exception>
    public static ImageTable Open(string path, DataSplit part, SplitOptions? split = null, LabelOptions? labels = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        labels ??= new();
        TableRows rows = TableRows.Read(path, labels);
        (DataSplit read, int[] chosen) = rows.Choose(part, (split ?? new()).Validate());
        if (chosen.Length == 0)
        {
            throw new ZooException($"{path}: holds no pictures for {FolderParts.NameOf(read)}.");
        }

        TargetTable? targets = rows.Targets(read == DataSplit.Train ? chosen : rows.Choose(DataSplit.Train, (split ?? new()).Validate(), orNone: true).Chosen);
        var info = new DatasetInfo($"{NameOf(path)}/{FolderParts.NameOf(read)}", $"image files listed in {path}", "as the files' owner says", rows.Classes)
        {
            Split = read,
        };
        return new(info, [.. chosen.Select(i => rows.Files[i])], targets is null ? [.. chosen.Select(i => rows.Labels[i])] : chosen, targets)
        {
            Remarks = [.. rows.Remarks, .. Lacking(rows, read, chosen), .. Share(rows, read, chosen, split ?? new())],
        };
    }

    /// <summary>What a table is called: its file's name without the ending.</summary>
    internal static string NameOf(string path) => Path.GetFileNameWithoutExtension(path) is { Length: > 0 } name ? name : "table";

    private protected override LabeledFiles At(int[] chosen) =>
        new ImageTable(Info, [.. chosen.Select(i => Files[i])], [.. chosen.Select(i => Labels[i])], Targets) { Remarks = Remarks };

    private protected override LabeledImages With(DatasetInfo info, int[] labels) => new ImageTable(info, [.. Files], labels, Targets);

    private protected override LabeledImages With(DatasetInfo info, TargetTable targets) => new ImageTable(info, [.. Files], Labels.ToArray(), targets);

    internal override void WriteIdentity(Stream stream)
    {
        base.WriteIdentity(stream);
        if (Targets is { } targets)
        {
            foreach (int row in Labels)
            {
                stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes(targets.Row(row)));
            }
        }
    }

    private static string[] Share(TableRows rows, DataSplit part, int[] chosen, SplitOptions split) =>
        rows.HasParts || part == DataSplit.Train ? [] : [split.Remark(rows.Path, chosen.Length, rows.Files.Count)];

    private static IEnumerable<string> Lacking(TableRows rows, DataSplit part, int[] chosen)
    {
        if (rows.Kind != TaskKind.Classes || rows.Classes.Count < 2)
        {
            yield break;
        }

        HashSet<int> there = [.. chosen.Select(i => rows.Labels[i])];
        string[] lacking = [.. rows.Classes.Where((_, label) => !there.Contains(label))];
        if (lacking.Length > 0)
        {
            yield return $"{rows.Path}: {FolderParts.NameOf(part)} holds no images of {FolderListing.Enumerate(lacking)}.";
        }
    }
}
