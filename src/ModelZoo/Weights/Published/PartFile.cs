using System.Text.Json;

namespace ModelZoo.Weights;

/// <summary>The beginning of a file that is being downloaded: <c>name.part</c>, and <c>name.part.json</c> saying what it is the beginning of.</summary>
internal sealed class PartFile(string target)
{
    private readonly string about = target + ".part.json";

    internal string Path { get; } = target + ".part";

    internal long Length => File.Exists(Path) ? new FileInfo(Path).Length : 0;

    /// <summary>What the part is the beginning of; null where there is none or it cannot be told, and then nothing is to be built on it.</summary>
    internal Origin? Read()
    {
        try
        {
            return File.Exists(Path) ? JsonSerializer.Deserialize<Origin>(File.ReadAllBytes(about)) : null;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Begins anew with an empty part. The origin is on the disk before the first byte is.</summary>
    internal void Begin(Origin origin)
    {
        Discard();
        AtomicFile.Write(about, stream => JsonSerializer.Serialize(stream, origin));
    }

    internal FileStream Append() => new(Path, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 1);

    /// <summary>Puts the complete part in its place, over whatever is there.</summary>
    internal void Finish()
    {
        using (var stream = new FileStream(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read))
        {
            stream.Flush(flushToDisk: true);
        }

        File.Move(Path, target, overwrite: true);
        File.Delete(about);
    }

    internal void Discard()
    {
        File.Delete(Path);
        File.Delete(about);
    }

    /// <param name="Address">Without query and user: a mirror's signed links change from day to day.</param>
    /// <param name="Validator">The ETag or the Last-Modified date, as the server wrote it.</param>
    /// <param name="Total">Bytes of the whole file, where the server said so.</param>
    internal sealed record Origin(string Address, string Validator, long? Total);
}
