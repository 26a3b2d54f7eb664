using System.Runtime.InteropServices;
using ModelZoo.Runtime;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// libtorch's C functions say why they refuse something on standard error alone, with the frames of its C++. Nobody who uses a program should see those.
/// </summary>
internal static unsafe class LibtorchLog
{
    private const int Fatal = 3;

    private static readonly Lock Gate = new();

    // What is less severe is not written; libc10's, which libtorch_cpu depends on.
    private static readonly Lazy<nint> Level = new(() => OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad("torch_cpu", typeof(TorchRuntime).Assembly, null, out nint library)
        && NativeLibrary.TryGetExport(library, "FLAGS_caffe2_log_level", out nint level) ? level : 0);

    private static int quiet;
    private static int usual;

    /// <summary>Until it is disposed of, only what ends the process is written. Threads may ask for it at the same time.</summary>
    public static IDisposable Quiet()
    {
        lock (Gate)
        {
            if (quiet++ == 0 && Level.Value != 0)
            {
                (usual, *(int*)Level.Value) = (*(int*)Level.Value, Fatal);
            }
        }

        return new Silence();
    }

    private sealed class Silence : IDisposable
    {
        private bool ended;

        public void Dispose()
        {
            lock (Gate)
            {
                if (!ended && --quiet == 0 && Level.Value != 0)
                {
                    *(int*)Level.Value = usual;
                }

                ended = true;
            }
        }
    }
}

/// <summary>What libtorch's C functions say of a failure: that there was one.</summary>
internal sealed class RefusedOperatorException() : ExternalException("libtorch refused an operator of a compiled network");
