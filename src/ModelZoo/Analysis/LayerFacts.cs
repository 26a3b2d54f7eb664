using ModelZoo.Layers;
using ModelZoo.Tracing;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Analysis;

/// <summary>Arithmetic on one node of a trace.</summary>
public static class LayerFacts
{
    /// <summary>
    /// Multiply-accumulates per image. The convention of the zoo: convolutions and linear layers only, biases not counted;
    /// everything else is 0.
    /// </summary>
    public static long Macs(TraceNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        long outputs = node.OutputShape.Skip(1).Aggregate(1L, (a, b) => a * b);
        long inputs = node.InputShapes[0].Skip(1).Aggregate(1L, (a, b) => a * b);
        return node.Module switch
        {
            ConvolutionTranspose c => inputs * c.weight.numel() / c.in_channels,
            Convolution c => outputs * (c.in_channels / c.groups) * c.kernel_size.Aggregate(1L, (a, b) => a * b),
            TableConvolution t => node.OutputShape[2] * node.OutputShape[3] * t.Weight.numel(),
            Linear l => outputs * l.in_features,
            _ => 0,
        };
    }

    /// <summary>The window of a node along rows (axis 0) and columns (axis 1): kernel, stride, padding, dilation; null where it has none.</summary>
    public static (long Kernel, long Stride, long Padding, long Dilation)? Window(TraceNode node, int axis)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Module switch
        {
            ConvolutionTranspose => null,
            Convolution c => (At(c.kernel_size, axis), At(c.stride, axis), c.padding is { } p ? At(p, axis) : 0, At(c.dilation, axis)),
            TableConvolution t => (t.KernelSize, 1, 0, 1),
            MaxPoolWithIndices m => (m.Kernel, m.Kernel, 0, 1),
            MaxPool2d m => (At(m.kernel_size, axis), At(m.stride ?? m.kernel_size, axis), m.padding is { } p ? At(p, axis) : 0, m.dilation is { } d ? At(d, axis) : 1),
            AvgPool2d a => (At(a.kernel_size, axis), At(a.stride ?? a.kernel_size, axis), a.padding is { } p ? At(p, axis) : 0, 1),
            PaddedShortcut p => (1, p.Stride, 0, 1),
            ZeroPad2d z => (1, 1, z.padding.Length == 4 ? z.padding[axis == 0 ? 2 : 0] : z.padding[0], 1),
            Subsampling => (Subsampling.Window, Subsampling.Window, 0, 1),
            _ => null,
        };
    }

    /// <summary>How a node spreads its input along rows (axis 0) and columns (axis 1): kernel, step between the input's pixels in the output, padding; null where it does not.</summary>
    public static (long Kernel, long Stride, long Padding)? Spread(TraceNode node, int axis)
    {
        ArgumentNullException.ThrowIfNull(node);
        return node.Module switch
        {
            ConvolutionTranspose c => (((At(c.kernel_size, axis) - 1) * At(c.dilation, axis)) + 1, At(c.stride, axis), c.padding is { } p ? At(p, axis) : 0),
            BedOfNails b => (b.Scale, b.Scale, 0),
            MaxUnpool u => (u.Kernel, u.Kernel, 0),
            Upsample when node.OutputShape[2 + axis] % node.InputShapes[0][2 + axis] == 0 && node.OutputShape[2 + axis] / node.InputShapes[0][2 + axis] is var scale => (scale, scale, 0),
            _ => null,
        };
    }

    /// <summary>
    /// A leaf's hyper-parameters as short text, usual values left out: "k3 s2 p1 d2 g32" is a 3×3 kernel, stride 2, padding 1, dilation 2, 32 groups; "400→120" a linear
    /// layer's features; "" where there are none. Of a class that is not TorchSharp's, its public numbers and switches by name.
    /// </summary>
    public static string Describe(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return LayerSettings.Of(module);
    }

    private static long At(long[] values, int axis) => values.Length == 1 ? values[0] : values[axis];
}
