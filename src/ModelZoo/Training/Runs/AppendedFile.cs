namespace ModelZoo.Training;

/// <summary>A file that grows, and can be cut back to where a saved state left it.</summary>
internal sealed class AppendedFile : IDisposable
{
    private readonly FileStream stream;

    /// <param name="path">The file; made where it is not there.</param>
    /// <param name="length">What is kept of it; 0 begins anew.</param>
    /// <exception cref="ZooException">It cannot be written.</exception>
    public AppendedFile(string path, long length)
    {
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 1);
            stream.SetLength(Math.Min(length, stream.Length));
            stream.Seek(0, SeekOrigin.End);
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Writing(path, error);
        }
    }

    public long Length => stream.Length;

    /// <summary>Adds bytes, all of them in one write.</summary>
    public void Append(ReadOnlySpan<byte> bytes) => stream.Write(bytes);

    /// <summary>Makes sure that what was added survives a loss of power.</summary>
    public void ToDisk() => stream.Flush(flushToDisk: true);

    public void Dispose() => stream.Dispose();
}
