using System.Runtime.InteropServices;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TorchSharp.Modules;

/// <summary>What all transposed convolutions have. Where several output sizes lead to the same input size, output_padding or an asked size decides.</summary>
public abstract class ConvolutionTranspose : Convolution
{
    protected ConvolutionTranspose(
        string name, long in_channels, long out_channels, long[] kernel_size, long[] stride, long[]? padding, Padding? padding_type, long[] dilation,
        bool transposed, long[] output_padding, long groups, bool bias, PaddingModes padding_mode, Device? device = null, ScalarType? dtype = null)
        : base(
            name, in_channels, out_channels, kernel_size, stride, padding, padding_type, dilation, transposed, output_padding, groups, bias,
            padding_mode == PaddingModes.Zeros ? padding_mode : throw new ArgumentException("A transposed convolution pads with zeros only."), device, dtype)
    {
    }

    public override Tensor forward(Tensor input) => Run(input, output_padding);

    /// <param name="output_size">The wanted spatial size, or the whole shape [N, C, …].</param>
    public abstract Tensor forward(Tensor input, long[]? output_size);

    /// <summary>The output padding that leads to a wanted size; this layer's own where no size is given.</summary>
    /// <exception cref="ArgumentException">No output padding below the stride leads to that size.</exception>
    protected long[] _output_padding(
        Tensor input, long[]? output_size, long[] kernel_size, long[] stride, long[] padding, long[] dilation, long num_spatial_dims)
    {
        if (output_size is null)
        {
            return output_padding;
        }

        int n = (int)num_spatial_dims;
        long[] shape = input.shape;
        if (output_size.Length < n || shape.Length < n)
        {
            throw new ArgumentException($"output_size needs {n} values, or those of the whole shape.", nameof(output_size));
        }

        long[] result = new long[n];
        for (int i = 0; i < n; i++)
        {
            long smallest = (shape[^(n - i)] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel_size[i] - 1) + 1;
            long wanted = output_size[^(n - i)];
            result[i] = wanted >= smallest && wanted < smallest + stride[i]
                ? wanted - smallest
                : throw new ArgumentException($"Output size {wanted} lies outside of {smallest} to {smallest + stride[i] - 1}.", nameof(output_size));
        }

        return result;
    }

    private protected Tensor Run(Tensor input, long[] extra)
    {
        try
        {
            return kernel_size.Length switch
            {
                1 => functional.conv_transpose1d(input, weight, bias, stride[0], padding?[0], extra[0], dilation[0], groups),
                2 => functional.conv_transpose2d(input, weight, bias, stride, padding, extra, dilation, groups),
                _ => functional.conv_transpose3d(input, weight, bias, stride, padding, extra, dilation, groups),
            };
        }
        catch (ExternalException) when (WrongShape(input, kernel_size.Length) is { } error)
        {
            throw error;
        }
    }

    private protected Tensor Sized(Tensor input, long[]? size) =>
        Run(input, _output_padding(input, size, kernel_size, stride, padding!, dilation, kernel_size.Length));
}

/// <summary>Transposed convolution over [N, C, L].</summary>
public sealed class ConvTranspose1d : ConvolutionTranspose
{
    internal ConvTranspose1d(
        long in_channels, long out_channels, long kernel_size, long stride, long padding, long output_padding, long dilation, PaddingModes padding_mode,
        long groups, bool bias, Device? device, ScalarType? dtype)
        : base(
            nameof(ConvTranspose1d), in_channels, out_channels, [kernel_size], [stride], [padding], null, [dilation], true, [output_padding], groups, bias,
            padding_mode, device, dtype)
    {
    }

    public override Tensor forward(Tensor input, long[]? output_size) => Sized(input, output_size);
}

/// <summary>Transposed convolution over [N, C, H, W].</summary>
public sealed class ConvTranspose2d : ConvolutionTranspose
{
    internal ConvTranspose2d(
        long in_channels, long out_channels, (long, long) kernel_size, (long, long) stride, (long, long) padding, (long, long) output_padding,
        (long, long) dilation, PaddingModes padding_mode, long groups, bool bias, Device? device, ScalarType? dtype)
        : base(
            nameof(ConvTranspose2d), in_channels, out_channels, Sizes.List(kernel_size), Sizes.List(stride), Sizes.List(padding), null, Sizes.List(dilation),
            true, Sizes.List(output_padding), groups, bias, padding_mode, device, dtype)
    {
    }

    public override Tensor forward(Tensor input, long[]? output_size) => Sized(input, output_size);
}

/// <summary>Transposed convolution over [N, C, D, H, W].</summary>
public sealed class ConvTranspose3d : ConvolutionTranspose
{
    internal ConvTranspose3d(
        long in_channels, long out_channels, (long, long, long) kernel_size, (long, long, long) stride, (long, long, long) padding,
        (long, long, long) output_padding, (long, long, long) dilation, PaddingModes padding_mode, long groups, bool bias, Device? device, ScalarType? dtype)
        : base(
            nameof(ConvTranspose3d), in_channels, out_channels, Sizes.List(kernel_size), Sizes.List(stride), Sizes.List(padding), null, Sizes.List(dilation),
            true, Sizes.List(output_padding), groups, bias, padding_mode, device, dtype)
    {
    }

    public override Tensor forward(Tensor input, long[]? output_size) => Sized(input, output_size);
}
