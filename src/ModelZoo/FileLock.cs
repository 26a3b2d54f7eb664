namespace ModelZoo;

/// <summary>
/// A file that one holder at a time has open. The operating system lets go of it when its process ends, however that ends, so a lock is never left behind; the
/// empty file is, because deleting it would let two others each lock one of their own.
/// </summary>
internal static class FileLock
{
    private const int Held = 11; // EWOULDBLOCK
    private const int HeldOnMac = 35;
    private const int HeldOnWindows = unchecked((int)0x80070020); // ERROR_SHARING_VIOLATION

    /// <summary>Takes it, and holds it until the result is disposed; null where another holder has it, in this process or another.</summary>
    /// <exception cref="IOException">The file can't be made or opened.</exception>
    /// <exception cref="UnauthorizedAccessException">As before.</exception>
    public static IDisposable? TryTake(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException e) when (e.HResult is Held or HeldOnMac or HeldOnWindows)
        {
            return null;
        }
    }
}
