using System.Runtime.InteropServices;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <summary>What all convolutions have: a weight of [out, in/groups, k…] ([in, out/groups, k…] where transposed), a bias, and their hyper-parameters.</summary>
public abstract class Convolution : Module<Tensor, Tensor>
{
    private Parameter convolutionWeight = null!;
    private Parameter? convolutionBias;

    protected Convolution(
        string name, long in_channels, long out_channels, long[] kernel_size, long[] stride, long[]? padding, Padding? padding_type, long[] dilation,
        bool transposed, long[] output_padding, long groups, bool bias, PaddingModes padding_mode, Device? device = null, ScalarType? dtype = null) : base(name)
    {
        Check(groups > 0 && in_channels % groups == 0, $"{in_channels} input channels cannot be divided into {groups} groups.");
        Check(out_channels % groups == 0, $"{out_channels} output channels cannot be divided into {groups} groups.");
        Check(padding_type != Padding.Same || Array.TrueForAll(stride, static s => s == 1), "Padding.Same needs a stride of 1.");
        this.in_channels = in_channels;
        this.out_channels = out_channels;
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.padding = padding;
        this.padding_type = padding_type;
        this.dilation = dilation;
        this.transposed = transposed;
        this.output_padding = output_padding;
        this.groups = groups;
        this.padding_mode = padding_mode;
        long[] shape = transposed ? [in_channels, out_channels / groups, .. kernel_size] : [out_channels, in_channels / groups, .. kernel_size];
        weight = Empty.Parameter(shape, device, dtype);
        this.bias = bias ? Empty.Parameter([out_channels], device, dtype) : null;
        reset_parameters();
    }

    public long in_channels { get; }

    public long out_channels { get; }

    public long[] kernel_size { get; set; }

    public long[] stride { get; set; }

    /// <summary>The padding on each side of each dimension; null where <see cref="padding_type"/> says it.</summary>
    public long[]? padding { get; private set; }

    public Padding? padding_type { get; private set; }

    public long[] dilation { get; set; }

    public bool transposed { get; }

    public long[] output_padding { get; set; }

    public long groups { get; set; }

    public PaddingModes padding_mode { get; set; }

    public Parameter weight
    {
        get => convolutionWeight;
        set => ConditionallyRegisterParameter(nameof(weight), convolutionWeight = value);
    }

    public Parameter? bias
    {
        get => convolutionBias;
        set => ConditionallyRegisterParameter(nameof(bias), convolutionBias = value);
    }

    /// <summary>Draws the weight and the bias anew: uniform in ±1/√fan_in.</summary>
    public void reset_parameters() => init.LinearLayer(weight, bias);

    public void SetPadding(long[] padding)
    {
        this.padding = padding;
        padding_type = null;
    }

    public void SetPadding(Padding padding)
    {
        this.padding = null;
        padding_type = padding;
    }

    /// <summary>Whether the input is [N, C, …] or [C, …], with that many spatial dimensions and this layer's channels.</summary>
    protected bool ValidateShape(Tensor input, long dimensions)
    {
        long[] shape = input.shape;
        return (shape.Length == dimensions + 2 && shape[1] == in_channels) || (shape.Length == dimensions + 1 && shape[0] == in_channels);
    }

    /// <summary>Says what is wrong with the input's shape; null where that is not what went wrong.</summary>
    internal ArgumentException? WrongShape(Tensor input, int dimensions) => ValidateShape(input, dimensions)
        ? null
        : new ArgumentException(
            $"{GetName()} expects {dimensions + 1}D (unbatched) or {dimensions + 2}D (batched) input with {in_channels} channels, " +
            $"but got shape [{string.Join(", ", input.shape)}].");

    /// <summary>The input with this layer's padding done, in the mode that the convolution itself does not know.</summary>
    internal Tensor Pad(Tensor input)
    {
        int n = kernel_size.Length;
        var sides = new long[2 * n];
        for (int i = 0; i < n; i++)
        {
            long total = padding_type switch
            {
                Padding.Same => dilation[i] * (kernel_size[i] - 1),
                Padding.Valid => 0,
                _ => 2 * padding![i],
            };

            // The last dimension comes first.
            sides[2 * (n - 1 - i)] = total / 2;
            sides[2 * (n - 1 - i) + 1] = total - total / 2;
        }

        return functional.pad(input, sides, padding_mode);
    }

    private static void Check(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message);
        }
    }
}

