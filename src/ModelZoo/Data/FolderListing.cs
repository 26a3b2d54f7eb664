namespace ModelZoo.Data;

/// <summary>The class folders of a folder and the picture files in and below each.</summary>
/// <param name="Root">The folder, as it was given.</param>
/// <param name="Classes">The names of its folders, in ordinal order; hidden ones (with a leading dot) are left out.</param>
/// <param name="Found">Of each class; listed when first asked for.</param>
internal sealed record FolderListing(string Root, IReadOnlyList<string> Classes, LazyList<PictureFiles> Found)
{
    /// <summary>Of each class, in ordinal order of the paths; listed when first asked for.</summary>
    public LazyList<IReadOnlyList<string>> Files { get; } = new(Classes.Count, label => Found[label].Files);

    /// <summary>What was found in each class folder; and beside them, if anything.</summary>
    /// <param name="prefix">What the folder is called: "train/", or nothing.</param>
    public IReadOnlyList<FolderSummary> Summaries(string prefix)
    {
        PictureFiles beside = PictureFiles.In(Root);
        Dictionary<string, int> others = new(beside.PassedOver);
        foreach (string picture in beside.Files)
        {
            string kind = $"{Path.GetExtension(picture).ToLowerInvariant()} in no class folder".TrimStart();
            others[kind] = others.GetValueOrDefault(kind) + 1;
        }

        FolderSummary[] classes = [.. Classes.Select((name, label) => new FolderSummary(prefix + name, Found[label].Files.Count, Found[label].PassedOver))];
        return others.Count == 0 ? classes : [new(prefix.Length > 0 ? prefix.TrimEnd('/') : ".", 0, others), .. classes];
    }

    /// <exception cref="ZooException">The folder is missing, cannot be read or has no folders.</exception>
    public static FolderListing Of(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new ZooException(File.Exists(root)
                ? $"{root}: is a file. Give the folder that holds one folder of images a class."
                : $"{root}: no such folder. Give the folder that holds train and val, or one folder of images a class.");
        }

        string[] classes = [.. Guard(root, () => Directory.GetDirectories(root)).Select(Path.GetFileName).Where(name => name is not null && !IsHidden(name))
            .Order(StringComparer.Ordinal)!];
        if (Array.Find(classes, name => FileAccessError.HasNoName(Path.Combine(root, name))) is { } nameless)
        {
            throw new ZooException($"{root}: the name of the class folder '{nameless}' is not in UTF-8, so that it cannot be opened. Rename it.");
        }

        return classes.Length > 0
            ? new(root, classes, new(classes.Length, label => PictureFiles.Below(Path.Combine(root, classes[label]))))
            : throw new ZooException($"{root}: holds no folders. Images go into one folder a class: {Path.Combine(root, "cat", "1.jpg")}.");
    }

    /// <exception cref="ZooException">A class has no images; the message names each such class.</exception>
    public void MustHaveImages()
    {
        string[] empty = [.. Classes.Where((_, label) => Files[label].Count == 0)];
        if (empty.Length > 0)
        {
            throw new ZooException($"{Root}: {(empty.Length == 1 ? "the class folder" : "the class folders")} {Enumerate(empty)} "
                + $"{(empty.Length == 1 ? "holds" : "hold")} no images "
                + $"({string.Join(", ", PictureFiles.Endings)}). Put some in, or remove {(empty.Length == 1 ? "it" : "them")}.");
        }
    }

    /// <summary>The folders in a class folder.</summary>
    public IReadOnlyList<string> Inner(int label)
    {
        string folder = Path.Combine(Root, Classes[label]);
        return [.. Guard(folder, () => Directory.GetDirectories(folder)).Select(inner => Path.GetFileName(inner)).Where(name => !IsHidden(name))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Names for a message: the first five, and how many there are besides.</summary>
    public static string Enumerate(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(5).Select(name => $"'{name}'")) + (names.Count > 5 ? $" and {names.Count - 5} more" : "");

    private static bool IsHidden(string name) => name.StartsWith('.');

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileAccessError.Reading(path, e);
        }
    }
}

/// <summary>A list of a fixed length whose items are made when they are first asked for. Threads may share one.</summary>
internal sealed class LazyList<T>(int count, Func<int, T> make) : IReadOnlyList<T>
{
    private readonly Lazy<T>[] items = [.. Enumerable.Range(0, count).Select(i => new Lazy<T>(() => make(i)))];

    public int Count => items.Length;

    public T this[int index] => items[index].Value;

    public IEnumerator<T> GetEnumerator() => items.Select(item => item.Value).GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
