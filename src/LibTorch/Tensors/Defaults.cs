namespace TorchSharp;

public static partial class torch
{
    private static Device? defaultDevice;
    private static ScalarType defaultType = ScalarType.Float32;

    public static Device get_default_device() => defaultDevice ?? CPU;

    public static void set_default_device(Device device) => defaultDevice = InitializeDevice(device);

    public static void set_default_device(string device) => set_default_device(new Device(device));

    public static ScalarType get_default_dtype() => defaultType;

    /// <summary>Sets the element type of new floating-point tensors.</summary>
    public static void set_default_dtype(ScalarType dtype)
    {
        if (dtype is not (ScalarType.Float16 or ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16))
        {
            throw new ArgumentException("The default element type must be a floating-point type.", nameof(dtype));
        }

        defaultType = dtype;
    }
}
