using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Training.Precision;

/// <summary>Whether bfloat16 is computed by the machine itself; elsewhere it is emulated, slower than float32.</summary>
public static class Bfloat16
{
    // Intel's manual, volume 2A, CPUID: leaf 7, subleaf 1, EAX bit 5: AVX512_BF16; leaf 7, subleaf 0, EDX bit 22: AMX-BF16.
    private const int Avx512Bf16 = 1 << 5;
    private const int AmxBf16 = 1 << 22;

    /// <summary>Whether this processor multiplies bfloat16 (AVX-512-BF16 or AMX-BF16).</summary>
    public static bool OnProcessor { get; } = Detect();

    /// <summary>Whether a device computes in bfloat16: a processor with AVX-512-BF16 or AMX-BF16, or a CUDA device, all of which that libtorch 2.5 still supports take it.</summary>
    public static bool IsFastOn(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return device.type == DeviceType.CUDA || (device.type == DeviceType.CPU && OnProcessor);
    }

    private static bool Detect()
    {
        if (!X86Base.IsSupported || !Avx512F.IsSupported || X86Base.CpuId(0, 0).Eax < 7)
        {
            return false;
        }

        (int subleaves, _, _, int edx) = X86Base.CpuId(7, 0);
        return (edx & AmxBf16) != 0 || (subleaves >= 1 && (X86Base.CpuId(7, 1).Eax & Avx512Bf16) != 0);
    }
}
