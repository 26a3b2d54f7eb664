using System.Runtime.Intrinsics.X86;

namespace ModelZoo.Transfer;

/// <summary>What the processor computes by itself.</summary>
internal static class Processor
{
    // Intel's manual, CPUID: leaf 7, subleaf 1, EAX bit 5 is AVX512_BF16; leaf 7, subleaf 0, EDX bit 22 is AMX-BF16.
    private const int Features = 7, Avx512Bf16 = 1 << 5, AmxBf16 = 1 << 22;

    /// <summary>Whether it multiplies in bfloat16; elsewhere bfloat16 is emulated and slower than float32.</summary>
    public static bool ComputesBFloat16 { get; } = X86Base.IsSupported && Avx512F.IsSupported
        && ((X86Base.CpuId(Features, 1).Eax & Avx512Bf16) != 0 || (X86Base.CpuId(Features, 0).Edx & AmxBf16) != 0);
}
