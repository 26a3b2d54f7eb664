using System.Runtime.CompilerServices;

namespace TorchSharp.Interop;

/// <summary>libtorch's life in this process: set up before the first operator, left alone once the process ends.</summary>
internal static class Runtime
{
    private static volatile bool exiting;
    private static int freeing;

    static Runtime()
    {
        Native.Check(Native.zoo_init());
        Native.zoo_set_num_threads(DefaultThreads());
        AppDomain.CurrentDomain.ProcessExit += static (_, _) => Stop();
    }

    /// <summary>Runs the static constructor, once.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void EnsureLoaded()
    {
    }

    /// <summary>Frees a native object from a finalizer, unless libtorch's own destructors may already be running.</summary>
    internal static void FreeFromFinalizer(nint handle, Action<nint> free)
    {
        Interlocked.Increment(ref freeing);
        if (!exiting)
        {
            free(handle);
        }

        Interlocked.Decrement(ref freeing);
    }

    private static int DefaultThreads() =>
        int.TryParse(Environment.GetEnvironmentVariable("OMP_NUM_THREADS"), out int n) && n > 0 ? n : Math.Max(1, Environment.ProcessorCount);

    private static void Stop()
    {
        exiting = true;
        SpinWait.SpinUntil(static () => Volatile.Read(ref freeing) == 0, 1000);
    }
}