/// <summary>Convolution over [N, C, L].</summary>
public sealed class Conv1d : Convolution
{
    internal Conv1d(
        long in_channels, long out_channels, long kernel_size, long stride, long? padding, Padding? padding_type, long dilation, PaddingModes padding_mode,
        long groups, bool bias, Device? device, ScalarType? dtype)
        : base(
            nameof(Conv1d), in_channels, out_channels, [kernel_size], [stride], padding is { } p ? [p] : null, padding_type, [dilation], false, [0], groups,
            bias, padding_mode, device, dtype)
    {
    }

    public override Tensor forward(Tensor input)
    {
        try
        {
            if (padding_mode != PaddingModes.Zeros)
            {
                using Tensor padded = Pad(input);
                return functional.conv1d(padded, weight, bias, stride[0], 0, dilation[0], groups);
            }

            return padding_type is { } type
                ? functional.conv1d_padding(input, weight, bias, stride[0], type, dilation[0], groups)
                : functional.conv1d(input, weight, bias, stride[0], padding![0], dilation[0], groups);
        }
        catch (ExternalException) when (WrongShape(input, 1) is { } error)
        {
            throw error;
        }
    }
}

/// <summary>Convolution over [N, C, H, W].</summary>
public sealed class Conv2d : Convolution
{
    internal Conv2d(
        long in_channels, long out_channels, (long, long) kernel_size, (long, long) stride, (long, long)? padding, Padding? padding_type, (long, long) dilation,
        PaddingModes padding_mode, long groups, bool bias, Device? device, ScalarType? dtype)
        : base(
            nameof(Conv2d), in_channels, out_channels, Sizes.List(kernel_size), Sizes.List(stride), Sizes.List(padding), padding_type, Sizes.List(dilation),
            false, [0, 0], groups, bias, padding_mode, device, dtype)
    {
    }

    public override Tensor forward(Tensor input)
    {
        try
        {
            if (padding_mode != PaddingModes.Zeros)
            {
                using Tensor padded = Pad(input);
                return functional.conv2d(padded, weight, bias, stride, null, dilation, groups);
            }

            return padding_type is { } type
                ? functional.conv2d_padding(input, weight, bias, stride, type, dilation, groups)
                : functional.conv2d(input, weight, bias, stride, padding, dilation, groups);
        }
        catch (ExternalException) when (WrongShape(input, 2) is { } error)
        {
            throw error;
        }
    }
}

/// <summary>Convolution over [N, C, D, H, W].</summary>
public sealed class Conv3d : Convolution
{
    internal Conv3d(
        long in_channels, long out_channels, (long, long, long) kernel_size, (long, long, long) stride, (long, long, long)? padding, Padding? padding_type,
        (long, long, long) dilation, PaddingModes padding_mode, long groups, bool bias, Device? device, ScalarType? dtype)
        : base(
            nameof(Conv3d), in_channels, out_channels, Sizes.List(kernel_size), Sizes.List(stride), Sizes.List(padding), padding_type, Sizes.List(dilation),
            false, [0, 0, 0], groups, bias, padding_mode, device, dtype)
    {
    }

    public override Tensor forward(Tensor input)
    {
        try
        {
            if (padding_mode != PaddingModes.Zeros)
            {
                using Tensor padded = Pad(input);
                return functional.conv3d(padded, weight, bias, stride, null, dilation, groups);
            }

            return padding_type is { } type
                ? functional.conv3d_padding(input, weight, bias, stride, type, dilation, groups)
                : functional.conv3d(input, weight, bias, stride, padding, dilation, groups);
        }
        catch (ExternalException) when (WrongShape(input, 3) is { } error)
        {
            throw error;
        }
    }
}

/// <summary>Kernel sizes, strides and the like as lists, one value a dimension.</summary>
internal static class Sizes
{
    internal static long[] List((long, long) p) => [p.Item1, p.Item2];

    internal static long[] List((long, long, long) p) => [p.Item1, p.Item2, p.Item3];

    internal static long[]? List((long, long)? p) => p is { } x ? List(x) : null;

    internal static long[]? List((long, long, long)? p) => p is { } x ? List(x) : null;

    internal static long[] All(long value, int n)
    {
        var all = new long[n];
        Array.Fill(all, value);
        return all;
    }

    internal static long[]? All(long? value, int n) => value is { } v ? All(v, n) : null;
}
