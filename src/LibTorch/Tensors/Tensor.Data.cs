using TorchSharp.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static unsafe partial class torch
{
    public partial class Tensor
    {


        /// <summary>The elements, which are of type <typeparamref name="T"/>; of a tensor on another device, those of a copy on the CPU.</summary>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            CheckType<T>();
            return new TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        /// <summary>The value of a tensor of one element.</summary>
        public T item<T>() where T : unmanaged
        {
            TensorInfo info = Info;
            if (info.NumElements != 1)
            {
                throw new ArgumentException($"item() needs a tensor of one element; this one has {info.NumElements}.");
            }

            CheckType<T>();
            if (info.DeviceType == (int)DeviceType.CPU)
            {
                T value = *(T*)info.Data;
                GC.KeepAlive(this);
                return value;
            }

            using Tensor here = cpu();
            return here.item<T>();
        }

        private static readonly Op LocalScalarDense = new("_local_scalar_dense");

        /// <summary>The value of a tensor of one element.</summary>
        public Scalar ToScalar()
        {
            TensorInfo info = Info;
            if (info.NumElements != 1)
            {
                throw new ArgumentException($"Only a tensor of one element has a scalar value; this one has {info.NumElements}.");
            }

            return LocalScalarDense.CallScalar(this);
        }

        /// <summary>The raw bytes of a contiguous CPU tensor. Setting copies as many bytes as the tensor has.</summary>
        public Span<byte> bytes
        {
            get
            {
                TensorInfo info = Info;
                CheckCpu();
                if (info.IsContiguous == 0)
                {
                    throw new InvalidOperationException("The bytes of a tensor that is not contiguous have no order; call contiguous() first.");
                }

                return new Span<byte>((void*)info.Data, checked((int)(info.NumElements * info.ElementSize)));
            }
            set
            {
                Span<byte> own = bytes;
                if (own.Length != value.Length)
                {
                    throw new ArgumentException($"The tensor has {own.Length} bytes, not {value.Length}.", nameof(value));
                }

                value.CopyTo(own);
            }
        }

        /// <summary>Writes the raw little-endian elements in row-major order, from any device.</summary>
        public void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            using Tensor here = cpu();
            using Tensor flat = here.contiguous();
            TensorInfo info = flat.Info;
            byte* p = (byte*)info.Data;
            for (long left = info.NumElements * info.ElementSize; left > 0;)
            {
                int n = (int)Math.Min(left, Math.Max(bufferSize, 1 << 16));
                stream.Write(new ReadOnlySpan<byte>(p, n));
                p += n;
                left -= n;
            }
        }

        /// <summary>Fills the tensor from raw little-endian elements in row-major order.</summary>
        public void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            TensorInfo info = Info;
            if (info.DeviceType != (int)DeviceType.CPU || info.IsContiguous == 0)
            {
                using Tensor read = torch.empty(shape, dtype, CPU);
                read.ReadBytesFromStream(stream, bufferSize);
                using (no_grad())
                {
                    copy_(read);
                }

                return;
            }

            byte* p = (byte*)info.Data;
            for (long left = info.NumElements * info.ElementSize; left > 0;)
            {
                int n = (int)Math.Min(left, Math.Max(bufferSize, 1 << 16));
                stream.ReadExactly(new Span<byte>(p, n));
                p += n;
                left -= n;
            }

            GC.KeepAlive(this);
        }

        public bool ReadCpuBool(long i) => ReadCpuValue<bool>(i);
        public byte ReadCpuByte(long i) => ReadCpuValue<byte>(i);
        public sbyte ReadCpuSByte(long i) => ReadCpuValue<sbyte>(i);
        public short ReadCpuInt16(long i) => ReadCpuValue<short>(i);
        public int ReadCpuInt32(long i) => ReadCpuValue<int>(i);
        public long ReadCpuInt64(long i) => ReadCpuValue<long>(i);
        public float ReadCpuSingle(long i) => ReadCpuValue<float>(i);
        public double ReadCpuDouble(long i) => ReadCpuValue<double>(i);
        public float ReadCpuFloat16(long i) => (float)ReadCpuValue<Half>(i);

        public float ReadCpuBFloat16(long i)
        {
            if (dtype != ScalarType.BFloat16)
            {
                throw new ArgumentException($"The elements are {dtype}, not BFloat16.");
            }

            return BitConverter.Int32BitsToSingle(*(ushort*)Address(i) << 16);
        }

        /// <summary>Element i in row-major order of a CPU tensor.</summary>
        public T ReadCpuValue<T>(long i) where T : unmanaged
        {
            CheckType<T>();
            T value = *(T*)Address(i);
            GC.KeepAlive(this);
            return value;
        }

        private byte* Address(long i)
        {
            CheckCpu();
            TensorInfo info = Info;
            if ((ulong)i >= (ulong)info.NumElements)
            {
                throw new IndexOutOfRangeException($"Element {i} of a tensor of {info.NumElements}.");
            }

            if (info.IsContiguous != 0)
            {
                return (byte*)info.Data + i * info.ElementSize;
            }

            long[] sizes = size(), strides = stride();
            long at = 0;
            for (int d = sizes.Length - 1; d >= 0; d--)
            {
                at += i % sizes[d] * strides[d];
                i /= sizes[d];
            }

            return (byte*)info.Data + at * info.ElementSize;
        }

        private void CheckType<T>()
        {
            if (TypeOf(typeof(T)) is var wanted && wanted != dtype)
            {
                throw new ArgumentException($"The elements are {dtype}, not {wanted}; convert the tensor with to_type() first.");
            }
        }

        private void CheckCpu()
        {
            if (device_type != DeviceType.CPU)
            {
                throw new InvalidOperationException($"The elements live on {device}; copy the tensor to the CPU with cpu() before reading them.");
            }
        }
    }
}
