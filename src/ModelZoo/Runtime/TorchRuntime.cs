using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace ModelZoo.Runtime;

/// <summary>
/// What must happen before TorchSharp loads libtorch: the process's settings (<see cref="ProcessSettings"/>), and on Linux the choice of the libraries (<see cref="TorchLibraries"/>).
/// Every assembly of the zoo asks for it when it is loaded. An app that calls TorchSharp before any type of the zoo calls <see cref="Initialize"/> first.
/// </summary>
public static class TorchRuntime
{
    private static readonly Lazy<TorchLibraries?> Libraries = new(Load);

    /// <summary>Where libtorch was loaded from: a folder, or null where TorchSharp's own search finds it (the package's, on Windows and macOS).</summary>
    /// <exception cref="ZooException">It cannot be loaded.</exception>
    public static string? Folder => Libraries.Value?.Folder;

    /// <summary>Applies the settings and loads libtorch where that is the zoo's task. Calls after the first do nothing.</summary>
    /// <exception cref="ZooException">A library is missing or cannot be loaded; the message says which, why, and what to do.</exception>
    public static void Initialize() => _ = Libraries.Value;

    private static TorchLibraries? Load()
    {
        ProcessSettings.Apply();
        NativeLibrary.SetDllImportResolver(typeof(TorchRuntime).Assembly, Resolve);

        // TorchSharp's own search does well on Windows and macOS. On Linux it stumbles over an older libstdc++, and then copies the package's 0.5 GB beside the app. What is loaded
        // already it finds by the libraries' own names.
        return OperatingSystem.IsLinux() || TorchLibraries.NamedFolder is not null ? TorchLibraries.Load() : null;
    }

    // The zoo calls some of libtorch's exported C functions itself.
    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != "torch_cpu")
        {
            return 0;
        }

        if (Libraries.Value is { } libraries)
        {
            return libraries.TorchCpu;
        }

        torch.InitializeDeviceType(DeviceType.CPU);
        return NativeLibrary.TryLoad(name, typeof(torch).Assembly, path, out nint library) ? library : 0;
    }
}
