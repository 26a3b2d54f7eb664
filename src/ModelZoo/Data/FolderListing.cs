namespace ModelZoo.Data;

/// <summary>The class folders of a folder and the image files in and below each, found without opening a file.</summary>
/// <param name="Root">The folder, as it was given.</param>
/// <param name="Classes">The names of its folders, in ordinal order; hidden ones (with a leading dot) are left out.</param>
/// <param name="Files">Of each class, in ordinal order of the paths; listed when first asked for.</param>
internal sealed record FolderListing(string Root, IReadOnlyList<string> Classes, LazyList<IReadOnlyList<string>> Files)
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png"];

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
        return classes.Length > 0
            ? new(root, classes, new(classes.Length, label => Find(Path.Combine(root, classes[label]))))
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
                + $"({string.Join(", ", Extensions)}). Put some in, or remove {(empty.Length == 1 ? "it" : "them")}.");
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

    // Links to folders are followed, as torchvision does, but none that leads back to a folder on the way down.
    private static List<string> Find(string folder)
    {
        var found = new List<string>();
        var passed = new HashSet<string>(StringComparer.Ordinal);
        for (string? above = Path.GetDirectoryName(Guard(folder, () => Real(folder))); above is not null; above = Path.GetDirectoryName(above))
        {
            passed.Add(above);
        }

        Walk(folder);
        found.Sort(StringComparer.Ordinal);
        return found;

        void Walk(string current)
        {
            string real = Guard(current, () => Real(current));
            if (!passed.Add(real))
            {
                return;
            }

            found.AddRange(Guard(current, () => Directory.GetFiles(current))
                .Where(file => !IsHidden(Path.GetFileName(file)) && Extensions.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase)));
            foreach (string inner in Guard(current, () => Directory.GetDirectories(current)).Where(inner => !IsHidden(Path.GetFileName(inner))))
            {
                Walk(inner);
            }

            passed.Remove(real);
        }
    }

    // The folder that a path ends at, through links at any of its steps.
    private static string Real(string path)
    {
        string full = Path.GetFullPath(path);
        if (Path.GetDirectoryName(full) is not { } parent)
        {
            return full;
        }

        var info = new DirectoryInfo(full);
        return info.LinkTarget is not null && info.ResolveLinkTarget(returnFinalTarget: true) is { } target
            ? Real(target.FullName)
            : Path.Combine(Real(parent), info.Name);
    }

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
