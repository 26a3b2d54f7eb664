using ModelZoo.Imaging;

namespace ModelZoo.Data;

/// <summary>
/// Images in files, one folder a class: <c>root/train/cat/1.jpg</c> with a second part in val, valid, validation or test beside train, or
/// <c>root/cat/1.jpg</c>, of which a seeded share of every class is kept for the test. Classes are the folders' names in ordinal order, as in torchvision's
/// ImageFolder. Listing opens no file.
/// </summary>
public sealed class ImageFolder : LabeledImages
{
    private static readonly string[] TestNames = ["val", "valid", "validation", "test"];

    private readonly string[] files;
    private readonly int[] labels;
    private readonly Lazy<ImageShape> typical;
    private readonly IReadOnlyList<FolderTally> folders;

    private ImageFolder(DatasetInfo info, string[] files, int[] labels, IReadOnlyList<FolderTally> folders)
    {
        (Info, this.files, this.labels, this.folders) = (info, files, labels, folders);
        typical = new(ShapeOfFirst);
    }

    /// <inheritdoc/>
    public override DatasetInfo Info { get; }

    /// <inheritdoc/>
    public override int Count => files.Length;

    /// <inheritdoc/>
    public override ReadOnlySpan<int> Labels => labels;

    /// <inheritdoc/>
    public override ImageShape TypicalShape => typical.Value;

    /// <inheritdoc/>
    public override IReadOnlyList<FolderTally> Folders => folders;

    /// <summary>The files, class by class, each class in ordinal order.</summary>
    public IReadOnlyList<string> Files => files;

    /// <summary>Lists the files of one part.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="part">Which part.</param>
    /// <param name="split">How to divide a folder without parts of its own.</param>
    /// <exception cref="ZooException">The folder is missing, has no class folders, a class without images, or its parts have different classes; the message
    /// says which.</exception>
    public static ImageFolder Open(string root, DataSplit part, SplitOptions? split = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        string name = $"{NameOf(root)}/{(part == DataSplit.Train ? "train" : "test")}";
        FolderListing all = FolderListing.Of(root);
        if (PartFolder(all, ["train"]) is not { } train)
        {
            return Share(all, name, part, (split ?? new()).Validate());
        }

        string test = PartFolder(all, TestNames)
            ?? throw new ZooException($"{root}: holds train, but none of {string.Join(", ", TestNames)} beside it. Add one, or give "
            + $"{Path.Combine(root, "train")} to divide that.");
        FolderListing chosen = FolderListing.Of(part == DataSplit.Train ? train : test);
        FolderListing other = FolderListing.Of(part == DataSplit.Train ? test : train);
        if (!chosen.Classes.SequenceEqual(other.Classes, StringComparer.Ordinal))
        {
            string[] missing = [.. chosen.Classes.Except(other.Classes, StringComparer.Ordinal)
                .Concat(other.Classes.Except(chosen.Classes, StringComparer.Ordinal)).Order(StringComparer.Ordinal)];
            throw new ZooException($"{root}: {Path.GetFileName(train)} and {Path.GetFileName(test)} must have the same classes, but only one of them has "
                + $"{FolderListing.Enumerate(missing)}.");
        }

        chosen.MustHaveImages();
        return new(Describe(chosen, name), [.. chosen.Files.SelectMany(f => f)], [.. chosen.Files.SelectMany((f, label) => Enumerable.Repeat(label, f.Count))],
            chosen.Tallies($"{Path.GetFileName(chosen.Root)}/"));
    }

    /// <summary>What a folder is called in tables: its own name.</summary>
    public static string NameOf(string root) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))) is { Length: > 0 } name ? name : "folder";

    /// <inheritdoc/>
    public override PixelImage Picture(int index) => ImageDecoder.Decode(files[index]);

    /// <inheritdoc/>
    internal override T Read<T>(int index, DecodeOptions decoding, Func<PixelImage, T> make) => ImageDecoder.Decode(files[index], decoding, make);

    /// <inheritdoc/>
    public override string NameOf(int index) => files[index];

    /// <summary>At most so many images, spread evenly over the files and so over the classes.</summary>
    public override ImageFolder Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        int[] chosen = count >= Count ? [] : [.. Enumerable.Range(0, count).Select(i => (int)((long)i * Count / count))];
        return count >= Count ? this : new(Info, [.. chosen.Select(i => files[i])], [.. chosen.Select(i => labels[i])], folders);
    }

    // A folder that was moved is the same data.
    internal override void WriteIdentity(Stream stream)
    {
        for (int i = 0; i < files.Length; i++)
        {
            var file = new FileInfo(files[i]);
            stream.Write(System.Text.Encoding.UTF8.GetBytes($"{file.Name}\t{(file.Exists ? file.Length : -1)}\t{labels[i]}\n"));
        }
    }

    // Every class is divided by itself, in an order that the seed and the class's place decide, so that another class's files do not change it.
    private static ImageFolder Share(FolderListing all, string name, DataSplit part, SplitOptions split)
    {
        all.MustHaveImages();
        var files = new List<string>();
        var labels = new List<int>();
        for (int label = 0; label < all.Classes.Count; label++)
        {
            IReadOnlyList<string> own = all.Files[label];
            int kept = (int)Math.Round(split.ValShare * own.Count, MidpointRounding.AwayFromZero);
            if (kept == own.Count || (kept == 0 && split.ValShare > 0))
            {
                kept = own.Count > 1 ? Math.Clamp(kept, 1, own.Count - 1) : 0;
            }

            int[] order = new SeededRandom(new SeededRandom(split.Seed).NextUInt64() ^ (ulong)label).Permutation(own.Count);
            int[] chosen = part == DataSplit.Test ? order[..kept] : order[kept..];
            Array.Sort(chosen);
            files.AddRange(chosen.Select(i => own[i]));
            labels.AddRange(Enumerable.Repeat(label, chosen.Length));
        }

        return files.Count > 0
            ? new(Describe(all, name), [.. files], [.. labels], all.Tallies(""))
            : throw new ZooException($"{all.Root}: too few images to keep some for the test (--val-share). Add a folder val beside train.");
    }

    private static string? PartFolder(FolderListing all, string[] names) =>
        names.Select(name => all.Classes.FirstOrDefault(c => c.Equals(name, StringComparison.OrdinalIgnoreCase)))
            .FirstOrDefault(found => found is not null) is { } own ? Path.Combine(all.Root, own) : null;

    private static DatasetInfo Describe(FolderListing listing, string name) =>
        new(name, $"image files in {listing.Root}", "as the files' owner says", listing.Classes);

    private ImageShape ShapeOfFirst()
    {
        ZooException? first = null;
        foreach (string file in files)
        {
            try
            {
                (int width, int height) = ImageDecoder.ReadInfo(file).UprightSize;
                return new ImageShape(3, height, width);
            }
            catch (ZooException e)
            {
                first ??= e;
            }
        }

        throw first ?? new ZooException($"{Name}: holds no images.");
    }
}
