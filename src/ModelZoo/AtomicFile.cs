namespace ModelZoo;

/// <summary>Writes files so that a reader sees either the old content or the complete new one, never a part.</summary>
public static class AtomicFile
{
    private static readonly HashSet<string> UnderWay = new(StringComparer.Ordinal);
    private static readonly Lock Gate = new();
    private static bool abandoned;

    /// <summary>
    /// Calls <paramref name="write"/> on a temporary file in the folder of <paramref name="path"/>, flushes it to the disk, then renames it over
    /// <paramref name="path"/>. When anything fails (full disk, an exception of <paramref name="write"/>, a rename that is refused) the temporary file is
    /// deleted and an existing file stays as it was.
    /// </summary>
    /// <param name="path">The file to create or replace. A symbolic link is followed; a device such as <c>/dev/null</c> or <c>/dev/stdout</c> is written
    /// directly.</param>
    /// <param name="write">Writes the content, from first byte to last.</param>
    /// <exception cref="ZooException">The file cannot be written; the message names it. Exceptions of <paramref name="write"/> that are not about files pass
    /// unchanged.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(write);
        try
        {
            if (IsDevice(path))
            {
                using var device = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                write(device);
            }
            else
            {
                Replace(FinalTarget(path), write);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FileAccessError.Writing(path, error);
        }
    }

    /// <summary>
    /// Deletes the temporary files that are being written, and begins no others: for a program that is about to end in the middle of its work.
    /// </summary>
    public static void Abandon()
    {
        lock (Gate)
        {
            abandoned = true;
            foreach (string temporary in UnderWay)
            {
                TryDelete(temporary);
            }
        }
    }

    private static void Replace(string target, Action<Stream> write)
    {
        if (Directory.Exists(target))
        {
            throw new UnauthorizedAccessException($"'{target}' is a folder.");
        }

        string temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (FileStream stream = Create(temporary))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
        finally
        {
            lock (Gate)
            {
                UnderWay.Remove(temporary);
            }
        }
    }

    private static FileStream Create(string temporary)
    {
        lock (Gate)
        {
            var stream = abandoned
                ? throw new OperationCanceledException("The program is ending.")
                : new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
            UnderWay.Add(temporary);
            return stream;
        }
    }

    private static string FinalTarget(string path)
    {
        string full = Path.GetFullPath(path);
        var file = new FileInfo(full);
        return file.LinkTarget is null ? full : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
    }

    // A rename would put a plain file in the place of the device.
    private static bool IsDevice(string path)
    {
        string full = Path.GetFullPath(path);
        return !OperatingSystem.IsWindows()
            && (full.StartsWith("/dev/", StringComparison.Ordinal) || full.StartsWith("/proc/", StringComparison.Ordinal))
            && !full.StartsWith("/dev/shm/", StringComparison.Ordinal);
    }

    // The error that led here matters more than a temporary file that refuses to go.
    private static void TryDelete(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}
