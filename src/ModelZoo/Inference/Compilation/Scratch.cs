using System.Runtime.InteropServices;

namespace ModelZoo.Inference.Compilation;

/// <summary>Memory of the calling thread for the inside of a kernel, for as long as the thread lives.</summary>
internal static unsafe class Scratch
{
    [ThreadStatic]
    private static nint memory;

    [ThreadStatic]
    private static long length;

    /// <summary>At least so many floats, at a multiple of 64 bytes. What was there before is lost where it has to grow.</summary>
    public static float* Floats(long count)
    {
        if (length < count)
        {
            NativeMemory.AlignedFree((void*)memory);
            length = 0;
            memory = (nint)NativeMemory.AlignedAlloc((nuint)count * sizeof(float), 64);
            length = count;
        }

        return (float*)memory;
    }
}
