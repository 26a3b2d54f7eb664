using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace ModelZoo.Runtime;

/// <summary>
/// What must happen before TorchSharp loads libtorch: the process's settings, and on Linux the choice of the libraries.
/// Every assembly of the zoo asks for it when it is loaded. An app that calls TorchSharp before any type of the zoo calls <see cref="Initialize"/> first.
/// </summary>
/// <remarks>
/// The settings, on Linux: GOMP_SPINCOUNT and OMP_NUM_THREADS for OpenMP, and glibc's malloc keeps freed memory. What the environment says already stays as it
/// is, and child processes get the environment as it was. The AppContext switch <c>ModelZoo.KeepProcessSettings</c> leaves the process alone: <c>true</c> for
/// it in the app's runtimeconfig.json (<c>RuntimeHostConfigurationOption</c> in the project), or <see cref="AppContext.SetSwitch"/> before the library is
/// touched.
/// </remarks>
public static class TorchRuntime
{
    private static readonly Lazy<TorchLibraries?> Libraries = new(Load);
    private static readonly ConcurrentDictionary<string, nint> Named = new(StringComparer.Ordinal);

    /// <summary>Where libtorch was loaded from: a folder, or null where TorchSharp's own search finds it (the package's, on Windows and macOS).</summary>
    /// <exception cref="ZooException">It cannot be loaded.</exception>
    public static string? Folder => Libraries.Value?.Folder;

    /// <summary>What a user should know of how the machine computes; null for nothing.</summary>
    public static string? Remark => ProcessSettings.AvoidsOneDnn
        ? "this machine hides its processor's caches (CPUID), with which oneDNN would compute wrong convolutions: they run without it, about three times "
            + "slower. ONEDNN_MAX_CPU_ISA=ALL in the environment uses it all the same."
        : ProcessorCaches.Hidden
            ? "this machine hides its processor's caches (CPUID), and oneDNN is used all the same: convolutions may be wrong. `zoo verify` shows which."
            : null;

    /// <summary>Applies the settings and loads libtorch where that is the zoo's task. Calls after the first do nothing.</summary>
    /// <exception cref="ZooException">A library is missing or cannot be loaded; the message says which, why, and what to do.</exception>
    public static void Initialize() => _ = Libraries.Value;

    /// <summary>
    /// Takes as little memory as the work allows, at the price of time: what is freed goes back to the system at once. On Linux with glibc; elsewhere the
    /// system decides. It lasts until the process ends, and does most where no tensor was made before. Training resnet20 on CIFAR-10 in batches of 128 so takes
    /// 420 MB instead of 760, and a third more time.
    /// </summary>
    /// <returns>Whether anything changed.</returns>
    public static bool SaveMemory()
    {
        Initialize();
        return ProcessSettings.ReleaseFreedMemory();
    }

    /// <summary>Says where the library is that LibraryImport calls by a name of ours, since systems and vendors call it differently.</summary>
    internal static void Provide(string name, nint library) => Named[name] = library;

    private static TorchLibraries? Load()
    {
        ProcessSettings.Apply();
        NativeLibrary.SetDllImportResolver(typeof(TorchRuntime).Assembly, Resolve);

        // TorchSharp's own search does well on Windows and macOS. On Linux it stumbles over an older libstdc++, and then copies the package's 0.5 GB beside the
        // app. What is loaded already it finds by the libraries' own names.
        TorchLibraries? libraries = OperatingSystem.IsLinux() || TorchLibraries.NamedFolder is not null ? TorchLibraries.Load() : null;
        if (libraries is not null && ProcessSettings.AvoidsOneDnn)
        {
            DisableOneDnn(libraries.TorchCpu);
        }

        return libraries;
    }

    // at::globalContext().setUserEnabledMkldnn(false), which TorchSharp does not export. Without it the environment's limit to SSE 4.1 stays, which is slower.
    // NNPACK would be next in line: it takes no such machine, and writes a warning for every convolution.
    private static unsafe void DisableOneDnn(nint torchCpu)
    {
        if (NativeLibrary.TryGetExport(torchCpu, "_ZN2at13globalContextEv", out nint context)
            && NativeLibrary.TryGetExport(torchCpu, "_ZN2at7Context20setUserEnabledNNPACKEb", out nint nnpack)
            && NativeLibrary.TryGetExport(torchCpu, "_ZN2at7Context20setUserEnabledMkldnnEb", out nint oneDnn))
        {
            nint global = ((delegate* unmanaged<nint>)context)();
            ((delegate* unmanaged<nint, byte, void>)nnpack)(global, 0);
            ((delegate* unmanaged<nint, byte, void>)oneDnn)(global, 0);
        }
    }

    // The zoo calls some of libtorch's exported C functions itself.
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != "torch_cpu")
        {
            return Named.GetValueOrDefault(name);
        }

        if (Libraries.Value is { } libraries)
        {
            return libraries.TorchCpu;
        }

        torch.InitializeDeviceType(DeviceType.CPU);
        return NativeLibrary.TryLoad(name, typeof(torch).Assembly, path, out nint library) ? library : 0;
    }
}
