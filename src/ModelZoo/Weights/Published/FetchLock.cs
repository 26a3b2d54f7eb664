namespace ModelZoo.Weights;

/// <summary>Lets one process at a time write a file of the cache. The empty lock file stays behind: deleting it would let two others each lock one of their own.</summary>
internal static class FetchLock
{
    private const int Held = 11; // EWOULDBLOCK
    private const int HeldOnMac = 35;
    private const int HeldOnWindows = unchecked((int)0x80070020); // ERROR_SHARING_VIOLATION

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
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            }
            catch (IOException e) when (e.HResult is Held or HeldOnMac or HeldOnWindows)
            {
                if (first)
                {
                    waiting();
                }

                await Task.Delay(Pause, cancel).ConfigureAwait(false);
            }
        }
    }
}
