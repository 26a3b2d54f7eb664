using System.Text.Json;

namespace ModelZoo.Downloads;

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
        catch (Exception e) when (e is JsonException or InvalidOperationException || FileAccessError.Covers(e))
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

/// <summary>Lets one process at a time write a file of the cache (<see cref="FileLock"/>).</summary>
internal static class FetchLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until no one else holds it.</summary>
    /// <param name="target">The file that is to be written.</param>
    /// <param name="waiting">Called once, if there is anything to wait for.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal static async Task<IDisposable> TakeAsync(string target, Action waiting, CancellationToken cancel)
    {
        string path = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.lock");
        for (bool first = true; ; first = false)
        {
            cancel.ThrowIfCancellationRequested();
            if (FileLock.TryTake(path) is { } taken)
            {
                return taken;
            }

            if (first)
            {
                waiting();
            }

            await Task.Delay(Pause, cancel).ConfigureAwait(false);
        }
    }
}

/// <summary>Copies a file of this machine to a part.</summary>
internal static class LocalCopy
{
    internal static async Task RunAsync(string source, PartFile part, IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        string path = SourceAddress.Parse(source) is { } address ? address.LocalPath : Path.GetFullPath(source);
        using FileStream from = Open(path);
        part.Discard();
        try
        {
            using FileStream to = part.Append();
            var buffer = new byte[1 << 20];
            for (int read; (read = await from.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0;)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
                progress?.Report(new(to.Position, from.Length));
            }
        }
        catch
        {
            part.Discard(); // a copy is quicker begun anew than continued
            throw;
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.SequentialScan | FileOptions.Asynchronous);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileAccessError.Reading(path, e);
        }
    }
}
