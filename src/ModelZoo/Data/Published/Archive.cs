using System.Formats.Tar;
using System.IO.Compression;

namespace ModelZoo.Data;

/// <summary>Takes known files out of a .tar.gz: nothing else is written, whatever names the archive holds, and none of more bytes than is known.</summary>
internal static class Archive
{
    /// <param name="path">The archive.</param>
    /// <param name="folder">Where the files go, side by side.</param>
    /// <param name="wanted">The last parts of the files' names, and the most bytes of each.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="ZooException">The archive is damaged, lacks a file, or a file is larger.</exception>
    public static void Unpack(string path, string folder, IReadOnlyList<(string Name, long MostBytes)> wanted, CancellationToken cancel = default)
    {
        var missing = wanted.ToDictionary(file => file.Name, file => file.MostBytes, StringComparer.Ordinal);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
            using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            using var tar = new TarReader(unzipped);
            while (missing.Count > 0 && tar.GetNextEntry() is { } entry)
            {
                cancel.ThrowIfCancellationRequested();
                string name = entry.Name[(entry.Name.LastIndexOf('/') + 1)..];
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || entry.DataStream is not { } content || !missing.TryGetValue(name, out long most))
                {
                    continue;
                }

                if (entry.Length > most)
                {
                    throw new ZooException($"{path}: its {name} has {entry.Length} bytes, more than the {most} that it can have. Fetch it again: `zoo data get … --force`.");
                }

                AtomicFile.Write(Path.Combine(folder, name), content.CopyTo);
                missing.Remove(name);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw new ZooException($"{path}: damaged archive ({e.Message}). Fetch it again: `zoo data get … --force`.", e);
        }
        catch (IOException e)
        {
            throw FileAccessError.Reading(path, e);
        }

        if (missing.Count > 0)
        {
            throw new ZooException($"{path}: lacks {string.Join(", ", missing.Keys)}. Is it the binary version?");
        }
    }
}
