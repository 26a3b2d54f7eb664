using ModelZoo.Layers;
using TorchSharp.Modules;

namespace ModelZoo.Onnx.Export;

/// <summary>Layers that make one value of a window's, and back.</summary>
internal static class PoolingExports
{
    public static string Max(MaxPool2d m, LayerCall call) => call.Out("MaxPool", [call.X],
        [.. Window(m.kernel_size, m.stride, m.padding, m.ceil_mode), AttributeProto.Of("dilations", Two(m.dilation, 1))]);

    /// <remarks>
    /// Where pads are counted and the last window may be cut off, ONNX and PyTorch once disagreed on its size: there zeros are put around first, and each
    /// window's own cells are counted.
    /// </remarks>
    public static string Average(AvgPool2d a, LayerCall call)
    {
        long[] kernel = Two(a.kernel_size, 1), padding = Two(a.padding, 0);
        bool padded = padding.Any(p => p > 0);
        if (a.divisor_override is { } divisor)
        {
            if (a.ceil_mode)
            {
                throw new NotSupportedException("its divisor_override together with ceil_mode has no operator");
            }

            string mean = call.Inner("AveragePool", "mean", [call.X],
                [.. Window(kernel, a.stride, a.padding, ceil: false), AttributeProto.Of("count_include_pad", 1L)]);
            return call.Out("Mul", [mean, call.Scalar("share", (double)(kernel[0] * kernel[1]) / divisor)]);
        }

        if (!a.ceil_mode || !padded || !a.count_include_pad)
        {
            return call.Out("AveragePool", [call.X],
                [.. Window(kernel, a.stride, a.padding, a.ceil_mode), AttributeProto.Of("count_include_pad", a.count_include_pad ? 1L : 0)]);
        }

        string x = call.Inner("Pad", "padded", [call.X, call.Longs("pads", 0, 0, padding[0], padding[1], 0, 0, padding[0], padding[1])]);
        string pooled = call.Inner("AveragePool", "pooled", [x], Window(kernel, a.stride ?? kernel, [0], ceil: true));

        // A window that would begin in the zeros at the end is none of PyTorch's.
        return call.Out("Slice", [pooled, call.Longs("begins", 0, 0), call.Longs("ends", call.Node.OutputShape[^2..]), call.Longs("axes", 2, 3)]);
    }

    /// <remarks>Where windows overlap or repeat, the means along each axis are products with a matrix.</remarks>
    public static string AdaptiveAverage(AdaptiveAvgPool2d a, LayerCall call)
    {
        if (a.output_size.All(size => size == 1))
        {
            return call.Out("GlobalAveragePool", [call.X]);
        }

        (long[] have, long[] want) = (call.Shape[^2..], call.Node.OutputShape[^2..]);
        if (have.SequenceEqual(want))
        {
            call.Graph.FixesSize = true;
            return call.X;
        }

        if (Windows(have, want) is { } kernel)
        {
            return call.Out("AveragePool", [call.X], Window(kernel, kernel, [0], ceil: false));
        }

        string rows = call.Floats("rows", Means(have[0], want[0]), want[0], have[0]);
        string columns = call.Floats("columns", Transposed(Means(have[1], want[1]), want[1], have[1]), have[1], want[1]);
        return call.Out("MatMul", [rows, call.Inner("MatMul", "narrow", [call.X, columns])]);
    }

    public static string AdaptiveMax(AdaptiveMaxPool2d m, LayerCall call) => m.output_size.All(size => size == 1)
        ? call.Out("GlobalMaxPool", [call.X])
        : Windows(call.Shape[^2..], call.Node.OutputShape[^2..]) is { } kernel
            ? call.Out("MaxPool", [call.X], Window(kernel, kernel, [0], ceil: false))
            : throw new NotSupportedException("its windows overlap, for which ONNX has no operator (choose an input whose map is a multiple of the output)");

    // The sum over a window is four times its mean, without rounding.
    public static string Subsampling(Subsampling s, LayerCall call)
    {
        long[] window = [Layers.Subsampling.Window, Layers.Subsampling.Window];
        string mean = call.Inner("AveragePool", "mean", [call.X], Window(window, window, [0], ceil: false));
        string sum = call.Inner("Mul", "sum", [mean, call.Scalar("cells", window[0] * window[1])]);
        return call.Out("Add", [call.Inner("Mul", "scaled", [sum, call.PerChannel("coefficient", s.Coefficient)]), call.PerChannel("bias", s.Bias)]);
    }

    public static string[] MaxWithIndices(MaxPoolWithIndices m, LayerCall call)
    {
        string[] outputs = call.Graph.Add("MaxPool", [call.Node.Name, $"{call.Node.Name}/places"], [call.X],
            Window([m.Kernel, m.Kernel], [m.Kernel, m.Kernel], [0], ceil: false));
        call.Graph.Planes[outputs[1]] = call.Shape[^2..];
        return outputs;
    }

    /// <remarks>ONNX counts places over the whole batch and its planes, PyTorch within a plane: they agree where the plane has the pooled one's size.</remarks>
    public static string Unpool(MaxUnpool u, LayerCall call)
    {
        if (!call.Graph.Planes.TryGetValue(call.Inputs[1], out long[]? plane) || !plane.AsSpan().SequenceEqual(call.Node.OutputShape.AsSpan(^2..)))
        {
            throw new NotSupportedException("its places come from a map of another size than the one that it makes");
        }

        call.Graph.FixesSize = true;
        return call.Out("MaxUnpool", call.Inputs,
            AttributeProto.Of("kernel_shape", [(long)u.Kernel, u.Kernel]), AttributeProto.Of("strides", [(long)u.Kernel, u.Kernel]));
    }

    private static IEnumerable<AttributeProto> Window(long[] kernel, long[]? stride, long[]? padding, bool ceil)
    {
        long[] pads = Two(padding, 0);
        yield return AttributeProto.Of("kernel_shape", Two(kernel, 1));
        yield return AttributeProto.Of("strides", Two(stride is null or [] ? kernel : stride, 1));
        yield return AttributeProto.Of("pads", [.. pads, .. pads]);
        yield return AttributeProto.Of("ceil_mode", ceil ? 1L : 0);
    }

    // The windows where they tile the map.
    private static long[]? Windows(long[] have, long[] want) =>
        have[0] % want[0] == 0 && have[1] % want[1] == 0 ? [have[0] / want[0], have[1] / want[1]] : null;

    // [want, have]: row i is the mean from ⌊i·have/want⌋ to before ⌈(i+1)·have/want⌉.
    private static float[] Means(long have, long want)
    {
        var matrix = new float[want * have];
        for (long i = 0; i < want; i++)
        {
            (long begin, long end) = (i * have / want, (((i + 1) * have) + want - 1) / want);
            for (long j = begin; j < end; j++)
            {
                matrix[(i * have) + j] = 1f / (end - begin);
            }
        }

        return matrix;
    }

    private static float[] Transposed(float[] matrix, long rows, long columns)
    {
        var turned = new float[matrix.Length];
        for (long i = 0; i < rows; i++)
        {
            for (long j = 0; j < columns; j++)
            {
                turned[(j * rows) + i] = matrix[(i * columns) + j];
            }
        }

        return turned;
    }

    private static long[] Two(long[]? values, long otherwise) =>
        values is null or [] ? [otherwise, otherwise] : values.Length == 1 ? [values[0], values[0]] : values;
}
