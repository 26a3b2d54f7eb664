using System.Globalization;
using TorchSharp.Interop;

namespace TorchSharp;

/// <summary>Kinds of device; the numbers are libtorch's own.</summary>
public enum DeviceType
{
    CPU = 0,
    CUDA = 1,
    MKLDNN = 2,
    OPENGL = 3,
    OPENCL = 4,
    IDEEP = 5,
    HIP = 6,
    FPGA = 7,
    MSNPU = 8,
    XLA = 9,
    MPS = 13,
    META = 14,
}

public static partial class torch
{
    /// <summary>Where a tensor lives: a kind of device and, for CUDA, its index (-1: the current one).</summary>
    public class Device
    {
        public Device(string description)
        {
            string[] parts = description.Split(':');
            type = Parse(parts[0]);
            index = parts.Length switch
            {
                1 => DefaultIndex(type),
                2 when int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int i) => i,
                _ => throw new ArgumentException($"'{description}' is not a device; write 'cpu', 'cuda' or 'cuda:0'.", nameof(description)),
            };
        }

        public Device(string deviceType, int index = -1) : this(Parse(deviceType), index)
        {
        }

        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index == -1 ? DefaultIndex(deviceType) : index;
        }

        public Device(int index) : this(DeviceType.CUDA, index)
        {
        }

        public DeviceType type { get; }

        public int index { get; }

        public static implicit operator Device(string description) => new(description);

        public override string ToString() => type is DeviceType.CPU or DeviceType.META ? Name(type) : $"{Name(type)}:{index}";

        private static int DefaultIndex(DeviceType type) => type == DeviceType.CUDA ? 0 : -1;

        private static string Name(DeviceType type) => type.ToString().ToLowerInvariant();

        private static DeviceType Parse(string name) =>
            Enum.TryParse(name, ignoreCase: true, out DeviceType type) && !char.IsAsciiDigit(name[0])
                ? type
                : throw new ArgumentException($"'{name}' is not a kind of device; write 'cpu' or 'cuda'.", nameof(name));
    }

    public static readonly Device CPU = new(DeviceType.CPU);

    public static readonly Device META = new(DeviceType.META);

    public static Device CUDA { get; } = new(DeviceType.CUDA);

    public static Device device(string description) => new(description);

    public static Device device(string deviceType, int index = -1) => new(deviceType, index);

    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);

    public static Device device(int index) => new(index);

    /// <summary>The device of new tensors where none is named. A CUDA device fails here, clearly, where libtorch has no CUDA.</summary>
    public static Device InitializeDevice(Device? device)
    {
        device ??= get_default_device();
        InitializeDeviceType(device.type);
        return device;
    }

    public static void InitializeDeviceType(DeviceType deviceType)
    {
        if (deviceType == DeviceType.CUDA && !cuda.is_available())
        {
            throw new InvalidOperationException("Torch device type CUDA is not available: this libtorch was built without CUDA, or no CUDA device was found.");
        }
    }

    public static bool TryInitializeDeviceType(DeviceType deviceType) => deviceType != DeviceType.CUDA || cuda.is_available();

    /// <summary>The state of CUDA in this libtorch.</summary>
    public static partial class cuda
    {
        public static bool is_available() => Load(Native.zoo_cuda_is_available) > 0;

        public static bool is_cudnn_available() => Load(Native.zoo_cuda_cudnn_is_available) > 0;

        public static int device_count() => Load(Native.zoo_cuda_device_count);

        public static void manual_seed(long seed) => Load(() => Native.zoo_cuda_manual_seed(seed, 0));

        public static void manual_seed_all(long seed) => Load(() => Native.zoo_cuda_manual_seed(seed, 1));

        /// <summary>Waits for the device's queued work. Throws where there is no CUDA.</summary>
        public static void synchronize(Device? device = null)
        {
            InitializeDeviceType(DeviceType.CUDA);
            Load(() => Native.zoo_cuda_synchronize(device?.index ?? -1));
        }

        private static int Load(Func<int> call)
        {
            Runtime.EnsureLoaded();
            return Native.Check(call());
        }
    }
}
