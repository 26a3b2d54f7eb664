using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>No operation is recorded for autograd on this thread until the returned object is disposed.</summary>
    public static IDisposable no_grad() => new GradModeGuard(false);

    /// <summary>Operations are recorded (or not) for autograd on this thread until the returned object is disposed.</summary>
    public static IDisposable enable_grad(bool enabled = true) => new GradModeGuard(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradModeGuard(mode);

    /// <summary>Like <see cref="no_grad"/>, and tensors made inside never take part in autograd; cheaper.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceModeGuard(mode);

    public static bool is_grad_enabled()
    {
        Runtime.EnsureLoaded();
        return Native.zoo_grad_mode(-1) != 0;
    }

    public static bool is_inference_mode_enabled()
    {
        Runtime.EnsureLoaded();
        return Native.zoo_inference_mode_enabled() != 0;
    }

    private sealed class GradModeGuard : IDisposable
    {
        private readonly int before;
        private bool disposed;

        internal GradModeGuard(bool enabled)
        {
            Runtime.EnsureLoaded();
            before = Native.zoo_grad_mode(enabled ? 1 : 0);
        }

        public void Dispose()
        {
            if (!disposed)
            {
                disposed = true;
                Native.zoo_grad_mode(before);
            }
        }
    }

    private sealed class InferenceModeGuard : IDisposable
    {
        private nint guard;

        internal InferenceModeGuard(bool enabled)
        {
            Runtime.EnsureLoaded();
            guard = Native.zoo_inference_mode_enter(enabled ? 1 : 0);
        }

        public void Dispose()
        {
            nint g = Interlocked.Exchange(ref guard, 0);
            if (g != 0)
            {
                Native.zoo_inference_mode_leave(g);
            }
        }
    }
}
