namespace ModelZoo.Data;

/// <summary>
/// Names a dataset as the command line does: <c>digits</c>, <c>mnist:&lt;folder&gt;</c>, <c>folder:&lt;path&gt;</c> and the others of <see cref="Forms"/>.
/// </summary>
public sealed record DataSource
{
    private static readonly Kind[] Kinds =
    [
        new("digits", Place.None, (_, split, _) => Digits.Load(split)),
        new("mnist", Place.Cache, (folder, split, _) => Mnist.LoadDigits(folder, split)),
        new("fashion-mnist", Place.Cache, (folder, split, _) => Mnist.LoadFashion(folder, split)),
        new("cifar10", Place.Cache, (folder, split, _) => Cifar.Load10(folder, split)),
        new("cifar100", Place.Cache, (folder, split, _) => Cifar.Load100(folder, split)),
        new("folder", Place.Needed, ImageFolder.Open),
        new("csv", Place.Needed, (file, part, split) => ImageTable.Open(file, part, split)),
    ];

    private readonly Kind kind;

    private enum Place
    {
        /// <summary>It is built in.</summary>
        None,

        /// <summary>A folder, or none for the cache.</summary>
        Cache,

        /// <summary>A folder.</summary>
        Needed,
    }

    private DataSource(Kind kind, string folder)
    {
        (this.kind, Folder) = (kind, folder);
    }

    /// <summary>What <see cref="Parse"/> takes, for help texts and errors.</summary>
    public static IReadOnlyList<string> Forms { get; } = [.. Kinds.Select(kind => kind.Form)];

    /// <summary>"digits", "mnist", "folder" …</summary>
    public string Name => kind.Name;

    /// <summary>The folder as it was given; empty for data that is built in or in the cache.</summary>
    public string Folder { get; }

    /// <summary>Whether it is a table, whose labels may be something else than one class an image.</summary>
    public bool HasColumns => Name == "csv";

    /// <summary>What files made from this data are called by: the name, or of "folder" and "csv" the folder's or file's own.</summary>
    public string ShortName => Name switch
    {
        "folder" => ImageFolder.NameOf(Folder),
        "csv" => ImageTable.NameOf(Folder),
        _ => Name,
    };

    /// <summary>Reads one of <see cref="Forms"/>. Does not touch the folder: <see cref="Open"/> does.</summary>
    /// <exception cref="UsageException">The name is unknown (the message gives the nearest), or a folder is missing or too much.</exception>
    public static DataSource Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        (string name, string folder) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        Kind kind = Kinds.FirstOrDefault(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new UsageException($"Unknown data '{text}'.{NearestName.Hint(name, Kinds.Select(known => known.Name))} Use {string.Join(", ", Forms)}.");
        return kind.Takes(hasFolder: folder.Trim().Length > 0, hasColon: colon >= 0)
            ? new DataSource(kind, folder)
            : throw new UsageException(kind.Place == Place.None
                ? $"Data '{text}': {kind.Name} is built in and takes no folder. Write {kind.Form}."
                : $"Data '{text}' lacks its folder. Write {kind.Form}, with the folder that holds "
                    + (kind.Place == Place.Cache ? $"the official files, or {kind.Name} alone for what `zoo data get {kind.Name}` fetched." : "the images."));
    }

    /// <summary>One part of the data. The files of image folders are listed, not opened.</summary>
    /// <param name="part">Which; where data have only one of val and test, that one (<see cref="DatasetInfo.Split"/> says which).</param>
    /// <param name="split">How to divide data without parts of their own.</param>
    /// <param name="labels">What the labels of a CSV file are; other data have one class an image.</param>
    /// <exception cref="ZooException">The folder or a file in it is missing or damaged.</exception>
    /// <exception cref="UsageException">The data do not have such labels.</exception>
    public LabeledImages Open(DataSplit part, SplitOptions? split = null, LabelOptions? labels = null)
    {
        labels ??= new();
        return HasColumns ? ImageTable.Open(Folder, part, split, labels)
            : labels.Kind != TaskKind.Classes
                ? throw new UsageException($"{this}: has one class for each image. Several labels, or a number, come from csv:<path>.")
            : labels.Column is not null ? throw new UsageException($"{this}: has no columns; --label-column goes with csv:<path>.")
            : kind.Open(kind.Place == Place.Cache && Folder.Length == 0 ? DataCache.Require(Name) : Folder, part, split ?? new());
    }

