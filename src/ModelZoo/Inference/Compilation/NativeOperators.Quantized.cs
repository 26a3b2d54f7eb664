using System.Runtime.InteropServices;
using ModelZoo.Inference.Quantization;
using ModelZoo.Runtime;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

// oneDNN's operators on eight-bit integers: uint8 times int8, summed in int32, scaled in float32.
internal static unsafe partial class NativeOperators
{
    private const int Byte = 0, Float = 6; // at::ScalarType

    private static readonly string[] QuantizedNames =
    [
        "aoti_torch_cpu__qconv_pointwise_tensor", "aoti_torch_cpu__qconv2d_pointwise_binary_tensor", "aoti_torch_cpu__qlinear_pointwise_tensor",
    ];

    private static readonly Lazy<string?> QuantizedReason = new(ProbeQuantized);

    /// <summary>Why the operators on eight-bit integers cannot be used in this process; null where they can, and compute what they should.</summary>
    public static string? QuantizedMissing => QuantizedReason.Value;

    /// <summary>Bytes' scale and zero point as the operators want them.</summary>
    public readonly record struct Given(Tensor Scale, Tensor Zero);

    /// <summary>act(convolution(x, weight) + bias) of bytes, to bytes or to float32.</summary>
    /// <param name="x">[N,C,H,W], uint8, channels last.</param>
    /// <param name="given">x's scale and zero point.</param>
    /// <param name="weight">As <see cref="PackQuantizedConvolution"/> gives it.</param>
    /// <param name="scales">The weight's scale for each channel and its zero points, which are 0.</param>
    /// <param name="bias">[K], float32.</param>
    /// <param name="window">Padding, stride, dilation and groups.</param>
    /// <param name="output">The output's scale and zero point; null for float32.</param>
    /// <param name="function">The activation; null for none.</param>
    public static Tensor QuantizedConvolution(Tensor x, Given given, Tensor weight, Given scales, Tensor bias, in Window window, ByteScale? output,
        PointwiseFunction? function)
    {
        nint b = bias.Handle;
        int type = output is null ? Float : Byte;
        fixed (long* padding = window.Padding, stride = window.Stride, dilation = window.Dilation)
        fixed (byte* name = (function ?? PointwiseFunction.None).NativeName, none = "\0"u8)
        fixed (double* scalars = (function ?? PointwiseFunction.None).Scalars)
        {
            double** values = stackalloc double*[2];
            int count = Point(values, scalars, function);
            byte* algorithm = none;
            Check(QConvPointwise(x.Handle, given.Scale.Handle, given.Zero.Handle, weight.Handle, scales.Scale.Handle, scales.Zero.Handle, &b, stride, 2,
                padding, 2, dilation, 2, window.Groups, output?.Scale ?? 1, output?.Zero ?? 0, &type, name, count == 0 ? null : values, count, &algorithm,
                out nint result));
            return Tensor.UnsafeCreateTensor(result);
        }
    }

    /// <summary>Adds convolution(x, weight) + bias to bytes in place, and cuts off below zero where asked for; the result shares their memory.</summary>
    /// <param name="other">Bytes, channels last.</param>
    /// <param name="before">Their scale and zero point.</param>
    /// <param name="x">As above.</param>
    /// <param name="given">As above.</param>
    /// <param name="weight">As above.</param>
    /// <param name="scales">As above.</param>
    /// <param name="bias">As above.</param>
    /// <param name="window">As above.</param>
    /// <param name="output">The sum's scale and zero point.</param>
    /// <param name="relu">Whether to cut off.</param>
    public static Tensor QuantizedConvolutionAdd(Tensor other, ByteScale before, Tensor x, Given given, Tensor weight, Given scales, Tensor bias,
        in Window window, ByteScale output, bool relu)
    {
        nint b = bias.Handle;
        int type = Byte;
        double alpha = 1;
        fixed (long* padding = window.Padding, stride = window.Stride, dilation = window.Dilation)
        fixed (byte* sum = "sum\0"u8, name = relu ? "relu\0"u8 : "none\0"u8, none = "\0"u8)
        {
            byte* unary = name, algorithm = none;
            Check(QConvPointwiseBinary(x.Handle, given.Scale.Handle, given.Zero.Handle, weight.Handle, scales.Scale.Handle, scales.Zero.Handle, other.Handle,
                &b, stride, 2, padding, 2, dilation, 2, window.Groups, output.Scale, output.Zero, &type, before.Scale, before.Zero, sum, &alpha, &unary, null,
                0, &algorithm, out nint result));
            return Tensor.UnsafeCreateTensor(result);
        }
    }

