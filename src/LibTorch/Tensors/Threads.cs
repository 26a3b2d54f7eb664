using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Threads that one operation may use. The default is every core (or OMP_NUM_THREADS).</summary>
    public static int get_num_threads()
    {
        Runtime.EnsureLoaded();
        return Native.zoo_get_num_threads();
    }

    public static void set_num_threads(int num)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(num, 1);
        Runtime.EnsureLoaded();
        Native.Check(Native.zoo_set_num_threads(num));
    }

    public static int get_num_interop_threads()
    {
        Runtime.EnsureLoaded();
        return Native.zoo_get_num_interop_threads();
    }

    public static void set_num_interop_threads(int num)
    {
        Runtime.EnsureLoaded();
        Native.Check(Native.zoo_set_num_interop_threads(num));
    }
}
