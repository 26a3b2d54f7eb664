using System.Runtime.InteropServices;

namespace TorchSharp.Interop;

/// <summary>Finds and loads the native shim, once.</summary>
internal static class Shim
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

        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException e)
        {
            throw new DllNotFoundException($"{path} does not load; is libtorch installed (scripts/setup installs libtorch-dev)? {e.Message}", e);
        }
    }
}
