namespace ModelZoo.Imaging;

/// <summary>
/// How much memory the pictures may take that are being decoded and fitted at one time in this process: a quarter of the machine's, at most 1 GiB. A thread
/// whose picture does not fit beside the others waits; one that is larger than the budget is decoded alone.
/// </summary>
internal sealed class DecodeMemory(long limit)
{
    private readonly object gate = new();
    private long taken;

    public static DecodeMemory Shared { get; } = new(Math.Min(1L << 30, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4));

    /// <summary>The most that was taken at one time.</summary>
    public long Peak { get; private set; }

    /// <summary>Waits until there is room for so many bytes; disposing the result gives them back.</summary>
    public Lease Take(long bytes)
    {
        lock (gate)
        {
            while (taken > 0 && taken + bytes > limit)
            {
                Monitor.Wait(gate);
            }

            taken += bytes;
            Peak = Math.Max(Peak, taken);
            return new Lease(this, bytes);
        }
    }

    private void Return(long bytes)
    {
        lock (gate)
        {
            taken -= bytes;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Memory that a picture takes.</summary>
    internal readonly struct Lease(DecodeMemory owner, long bytes) : IDisposable
    {
        public void Dispose() => owner.Return(bytes);
    }
}
