using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>Finds and loads the native shim, once.</summary>
internal static partial class Shim
{
    private const string FileName = "libmodelzoo_torch.so";
    private static readonly Lazy<nint> Handle = new(LoadOnce);

    internal static nint Load() => Handle.Value;

    private static nint LoadOnce()
    {
        string? chosen = Environment.GetEnvironmentVariable("MODELZOO_TORCH_SHIM");
        string path = string.IsNullOrEmpty(chosen) ? Path.Combine(AppContext.BaseDirectory, FileName) : chosen;
        if (!File.Exists(path))
        {
            throw new DllNotFoundException($"{path} is missing: the shim over the system's libtorch has not been built. Run scripts/setup, then build again.");
        }

        BePatientBriefly();
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException e)
        {
            throw new DllNotFoundException($"{path} does not load; is libtorch installed (scripts/setup installs libtorch-dev)? {e.Message}", e);
        }
    }

    /// <summary>
    /// OpenMP's idle threads spin by default, for milliseconds: on a machine that does something else too, each parallel loop then waits for a thread that is not running,
    /// and LeNet-5's training was measured 20 times slower. A short spin keeps the speed of an idle machine. The library reads this when it is loaded,
    /// and only from the process's own environment, which .NET's does not reach.
    /// </summary>
    private static void BePatientBriefly()
    {
        if (OperatingSystem.IsLinux())
        {
            SetEnvironment("GOMP_SPINCOUNT", "2000", overwrite: 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