    /// <summary>That part and no other.</summary>
    /// <exception cref="UsageException">The data do not have it.</exception>
    /// <inheritdoc cref="Open"/>
    public LabeledImages OpenExactly(DataSplit part, SplitOptions? split = null, LabelOptions? labels = null)
    {
        LabeledImages images = Open(part, split, labels);
        return images.Info.Split is not { } read || read == part
            ? images
            : throw new UsageException($"{this}: holds no {FolderParts.NameOf(part)} part. Ask for {FolderParts.NameOf(read)}, which is there.");
    }

    /// <summary>The parts that the data have; a folder or a table without parts has one, train, that is all of it when nothing is kept for the test.</summary>
    /// <param name="labels">What the labels of a CSV file are.</param>
    /// <exception cref="ZooException">The folder or file is missing or damaged.</exception>
    internal IReadOnlyList<DataSplit> PartsThere(LabelOptions? labels = null) => Name switch
    {
        "folder" => FolderParts.Of(FolderListing.Of(Folder)) is { } parts ? [.. parts.Folders.Keys.Order()] : [DataSplit.Train],
        "csv" => TableRows.Read(Folder, labels ?? new()).Parts,
        _ => [DataSplit.Train, DataSplit.Test],
    };

    /// <summary>One part of data that is kept in memory, of one shape.</summary>
    /// <exception cref="ZooException">The folder or a file in it is missing or damaged.</exception>
    /// <exception cref="UsageException">The images are files of many sizes.</exception>
    public ImageDataset Load(DataSplit part) => Open(part) as ImageDataset
        ?? throw new UsageException($"{this}: images in files are not taken here; use "
            + $"{string.Join(", ", Kinds.Where(known => known.Name is not ("folder" or "csv")).Select(known => known.Form))}.");

    public override string ToString() => Folder.Length > 0 ? $"{Name}:{Folder}" : Name;

    private sealed record Kind(string Name, Place Place, Func<string, DataSplit, SplitOptions, LabeledImages> Open)
    {
        public string Form => Place switch
        {
            Place.None => Name,
            Place.Cache => $"{Name}[:<folder>]",
            _ => $"{Name}:<path>",
        };

        public bool Takes(bool hasFolder, bool hasColon) => hasFolder == hasColon && (Place == Place.Cache || hasFolder == (Place == Place.Needed));
    }
}

/// <summary>The parts of a dataset. Data that have only one of val and test give that one for either, and say which it is.</summary>
public enum DataSplit
{
    /// <summary>To learn from.</summary>
    Train,

    /// <summary>To look at while training: which epoch is best, when to stop.</summary>
    Val,

    /// <summary>To measure the result.</summary>
    Test,
}

/// <summary>How images that come in one lot are divided; data with parts of their own do not look at it.</summary>
public sealed record SplitOptions
{
    /// <summary>The share of each class that is kept for the test, in [0,1).</summary>
    public double ValShare { get; init; } = 0.2;

    /// <summary>Decides which images those are.</summary>
    public ulong Seed { get; init; }

    /// <summary>How many of so many images of a class are kept: at least one where some should be, and never all.</summary>
    internal int ValCount(int count)
    {
        int kept = (int)Math.Round(ValShare * count, MidpointRounding.AwayFromZero);
        return kept != count && (kept > 0 || ValShare == 0) ? kept
            : count > 1 ? Math.Clamp(kept, 1, count - 1)
            : 0;
    }

    /// <summary>What is said of a lot without parts where its test is read: that it is not all.</summary>
    internal string Remark(string path, int kept, int all) =>
        FormattableString.Invariant($"{path}: has no parts; {kept} of its {all} pictures {(kept == 1 ? "is" : "are")} kept for the test ")
        + FormattableString.Invariant($"(--val-share {ValShare}).");

    /// <summary>Checks the share.</summary>
    /// <exception cref="UsageException">It is not within [0,1).</exception>
    public SplitOptions Validate() =>
        ValShare is >= 0 and < 1 ? this : throw new UsageException(FormattableString.Invariant($"--val-share is {ValShare}; it must be 0 … below 1."));
}
