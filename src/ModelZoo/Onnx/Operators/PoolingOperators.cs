using ModelZoo.Layers;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Operators;

/// <summary>Pooling over images, and means over dimensions.</summary>
internal static class PoolingOperators
{
    public static void Max(GraphNode node)
    {
        GraphValue x = node.Computed(0, 4);
        node.Ignore("storage_order");
        Windows window = Windows.Of(node, x.Shape);
        bool ceil = node.Flag("ceil_mode");
        long[] shape = window.Output(x.Shape, x.Shape[1], ceil);
        if (node.Gives(1))
        {
            bool tiles = Tiles(window) && x.Shape[2] % window.Kernel[0] == 0 && x.Shape[3] % window.Kernel[1] == 0 && !node.Flag("storage_order");
            node.Must("kernel_shape", tiles, "the places of the maxima as output of windows that are not squares side by side");
            (GraphValue values, GraphValue places) = node.Pair(new MaxPoolWithIndices((int)window.Kernel[0]), shape, x.Shape[^2..], x);
            node.Gives(0, values);
            node.Gives(1, places);
            return;
        }

        (long, long) kernel = (window.Kernel[0], window.Kernel[1]), stride = (window.Stride[0], window.Stride[1]);
        (long, long) dilation = (window.Dilation[0], window.Dilation[1]), border = (0, 0);
        if (window.Symmetric && window.Before[0] <= window.Kernel[0] / 2 && window.Before[1] <= window.Kernel[1] / 2)
        {
            border = (window.Before[0], window.Before[1]);
        }
        else if (!ceil && LastWindowsSuffice(window))
        {
            ceil = true;
        }
        else
        {
            x = node.Layer(new ConstantBorder(window.Sides, double.NegativeInfinity),
                [x.Shape[0], x.Shape[1], x.Shape[2] + window.Before[0] + window.After[0], x.Shape[3] + window.Before[1] + window.After[1]], x);
        }

        node.Gives(0, node.Layer(nn.MaxPool2d(kernel, stride, border, dilation, ceil), shape, x));
    }

    /// <remarks>
    /// ONNX counts places over the whole batch and its planes, a <see cref="MaxPoolWithIndices"/> within a plane: they mean the same where the map that is made
    /// is as large as the one that they come from.
    /// </remarks>
    public static void Unpool(GraphNode node)
    {
        GraphValue x = node.Computed(0, 4), places = node.Input(1);
        Windows window = Windows.Of(node, x.Shape);
        node.Must("kernel_shape", Tiles(window), "windows that are not squares side by side");
        long kernel = window.Kernel[0];
        long[] shape = [x.Shape[0], x.Shape[1], x.Shape[2] * kernel, x.Shape[3] * kernel];
        node.Must("kernel_shape", places.Plane is { } plane && plane.AsSpan().SequenceEqual(shape.AsSpan(2)),
            "places that are not those of a MaxPool over a map as large as the one that it makes");
        node.Must("kernel_shape", !node.Has(2) || node.Longs(2) is [_, _, var height, var width] && (height, width) == (shape[2], shape[3]),
            "another size of its output");
        node.Gives(0, node.Layer(new MaxUnpool((int)kernel), shape, x, places));
    }

    public static void Average(GraphNode node)
    {
        GraphValue x = node.Computed(0, 4);
        Windows window = Windows.Of(node, x.Shape);
        node.Must("dilations", window.Dilation.All(d => d == 1), "dilations");
        (bool ceil, bool counted) = (node.Flag("ceil_mode"), node.Flag("count_include_pad"));
        long[] shape = window.Output(x.Shape, x.Shape[1], ceil);
        if (window.Symmetric && window.Before[0] <= window.Kernel[0] / 2 && window.Before[1] <= window.Kernel[1] / 2)
        {
            node.Gives(0, node.Layer(nn.AvgPool2d((window.Kernel[0], window.Kernel[1]), (window.Stride[0], window.Stride[1]),
                (window.Before[0], window.Before[1]), ceil, counted), shape, x));
            return;
        }

        node.Must("ceil_mode", !ceil, "a ceil_mode beside pads that differ");
        node.Gives(0, counted
            ? node.Layer(nn.AvgPool2d((window.Kernel[0], window.Kernel[1]), (window.Stride[0], window.Stride[1])), shape,
                ConvolutionOperators.Bordered(node, x, window.Sides))
            : node.Layer(new BorderedAveragePool(window.Kernel, window.Stride, window.Sides, ceil), shape, x));
    }

    public static void GlobalAverage(GraphNode node)
    {
        GraphValue x = node.Computed(0, 4);
        node.Gives(0, node.Layer(nn.AdaptiveAvgPool2d(1), [x.Shape[0], x.Shape[1], 1, 1], x));
    }

    public static void GlobalMax(GraphNode node)
    {
        GraphValue x = node.Computed(0, 4);
        node.Gives(0, node.Layer(nn.AdaptiveMaxPool2d([1, 1]), [x.Shape[0], x.Shape[1], 1, 1], x));
    }

    public static void Mean(GraphNode node)
    {
        (long[] axes, bool keep) = Reduced(node, inputSince: 18, "the mean");
        GraphValue x = node.Computed();
        nn.Module layer = keep && x.Rank == 4 && axes is [2, 3] ? nn.AdaptiveAvgPool2d(1) : new Mean(axes, keep);
        node.Gives(0, node.Layer(layer, ReducedShape(x, axes, keep), x));
    }

    public static void Sum(GraphNode node)
    {
        (long[] axes, bool keep) = Reduced(node, inputSince: 13, "the sum");
        GraphValue x = node.Computed();
        node.Gives(0, node.Layer(new Total(axes, keep), ReducedShape(x, axes, keep), x));
    }

    private static (long[] Axes, bool Keep) Reduced(GraphNode node, int inputSince, string what)
    {
        GraphValue x = node.Computed();
        bool keep = node.Flag("keepdims", usual: true), none = node.Flag("noop_with_empty_axes");
        long[] axes = node.Axes(inputSince, x.Rank) is { Length: > 0 } given ? given
            : !none ? [.. Enumerable.Range(0, x.Rank).Select(i => (long)i)]
            : throw new NodeException("has no axes");
        return axes.Any(a => Shapes.HasBatch(x.Shape[a])) ? throw new NodeException($"takes {what} over the images of a batch") : (axes, keep);
    }

    private static long[] ReducedShape(GraphValue x, long[] axes, bool keep) =>
        [.. x.Shape.Select((size, i) => axes.Contains(i) ? 1 : size).Where((_, i) => keep || !axes.Contains(i))];

    private static bool Tiles(Windows window) => window.Kernel[0] == window.Kernel[1] && window.Stride.SequenceEqual(window.Kernel)
        && window.Dilation.All(d => d == 1) && window.Sides.All(s => s == 0);

    // A border behind the image that only lets the last window stick out is what torch calls ceil_mode.
    private static bool LastWindowsSuffice(Windows window) => Enumerable.Range(0, 2).All(axis =>
        window.Before[axis] == 0 && window.After[axis] == window.Stride[axis] - 1 && window.Kernel[axis] >= window.Stride[axis]);
}
