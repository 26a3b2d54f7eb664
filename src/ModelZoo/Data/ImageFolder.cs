namespace ModelZoo.Data;

/// <summary>
/// Images in files, one folder a class: <c>root/train/cat/1.jpg</c> with other parts in val and test beside train, or <c>root/cat/1.jpg</c>, of which a seeded
/// share of every class is kept for the test. Classes are the folders' names in ordinal order, as in torchvision's ImageFolder; of data with parts they are
/// those of train, and a part may lack some of them.
/// </summary>
public sealed class ImageFolder : LabeledFiles
{
    private ImageFolder(DatasetInfo info, string[] files, int[] labels) : base(info, files, labels)
    {
    }

    /// <summary>Lists the files of one part, class by class, each class in ordinal order.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="part">Which part; val and test stand in for each other where only one of them is there, and <see cref="DatasetInfo.Split"/> says which was
    /// read.</param>
    /// <param name="split">How to divide a folder without parts of its own.</param>
    /// <exception cref="ZooException">The folder is missing, has no class folders, a class without images to train on, or a part has a class that train lacks;
    /// the message says which.</exception>
    public static ImageFolder Open(string root, DataSplit part, SplitOptions? split = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        FolderListing all = FolderListing.Of(root);
        return FolderParts.Of(all) is { } parts ? OfPart(parts, part) : Share(all, part, (split ?? new()).Validate());
    }

    /// <summary>What a folder is called in tables: its own name.</summary>
    public static string NameOf(string root) =>
        Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))) is { Length: > 0 } name ? name : "folder";

    private protected override LabeledFiles At(int[] chosen) =>
        new ImageFolder(Info, [.. chosen.Select(i => Files[i])], [.. chosen.Select(i => Labels[i])]) { Remarks = Remarks, Folders = Folders };

    private protected override LabeledImages With(DatasetInfo info, int[] labels) => new ImageFolder(info, [.. Files], labels) { Folders = Folders };

    private static ImageFolder OfPart(FolderParts parts, DataSplit wanted)
    {
        (DataSplit part, string path) = parts.Choose(wanted);
        FolderListing chosen = FolderListing.Of(path);
        FolderListing known = parts.Folders.TryGetValue(DataSplit.Train, out string? train) && part != DataSplit.Train ? FolderListing.Of(train) : chosen;
        List<string> remarks = [];
        if (part == DataSplit.Train)
        {
            chosen.MustHaveImages();
            foreach (string other in parts.Folders.Values.Where(other => other != path))
            {
                MustKnow(chosen, FolderListing.Of(other));
            }
        }
        else if (known != chosen)
        {
            MustKnow(known, chosen);
        }
        else
        {
            chosen.MustHaveImages();
        }

        IReadOnlyList<string>[] files = [.. known.Classes.Select(name => Label(chosen, name) is >= 0 and var own ? chosen.Files[own] : [])];
        string[] lacking = [.. known.Classes.Where((_, label) => files[label].Count == 0)];
        if (lacking.Length == known.Classes.Count)
        {
            throw new ZooException($"{path}: holds no images of {FolderListing.Enumerate(known.Classes)}.");
        }

        if (lacking.Length > 0)
        {
            remarks.Add($"{path}: holds no images of {FolderListing.Enumerate(lacking)}; what is measured on it says nothing of "
                + $"{(lacking.Length == 1 ? "that class" : "those classes")}.");
        }

        if (parts.Beside.Count > 0)
        {
            remarks.Add($"{parts.Root}: {FolderListing.Enumerate(parts.Beside)} {(parts.Beside.Count == 1 ? "is" : "are")} no part of the data beside "
                + $"{parts.Names} and {(parts.Beside.Count == 1 ? "was" : "were")} passed over.");
        }

        return Create(chosen, known.Classes, files, $"{NameOf(parts.Root)}/{FolderParts.NameOf(part)}", part, remarks,
            chosen.Summaries($"{Path.GetFileName(path)}/"));
    }

    // Every class is divided by itself, in an order that the seed and the class's place decide, so that another class's files do not change it.
    private static ImageFolder Share(FolderListing all, DataSplit wanted, SplitOptions split)
    {
        all.MustHaveImages();
        DataSplit part = wanted == DataSplit.Train ? DataSplit.Train : DataSplit.Test;
        var files = new IReadOnlyList<string>[all.Classes.Count];
        for (int label = 0; label < files.Length; label++)
        {
            IReadOnlyList<string> own = all.Files[label];
            int[] order = new SeededRandom(new SeededRandom(split.Seed).NextUInt64() ^ (ulong)label).Permutation(own.Count);
            int kept = split.ValCount(own.Count);
            int[] chosen = part == DataSplit.Test ? order[..kept] : order[kept..];
            Array.Sort(chosen);
            files[label] = [.. chosen.Select(i => own[i])];
        }

        string? taken = all.Classes.FirstOrDefault(name => FolderParts.PartOf(name) is not null) is { } like && all.Classes.Count > 1
            ? $"{all.Root}: '{like}' is taken for a class, as the folders beside it are."
            : null;
        string[] share = part == DataSplit.Test ? [split.Remark(all.Root, files.Sum(f => f.Count), all.Files.Sum(f => f.Count))] : [];
        return files.Any(f => f.Count > 0)
            ? Create(all, all.Classes, files, $"{NameOf(all.Root)}/{FolderParts.NameOf(part)}", part, taken is null ? share : [taken, .. share],
                all.Summaries(""))
            : throw new ZooException($"{all.Root}: too few images to keep some for the test (--val-share). Add a folder val beside train.");
    }

    private static ImageFolder Create(FolderListing listing, IReadOnlyList<string> classes, IReadOnlyList<string>[] files, string name, DataSplit part,
        IReadOnlyList<string> remarks, IReadOnlyList<FolderSummary> folders) => new(
            new DatasetInfo(name, $"image files in {listing.Root}", "as the files' owner says", classes) { Split = part },
            [.. files.SelectMany(f => f)],
            [.. files.SelectMany((f, label) => Enumerable.Repeat(label, f.Count))])
        { Remarks = classes.Count == 1 ? [OneClass(listing), .. remarks] : remarks, Folders = folders };

    // Mostly the folder above was given, or the one below.
    private static string OneClass(FolderListing listing)
    {
        IReadOnlyList<string> inner = listing.Inner(0);
        return $"{listing.Root}: holds one folder, '{listing.Classes[0]}', and so one class." + (inner.Count > 1
            ? $" In it are the folders {FolderListing.Enumerate(inner)}: if those are the classes, give {Path.Combine(listing.Root, listing.Classes[0])}."
            : " The folder to give is the one whose folders are the classes.");
    }

    private static void MustKnow(FolderListing train, FolderListing other)
    {
        string[] unknown = [.. other.Classes.Where((name, label) => Label(train, name) < 0 && other.Files[label].Count > 0)];
        if (unknown.Length > 0)
        {
            throw new ZooException($"{other.Root}: has {(unknown.Length == 1 ? "the class" : "the classes")} {FolderListing.Enumerate(unknown)}, which "
                + $"{Path.GetFileName(train.Root)} lacks: it has {FolderListing.Enumerate(train.Classes)}.{NearestName.Hint(unknown[0], train.Classes)}");
        }
    }

    private static int Label(FolderListing listing, string name)
    {
        for (int label = 0; label < listing.Classes.Count; label++)
        {
            if (listing.Classes[label].Equals(name, StringComparison.Ordinal))
            {
                return label;
            }
        }

        return -1;
    }
}
