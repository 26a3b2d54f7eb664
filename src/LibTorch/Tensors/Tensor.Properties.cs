using System.Runtime.CompilerServices;
using TorchSharp.Interop;

namespace TorchSharp;

public static unsafe partial class torch
{
    public partial class Tensor
    {
        internal TensorInfo Info
        {
            get
            {
                TensorInfo info;
                Native.Check(Native.zoo_tensor_info(Handle, &info));
                GC.KeepAlive(this);
                return info;
            }
        }

        public ScalarType dtype => (ScalarType)Info.ScalarType;

        public long Dimensions => Info.Dimensions;

        public long ndim => Info.Dimensions;

        public long NumberOfElements => Info.NumElements;

        public long ElementSize => Info.ElementSize;

        public DeviceType device_type => (DeviceType)Info.DeviceType;

        public int device_index => Info.DeviceIndex;

        public Device device
        {
            get
            {
                TensorInfo info = Info;
                return info.DeviceType == (int)DeviceType.CPU ? CPU : new Device((DeviceType)info.DeviceType, info.DeviceIndex);
            }
        }

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_meta => device_type == DeviceType.META;

        public bool is_leaf => Info.IsLeaf != 0;

        public long[] shape => size();

        public bool requires_grad
        {
            get => Info.RequiresGrad != 0;
            set
            {
                Native.Check(Native.zoo_tensor_set_requires_grad(Handle, value ? 1 : 0));
                GC.KeepAlive(this);
            }
        }

        /// <summary>The gradient that backward has accumulated, or null. Each call gives a new wrapper of the same tensor.</summary>
        public Tensor? grad
        {
            get
            {
                nint g = Native.zoo_tensor_grad(Handle);
                GC.KeepAlive(this);
                return g == 0 ? null : new Tensor(g);
            }
            set
            {
                Native.Check(Native.zoo_tensor_set_grad(Handle, value is null ? 0 : value.Handle));
                GC.KeepAlive(this);
                GC.KeepAlive(value);
            }
        }

        public long dim() => Info.Dimensions;

        public long numel() => Info.NumElements;

        public long element_size() => Info.ElementSize;

        public long storage_offset() => Info.StorageOffset;

        public bool is_contiguous() => Info.IsContiguous != 0;

        public bool is_cpu() => device_type == DeviceType.CPU;

        public long size(int dim) => Extent(dim, strides: false);

        public long[] size() => Shape(strides: false);

        public long[] stride() => Shape(strides: true);

        public long stride(int dim) => Extent(dim, strides: true);

        [SkipLocalsInit]
        private long[] Shape(bool strides)
        {
            int n = Info.Dimensions;
            long* both = stackalloc long[2 * n + 1];
            Native.Check(Native.zoo_tensor_shape(Handle, both, both + n));
            GC.KeepAlive(this);
            return new ReadOnlySpan<long>(strides ? both + n : both, n).ToArray();
        }

        [SkipLocalsInit]
        private long Extent(int dim, bool strides)
        {
            int n = Info.Dimensions;
            long* both = stackalloc long[2 * n + 1];
            Native.Check(Native.zoo_tensor_shape(Handle, both, both + n));
            GC.KeepAlive(this);
            return (strides ? both + n : both)[Wrap(dim, n)];
        }

        private static int Wrap(int dim, int n)
        {
            int d = dim < 0 ? dim + n : dim;
            return d >= 0 && d < n ? d : throw new IndexOutOfRangeException($"Dimension {dim} is out of range for a tensor of {n} dimensions.");
        }
    }
}
