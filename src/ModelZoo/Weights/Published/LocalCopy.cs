namespace ModelZoo.Weights;

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
