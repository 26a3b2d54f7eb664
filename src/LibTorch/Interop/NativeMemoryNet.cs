namespace TorchSharp.Interop;

/// <summary>
/// The garbage collector does not see tensors' memory: code without dispose scopes could fill the machine before a collection.
/// This counts freshly allocated storage and collects every 256 MiB of it (AddMemoryPressure was measured far slower).
/// </summary>
internal static class NativeMemoryNet
{
    private const int PeriodKiB = 256 * 1024;
    [ThreadStatic] private static int allocatedKiB;
    private static int collections;

    internal static void Allocated(int kib)
    {
        if ((allocatedKiB += kib) >= PeriodKiB)
        {
            allocatedKiB = 0;
            Collect();
        }
    }

    // Mostly the youngest generation; now and then the older ones, for tensors that lived through a collection inside a long forward.
    private static void Collect()
    {
        int n = Interlocked.Increment(ref collections);
        GC.Collect(n % 32 == 0 ? 2 : n % 4 == 0 ? 1 : 0, GCCollectionMode.Forced, blocking: true);
    }
}
