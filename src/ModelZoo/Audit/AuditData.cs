using ModelZoo.Data;

namespace ModelZoo.Audit;

/// <summary>A picture of the audited data.</summary>
/// <param name="Place">Its place among all of them.</param>
/// <param name="File">Its file, below the data's folder where it lies there; of images in memory the dataset's name and its index.</param>
/// <param name="Part">The part of the data that it belongs to.</param>
/// <param name="Label">Its class; −1 where it has none of several.</param>
/// <param name="Said">What the data say of it: its class, its labels or its number.</param>
public sealed record AuditedPicture(int Place, string File, DataSplit Part, int Label, string Said)
{
    /// <summary>"train", "val" or "test".</summary>
    public string PartName => FolderParts.NameOf(Part);
}

/// <summary>The data of an audit: all parts of them.</summary>
public sealed class AuditData
{
    private readonly List<int> firsts = [0];

    private AuditData(string name, string root, IReadOnlyList<LabeledImages> parts)
    {
        (Name, Root, Parts) = (name, root, parts);
        List<AuditedPicture> pictures = [];
        foreach (LabeledImages part in parts)
        {
            for (int i = 0; i < part.Count; i++)
            {
                bool classes = part.Targets is null;
                pictures.Add(new(pictures.Count, Below(root, part, i), part.Info.Split ?? DataSplit.Train, classes ? part.Labels[i] : -1, Said(part, i)));
            }

            firsts.Add(pictures.Count);
        }

        Pictures = pictures;
    }

    /// <summary>What they are called: the folder's or the table's name.</summary>
    public string Name { get; }

    /// <summary>The folder that files are named from; empty for images in memory.</summary>
    public string Root { get; }

    /// <summary>Train, val and test, as far as the data have them.</summary>
    public IReadOnlyList<LabeledImages> Parts { get; }

    /// <summary>All pictures, part after part.</summary>
    public IReadOnlyList<AuditedPicture> Pictures { get; }

    /// <summary>The classes, or labels; of a number its name.</summary>
    public IReadOnlyList<string> ClassNames => Parts[0].Info.ClassNames;

    /// <summary>What the labels are.</summary>
    public TaskKind Kind => Parts[0].Task.Kind;

    /// <summary>Whether the pictures are files, of which a listing can be made.</summary>
    public bool InFiles => Parts.All(part => part is LabeledFiles);

    /// <summary>Opens all parts of the data, a folder or a table without parts as one.</summary>
    /// <param name="source">The data.</param>
    /// <param name="labels">What the labels of a table are.</param>
    /// <param name="limit">At most so many pictures of each part; 0: all.</param>
    /// <exception cref="ZooException">They cannot be read; the message says why.</exception>
    public static AuditData Open(DataSource source, LabelOptions? labels = null, int limit = 0)
    {
        ArgumentNullException.ThrowIfNull(source);
        var whole = new SplitOptions { ValShare = 0 };
        LabeledImages[] parts = [.. source.PartsThere(labels).Select(part => source.Open(part, whole, labels))];
        string root = source.Name switch
        {
            "folder" => Path.GetFullPath(source.Folder),
            "csv" => Path.GetDirectoryName(Path.GetFullPath(source.Folder))!,
            _ => "",
        };
        return new(source.ShortName, root, [.. parts.Select(part => limit > 0 ? part.Take(limit) : part)]);
    }

    /// <summary>Other data: parts that are open already, the first with the classes of all.</summary>
    /// <param name="name">What they are called.</param>
    /// <param name="parts">One or more.</param>
    public static AuditData Of(string name, params IReadOnlyList<LabeledImages> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return parts.Count > 0 ? new(name, "", parts) : throw new ArgumentException("There are no parts.", nameof(parts));
    }

    /// <summary>One part of the data alone.</summary>
    /// <exception cref="UsageException">The data do not have it.</exception>
    public AuditData Only(DataSplit part) => Parts.FirstOrDefault(p => p.Info.Split == part) is { } own ? new(Name, Root, [own])
        : throw new UsageException($"{Name}: holds no {FolderParts.NameOf(part)} part.");

    /// <summary>The part that a picture is in, and its place there.</summary>
    public (LabeledImages Part, int Index) Find(int place)
    {
        int part = firsts.FindLastIndex(first => first <= place);
        return (Parts[part], place - firsts[part]);
    }

    /// <summary>The full path of a picture's file; of one in memory its name.</summary>
    public string PathOf(int place)
    {
        (LabeledImages part, int index) = Find(place);
        return part is LabeledFiles ? Path.GetFullPath(part.NameOf(index)) : part.NameOf(index);
    }

    private static string Below(string root, LabeledImages part, int index)
    {
        if (root.Length == 0 || part is not LabeledFiles)
        {
            return part.NameOf(index);
        }

        string full = Path.GetFullPath(part.NameOf(index)), below = Path.GetRelativePath(root, full);
        return below.StartsWith("..", StringComparison.Ordinal) ? full : below;
    }

    private static string Said(LabeledImages part, int index) => part.Targets is not { } targets ? part.Info.ClassNames[part.Labels[index]]
        : targets.Task.Kind == TaskKind.Regression
            ? targets.Row(part.Labels[index])[0].ToString("R", System.Globalization.CultureInfo.InvariantCulture)
            : string.Join('|', targets.Row(part.Labels[index]).ToArray().Index().Where(t => t.Item > 0).Select(t => part.Info.ClassNames[t.Index]));
}