    /// <summary>act(x·weightᵀ + bias) of bytes, to bytes or to float32.</summary>
    /// <param name="x">[N,in], uint8.</param>
    /// <param name="given">x's scale and zero point.</param>
    /// <param name="weight">As <see cref="PackQuantizedLinear"/> gives it.</param>
    /// <param name="scales">The weight's scale for each row and its zero points, which are 0.</param>
    /// <param name="bias">[out], float32.</param>
    /// <param name="output">The output's scale and zero point; null for float32.</param>
    /// <param name="relu">Whether to cut off below zero.</param>
    public static Tensor QuantizedLinear(Tensor x, Given given, Tensor weight, Given scales, Tensor bias, ByteScale? output, bool relu)
    {
        nint b = bias.Handle;
        int type = output is null ? Float : Byte;
        fixed (byte* name = relu ? "relu\0"u8 : "none\0"u8, algorithm = "\0"u8)
        {
            Check(QLinearPointwise(x.Handle, given.Scale.Handle, given.Zero.Handle, weight.Handle, scales.Scale.Handle, scales.Zero.Handle, &b,
                output?.Scale ?? 1, output?.Zero ?? 0, &type, name, null, 0, algorithm, out nint result));
            return Tensor.UnsafeCreateTensor(result);
        }
    }

    /// <summary>An int8 weight in the layout that oneDNN wants for inputs of one shape, scale and zero point.</summary>
    public static Tensor PackQuantizedConvolution(Tensor weight, Tensor scales, ByteScale input, in Window window, long[] inputShape)
    {
        ulong* stack = stackalloc ulong[9];
        stack[0] = Cloned(weight);
        stack[1] = Cloned(scales);
        stack[2] = BitConverter.DoubleToUInt64Bits(input.Scale);
        stack[3] = (ulong)input.Zero;
        stack[4] = List(window.Stride);
        stack[5] = List(window.Padding);
        stack[6] = List(window.Dilation);
        stack[7] = (ulong)window.Groups;
        stack[8] = Optional(List(inputShape));
        return Dispatch("onednn::qconv_prepack\0"u8, stack);
    }

    /// <summary>An int8 matrix in the layout that oneDNN wants for inputs of one shape.</summary>
    public static Tensor PackQuantizedLinear(Tensor weight, long[] inputShape)
    {
        ulong* stack = stackalloc ulong[2];
        stack[0] = Cloned(weight);
        stack[1] = Optional(List(inputShape));
        return Dispatch("onednn::qlinear_prepack\0"u8, stack);
    }

    private static string? ProbeQuantized()
    {
        if (Missing is { } missing)
        {
            return missing;
        }

        if (!NativeLibrary.TryLoad(Library, typeof(TorchRuntime).Assembly, null, out nint library))
        {
            return "libtorch_cpu is not there by that name";
        }

        if (QuantizedNames.FirstOrDefault(name => !NativeLibrary.TryGetExport(library, name, out _)) is { } name)
        {
            return $"this libtorch does not export {name}";
        }

        try
        {
            return ByteTrial.Fault();
        }
        catch (ExternalException refused)
        {
            return $"this libtorch refuses eight-bit integers: {refused.Message}";
        }
    }

    [LibraryImport(Library, EntryPoint = "aoti_torch_cpu__qconv_pointwise_tensor")]
    private static partial int QConvPointwise(nint x, nint xScale, nint xZero, nint weight, nint scales, nint zeros, nint* bias, long* stride, long strides,
        long* padding, long paddings, long* dilation, long dilations, long groups, double scale, long zero, int* type, byte* function, double** scalars,
        long count, byte** algorithm, out nint result);

    [LibraryImport(Library, EntryPoint = "aoti_torch_cpu__qconv2d_pointwise_binary_tensor")]
    private static partial int QConvPointwiseBinary(nint x, nint xScale, nint xZero, nint weight, nint scales, nint zeros, nint other, nint* bias,
        long* stride, long strides, long* padding, long paddings, long* dilation, long dilations, long groups, double scale, long zero, int* type,
        double otherScale, long otherZero, byte* binary, double* alpha, byte** function, double** scalars, long count, byte** algorithm, out nint result);

    [LibraryImport(Library, EntryPoint = "aoti_torch_cpu__qlinear_pointwise_tensor")]
    private static partial int QLinearPointwise(nint x, nint xScale, nint xZero, nint weight, nint scales, nint zeros, nint* bias, double scale, long zero,
        int* type, byte* function, double** scalars, long count, byte* algorithm, out nint result);
}
