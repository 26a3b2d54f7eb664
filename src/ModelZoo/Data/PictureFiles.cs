using ModelZoo.Imaging;

namespace ModelZoo.Data;

/// <summary>The pictures in and below a folder, and what else lies there.</summary>
/// <param name="Files">The pictures, in ordinal order of their paths.</param>
/// <param name="PassedOver">How many others there are, by their ending (".txt", in lower case) or in words ("hidden", "not a regular file").</param>
public sealed record PictureFiles(IReadOnlyList<string> Files, IReadOnlyDictionary<string, int> PassedOver)
{
    /// <summary>The endings that pictures have, in lower case. What a picture is, its content decides; these say which files are looked at.</summary>
    public static IReadOnlyList<string> Endings { get; } =
        [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".dib", ".gif", ".tif", ".tiff"];

    /// <summary>What <see cref="PassedOver"/> calls a file that cannot be opened by its name.</summary>
    internal const string NoName = "name not in UTF-8";

    /// <summary>
    /// Looks at every folder below once, also where links lead to it in a circle. A file counts as a picture if it has one of the <see cref="Endings"/> in any
    /// case, or no ending and the first bytes of a picture; only those without an ending are opened, and nothing but regular files.
    /// </summary>
    /// <exception cref="ZooException">A folder cannot be read.</exception>
    public static PictureFiles Below(string folder)
    {
        var walk = new PictureWalk();
        walk.Below(folder);
        return walk.Result();
    }

    /// <summary>The same for the files of a folder itself, without those below.</summary>
    internal static PictureFiles In(string folder)
    {
        var walk = new PictureWalk();
        walk.Look(folder);
        return walk.Result();
    }

    /// <summary>What a file is that counts as no picture; null for a picture.</summary>
    internal static string? Other(string file)
    {
        (string name, string ending) = (Path.GetFileName(file), Path.GetExtension(file));
        return name.StartsWith('.') ? "hidden"
            : !RegularFile.Is(file) ? RegularFile.Exists(file) ? "not a regular file" : FileAccessError.HasNoName(file) ? NoName : "broken link"
            : Endings.Contains(ending, StringComparer.OrdinalIgnoreCase) || (ending.Length <= 1 && IsPicture(file)) ? null
            : ending.Length <= 1 ? "no ending"
            : ending.ToLowerInvariant();
    }

    private static bool IsPicture(string file)
    {
        Span<byte> start = stackalloc byte[16];
        try
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return ImageDecoder.Recognizes(start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)]);
        }
        catch (Exception e) when (FileAccessError.Covers(e))
        {
            return false;
        }
    }
}

/// <summary>What was found in a folder.</summary>
/// <param name="Folder">Its name below the one that was given; "." for that itself.</param>
/// <param name="Pictures">How many pictures it gave.</param>
/// <param name="PassedOver">As in <see cref="PictureFiles"/>.</param>
public sealed record FolderSummary(string Folder, int Pictures, IReadOnlyDictionary<string, int> PassedOver)
{
    /// <summary>"bees: 8 pictures, 4 files passed over (.txt 3, hidden 1)".</summary>
    public override string ToString()
    {
        int others = PassedOver.Values.Sum();
        return $"{Folder}: {Pictures} picture{(Pictures == 1 ? "" : "s")}" + (others == 0 ? "" : $", {others} file{(others == 1 ? "" : "s")} passed over "
            + $"({string.Join(", ", PassedOver.OrderByDescending(kind => kind.Value).ThenBy(kind => kind.Key, StringComparer.Ordinal)
                .Select(kind => $"{kind.Key} {kind.Value}"))})");
    }
}

/// <summary>One walk through folders.</summary>
internal sealed class PictureWalk
{
    private const int MostNamed = 3;

    private readonly Queue<string> links = new();
    private readonly HashSet<string> entered = new(StringComparer.Ordinal);
    private readonly List<string> found = [];
    private readonly SortedDictionary<string, int> others = new(StringComparer.Ordinal);
    private int unnamed;

    public PictureFiles Result() => new([.. found.Order(StringComparer.Ordinal)], others);

    /// <summary>Looks at a folder and all below it, but not at those above it, to which a link may lead.</summary>
    public void Below(string folder)
    {
        for (string? above = Path.GetDirectoryName(Guard(folder, () => Real(folder))); above is not null; above = Path.GetDirectoryName(above))
        {
            entered.Add(above);
        }

        // Folders before links to folders: a folder that is reached both ways has its own name.
        Enter(folder);
        while (links.TryDequeue(out string? link))
        {
            Enter(link);
        }
    }

    private void Enter(string folder)
    {
        if (!entered.Add(Guard(folder, () => Real(folder))))
        {
            Count("link to a folder that was seen already");
            return;
        }

        Look(folder);

        foreach (string each in Guard(folder, () => Directory.GetDirectories(folder)).Order(StringComparer.Ordinal))
        {
            if (Path.GetFileName(each).StartsWith('.'))
            {
                Count("hidden folder");
            }
            else if (FileAccessError.HasNoName(each))
            {
                Count(Named(each, "folder with a " + PictureFiles.NoName));
            }
            else if (new DirectoryInfo(each).LinkTarget is not null)
            {
                links.Enqueue(each);
            }
            else
            {
                Enter(each);
            }
        }
    }

    /// <summary>Looks at the files of a folder, not below.</summary>
    public void Look(string folder)
    {
        foreach (string file in Guard(folder, () => Directory.GetFiles(folder)))
        {
            if (PictureFiles.Other(file) is { } other)
            {
                Count(other == PictureFiles.NoName ? Named(file, other) : other);
            }
            else
            {
                found.Add(file);
            }
        }
    }

    // The first few by name: nobody would find them otherwise.
    private string Named(string path, string kind) => ++unnamed <= MostNamed ? $"{kind}: '{Path.GetFileName(path)}'" : kind;

    private void Count(string kind) => others[kind] = others.GetValueOrDefault(kind) + 1;

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
