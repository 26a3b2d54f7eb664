using System.Runtime.Intrinsics.X86;

namespace ModelZoo.Runtime;

/// <summary>
/// Whether the processor tells programs about its caches. Some virtual machines answer CPUID's questions about them with zeros. oneDNN 3.7, which libtorch 2.10
/// holds, then plans its AVX2 and AVX-512 convolutions for caches of one byte: wherever channels are no multiple of 8 or 16, outputs and gradients come out
/// wrong (a float32 3×3 from 1 to 8 channels: every gradient of its input), and a ResNet-50 ends in a division by zero. Up to SSE 4.1 it is right, as are
/// libtorch's own convolutions.
/// </summary>
internal static class ProcessorCaches
{
    private const int DeterministicCaches = 4, AmdLargestExtended = unchecked((int)0x80000000), AmdCaches = unchecked((int)0x8000001D);
    private const int TypeMask = 0x1F; // 0: no more caches

    /// <summary>Whether this processor's caches are hidden.</summary>
    public static bool Hidden { get; } = X86Base.IsSupported && Avx2.IsSupported && AreHidden(X86Base.CpuId);

    /// <summary>The same by the answers of a processor.</summary>
    /// <param name="cpuid">CPUID: function and sub-function in, four registers out.</param>
    internal static bool AreHidden(Func<int, int, (int Eax, int Ebx, int Ecx, int Edx)> cpuid)
    {
        (int largest, int vendor, _, _) = cpuid(0, 0);
        bool amd = vendor is 0x68747541 or 0x6F677948; // "Auth"enticAMD, "Hygo"nGenuine
        int leaf = amd ? AmdCaches : DeterministicCaches;
        uint most = (uint)(amd ? cpuid(AmdLargestExtended, 0).Eax : largest);
        return most >= (uint)leaf && (cpuid(leaf, 0).Eax & TypeMask) == 0;
    }
}
