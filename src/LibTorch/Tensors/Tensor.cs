using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// An n-dimensional array of one element type on one device; a handle to a libtorch tensor. Dispose it, or let a
    /// <see cref="DisposeScope"/> do so; a finalizer is the last resort.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private static long totalCount;
        private static long peakCount;
        private nint handle;

        /// <summary>Takes over a handle.</summary>
        internal Tensor(nint handle)
        {
            this.handle = handle;
            long n = Interlocked.Increment(ref totalCount);
            if (n > Volatile.Read(ref peakCount))
            {
                Volatile.Write(ref peakCount, n);
            }

            OwningScope = DisposeScopeManager.RegisterNew(this);
        }

        ~Tensor() => Dispose(false);

        /// <summary>Live tensors of this process.</summary>
        public static long TotalCount => Volatile.Read(ref totalCount);

        /// <summary>The most tensors that were alive at one time.</summary>
        public static long PeakCount => Volatile.Read(ref peakCount);

        /// <summary>The native handle. Throws where the tensor has been disposed.</summary>
        public IntPtr Handle => handle != 0 ? handle : throw new InvalidOperationException("Tensor invalid -- empty handle.");

        public bool IsInvalid => handle == 0;

        public string? name { get; set; }

        internal DisposeScope? OwningScope { get; set; }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            nint h = Interlocked.Exchange(ref handle, 0);
            if (h == 0)
            {
                return;
            }

            Interlocked.Decrement(ref totalCount);
            if (!disposing)
            {
                Runtime.FreeFromFinalizer(h, Native.zoo_tensor_free);
                return;
            }

            Native.zoo_tensor_free(h);
            if (OwningScope is { } scope)
            {
                scope.MarkAsDisposed(this);
                OwningScope = null;
            }
            else
            {
                DisposeScopeManager.Statistics.TensorStatistics.DisposedOutsideScopeCount++;
            }
        }

        /// <summary>Gives the handle away: this object is empty afterwards and owns nothing.</summary>
        public IntPtr DecoupleFromNativeHandle()
        {
            nint h = Interlocked.Exchange(ref handle, 0);
            if (h != 0)
            {
                Interlocked.Decrement(ref totalCount);
                OwningScope?.MarkAsDisposed(this);
                OwningScope = null;
                GC.SuppressFinalize(this);
            }

            return h;
        }

        public static Tensor UnsafeCreateTensor(IntPtr handle) => new(handle);

        public Tensor MoveToOuterDisposeScope()
        {
            OwningScope?.MoveToOuter(this);
            return this;
        }

        public Tensor MoveToOtherDisposeScope(DisposeScope other)
        {
            if (OwningScope is { } scope)
            {
                scope.MoveToOther(other, this);
            }
            else
            {
                other.Attach(this);
            }

            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other)
        {
            if (other.OwningScope is { } target)
            {
                return MoveToOtherDisposeScope(target);
            }

            return DetachFromDisposeScope();
        }

        public Tensor DetatchFromDisposeScope() => DetachFromDisposeScope();

        public Tensor DetachFromDisposeScope()
        {
            OwningScope?.Detach(this);
            return this;
        }
    }
}
