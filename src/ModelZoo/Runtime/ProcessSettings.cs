using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace ModelZoo.Runtime;

/// <summary>
/// Settings of the process that decide about libtorch's speed and must be made before it loads. Whatever the environment says already stays as it is, and
/// processes that the app starts get the environment as it was.
/// </summary>
/// <remarks>
/// On Linux only. OpenMP's threads spin a short while for more work, not for ever: beside a second busy process they would steal each other's time, and a
/// training step took 25 times as long. glibc keeps freed memory instead of returning it to the kernel: a training step maps the same activations anew each
/// time, which cost up to a fifth of it. An app that wants none of this sets <see cref="KeepSwitch"/>.
/// </remarks>
internal static partial class ProcessSettings
{
    /// <summary>
    /// The AppContext switch that leaves the process as it is: in the app's project
    /// <c>&lt;RuntimeHostConfigurationOption Include="ModelZoo.KeepProcessSettings" Value="true" /&gt;</c>, which goes into its runtimeconfig.json, or
    /// <c>AppContext.SetSwitch("ModelZoo.KeepProcessSettings", true)</c> before the library is touched.
    /// </summary>
    public const string KeepSwitch = "ModelZoo.KeepProcessSettings";

    // In turns of a loop, a few microseconds: enough to bridge the gap between two operators.
    private const string SpinCount = "5000";

    private const string VisibleGpus = "CUDA_VISIBLE_DEVICES";

    // malloc.h
    private const int TrimThreshold = -1, TopPad = -2, MmapThreshold = -3, ArenaMax = -8;

    // Larger blocks than activations are, such as a test's whole data or VGG's first linear layer, still go back when they are freed.
    private const int LargeBlock = 256 << 20;

    // Smaller blocks are many, and mapping each would cost more than it saves.
    private const int SmallBlock = 2 << 20;

    // The most that glibc before 2.35 takes.
    private const int SmallMmapThreshold = 32 << 20;

    /// <summary>Whether oneDNN would compute wrongly here (<see cref="ProcessorCaches"/>) and is not to be used.</summary>
    public static bool AvoidsOneDnn { get; private set; }

    public static void Apply()
    {
        if (!OperatingSystem.IsLinux() || (AppContext.TryGetSwitch(KeepSwitch, out bool keep) && keep))
        {
            return;
        }

        // Makes .NET take its own copy of the environment, the one that it hands to child processes, before the changes below.
        _ = Environment.GetEnvironmentVariables();
        if (!Says("OMP_WAIT_POLICY") && !Says("GOMP_SPINCOUNT"))
        {
            Set("GOMP_SPINCOUNT", SpinCount);
        }

        if (ProcessorCaches.Hidden && !Says("ONEDNN_MAX_CPU_ISA") && !Says("DNNL_MAX_CPU_ISA"))
        {
            Set("ONEDNN_MAX_CPU_ISA", "SSE41"); // right, but slow: TorchRuntime also takes oneDNN out of the convolutions
            AvoidsOneDnn = true;
        }

        // libtorch counts the machine's cores; .NET those that a container lets it use.
        if (!Says("OMP_NUM_THREADS") && !Says("MKL_NUM_THREADS") && !Says("OMP_THREAD_LIMIT"))
        {
            Set("OMP_NUM_THREADS", Environment.ProcessorCount.ToString(CultureInfo.InvariantCulture));
        }

        // One rank, one GPU: the first that libtorch sees.
        if (Launcher.OfProcess?.OwnGpu(Environment.GetEnvironmentVariable(VisibleGpus)) is { } gpu)
        {
            Set(VisibleGpus, gpu, overwrite: 1);
        }

        if (!Says("MALLOC_TRIM_THRESHOLD_") && !Says("MALLOC_TOP_PAD_") && !Says("MALLOC_MMAP_THRESHOLD_") && !Says("GLIBC_TUNABLES"))
        {
            KeepFreedMemory();
        }
    }

    /// <summary>
    /// Gives the memory that malloc keeps free back to the system. For the moment between two kinds of work: what one leaves in pieces serves the other badly,
    /// and the heap would grow for both.
    /// </summary>
    public static void ReturnFreedMemory()
    {
        try
        {
            _ = OperatingSystem.IsLinux() ? MallocTrim(0) : 0;
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no malloc_trim.
        }
    }

    /// <summary>
    /// From now on every larger block is mapped for itself and goes back to the system when it is freed. Mapping costs time, and a heap without such blocks
    /// does not grow by what they leave in pieces.
    /// </summary>
    /// <returns>Whether the system's malloc can do that.</returns>
    public static bool ReleaseFreedMemory()
    {
        if (OperatingSystem.IsLinux() && !Says("THP_MEM_ALLOC_ENABLE"))
        {
            Set("THP_MEM_ALLOC_ENABLE", "1"); // libtorch then asks for huge pages, a fault each instead of 512; it looks at its first allocation only
        }

        try
        {
            return OperatingSystem.IsLinux() && MallOpt(MmapThreshold, SmallBlock) != 0 && MallOpt(TopPad, SmallBlock) != 0
                && MallOpt(TrimThreshold, SmallBlock) != 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false; // musl gives everything back as it is
        }
    }

    /// <summary>Sets a variable for native libraries that are not loaded yet, unless the environment has it.</summary>
    public static void Suggest(string name, string value)
    {
        if (!OperatingSystem.IsWindows() && !Says(name))
        {
            Set(name, value);
        }
    }

    private static bool Says(string name) => Environment.GetEnvironmentVariable(name) is not null;

    // Environment.SetEnvironmentVariable changes .NET's copy alone; native libraries ask getenv.
    private static void Set(string name, string value, int overwrite = 0)
    {
        if (SetEnv(name, value, overwrite) != 0)
        {
            throw new InvalidOperationException($"setenv {name} failed: error {Marshal.GetLastPInvokeError()}.");
        }
    }

    private static void KeepFreedMemory()
    {
        try
        {
            // One heap for all threads: each thread's own would keep what that thread once needed.
            _ = MallOpt(ArenaMax, 1);
            if (MallOpt(MmapThreshold, LargeBlock) == 0)
            {
                _ = MallOpt(MmapThreshold, SmallMmapThreshold);
            }

            _ = MallOpt(TrimThreshold, int.MaxValue);
            _ = MallOpt(TopPad, 64 << 20);
        }
        catch (EntryPointNotFoundException)
        {
            // musl has no mallopt; nothing depends on it but speed.
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int SetEnv(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);
}

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
