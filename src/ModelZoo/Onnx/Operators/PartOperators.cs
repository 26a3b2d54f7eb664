using ModelZoo.Layers;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Operators;

/// <summary>Parts of values, and borders around them.</summary>
internal static class PartOperators
{
    public static void Slice(GraphNode node)
    {
        GraphValue x = node.Computed();
        foreach ((int axis, long start, long end, long step) in Ranges(node, x.Shape))
        {
            if ((start, end, step) == (0, x.Shape[axis], 1))
            {
                continue;
            }

            if (Shapes.HasBatch(x.Shape[axis]) || step < 1 || end <= start)
            {
                throw new NodeException($"takes {start} to {end} in steps of {step} of {Shapes.Text(x.Shape)}, dimension {axis}");
            }

            long[] shape = [.. x.Shape];
            shape[axis] = (end - start + step - 1) / step;
            x = node.Layer(new Layers.Slice(axis, start, end, step), shape, x);
        }

        node.Gives(0, x);
    }

    /// <summary>What a Slice takes of each dimension, within it.</summary>
    public static IEnumerable<(int Axis, long Start, long End, long Step)> Ranges(GraphNode node, long[] shape)
    {
        bool inputs = node.Opset >= 10;
        long[] starts = (inputs ? node.Longs(1) : node.Ints("starts")) ?? [], ends = (inputs ? node.Longs(2) : node.Ints("ends")) ?? [];
        long[] axes = (inputs ? node.Has(3) ? node.Longs(3) : null : node.Ints("axes")) ?? [.. Enumerable.Range(0, starts.Length)];
        long[] steps = (inputs && node.Has(4) ? node.Longs(4) : null) ?? [.. starts.Select(_ => 1L)];
        if (starts.Length == 0 || ends.Length != starts.Length || axes.Length != starts.Length || steps.Length != starts.Length)
        {
            throw new NodeException("has starts, ends, axes and steps of different lengths");
        }

        for (int i = 0; i < starts.Length; i++)
        {
            int axis = (int)GraphNode.Axis(axes[i], shape.Length);
            yield return (axis, Within(starts[i], shape[axis]), Within(ends[i], shape[axis]), steps[i]);
        }

        static long Within(long place, long size) => Math.Clamp(place < 0 ? Math.Max(place, -size) + size : place, 0, size);
    }

    public static void Split(GraphNode node)
    {
        GraphValue x = node.Computed();
        int axis = (int)GraphNode.Axis(node.Int("axis") ?? 0, x.Rank), parts = node.OutputCount;
        node.Ignore("num_outputs");
        long size = x.Shape[axis], each = (size + parts - 1) / parts;
        long[] sizes = (node.Opset < 13 ? node.Ints("split") : node.Has(1) ? node.Longs(1) : null)
            ?? [.. Enumerable.Range(0, parts).Select(i => Math.Min(each, size - (each * i)))];
        if (sizes.Length != parts || sizes.Any(n => n < 1 || n > size) || sizes.Sum() != size || Shapes.HasBatch(size))
        {
            throw new NodeException($"splits {Shapes.Text(x.Shape)}, dimension {axis}, into [{string.Join(",", sizes)}]");
        }

        long start = 0;
        for (int i = 0; i < parts; i++)
        {
            long[] shape = [.. x.Shape];
            shape[axis] = sizes[i];
            if (node.Gives(i))
            {
                node.Gives(i, parts == 1 ? x : node.Layer(new Layers.Slice(axis, start, start + sizes[i]), shape, x));
            }

            start += sizes[i];
        }
    }

    public static void Gather(GraphNode node)
    {
        GraphValue x = node.Computed();
        int axis = (int)GraphNode.Axis(node.Int("axis") ?? 0, x.Rank);
        long size = x.Shape[axis];
        using Tensor given = node.Constant(1);
        if (Shapes.HasBatch(size) || given.dim() > 1 || given.numel() is 0 or > 65536 || given.is_floating_point())
        {
            throw new NodeException($"takes {Shapes.Text(given.shape)} indices of {Shapes.Text(x.Shape)}, dimension {axis}");
        }

        long[] indices = [.. given.to_type(ScalarType.Int64).reshape(-1).data<long>().Select(i => i < 0 ? i + size : i)];
        if (indices.Any(i => i < 0 || i >= size))
        {
            throw new NodeException($"takes an index that a dimension of {size} has not");
        }

        long[] shape = [.. x.Shape];
        shape[axis] = indices.Length;
        GraphValue picked = indices.Length == 1
            ? node.Layer(new Layers.Slice(axis, indices[0], indices[0] + 1), shape, x)
            : node.Layer(new SelectIndices(axis, indices), shape, x);
        node.Gives(0, given.dim() == 0 ? ShapeOperators.Reshaped(node, picked, [.. shape.Where((_, i) => i != axis)]) : picked);
    }

    public static void Pad(GraphNode node)
    {
        GraphValue x = node.Computed();
        long[] pads = Widths(node, x.Rank);
        double value = node.Opset < 11 ? node.Real("value", 0) : node.Has(2) ? node.Real(2) : 0;
        string mode = node.Text("mode", "constant");
        long[] shape = [.. x.Shape.Select((size, i) => size + pads[i] + pads[i + x.Rank])];
        bool image = x.Rank == 4 && pads[0] == 0 && pads[1] == 0 && pads[4] == 0 && pads[5] == 0;
        if (shape.Where((n, i) => n < 1 || n > 1 << 24 && !Shapes.HasBatch(n) || (Shapes.HasBatch(x.Shape[i]) && n != x.Shape[i])).Any())
        {
            throw new NodeException($"has the pads [{string.Join(",", pads)}] for {Shapes.Text(x.Shape)}");
        }

        if (pads.All(p => p == 0))
        {
            node.Gives(0, x);
            return;
        }

        (long, long, long, long) sides = image ? (pads[3], pads[7], pads[2], pads[6]) : default;
        nn.Module layer = mode switch
        {
            "constant" when image && value == 0 && pads.All(p => p >= 0) => nn.ZeroPad2d(sides),
            "constant" => new ConstantBorder([.. Enumerable.Range(0, x.Rank).Reverse().SelectMany(i => (long[])[pads[i], pads[i + x.Rank]])], value),
            "reflect" when image && pads.All(p => p >= 0) && Fits(x.Shape[2], pads[2], pads[6]) && Fits(x.Shape[3], pads[3], pads[7]) =>
                nn.ReflectionPad2d(sides),
            "edge" when image && pads.All(p => p >= 0) => nn.ReplicationPad2d(sides),
            _ => throw new NodeException($"has the mode {Printable.Name(mode)} with the pads [{string.Join(",", pads)}] for {Shapes.Text(x.Shape)}"),
        };
        node.Gives(0, node.Layer(layer, shape, x));

        static bool Fits(long size, long before, long after) => before < size && after < size;
    }

    // For each dimension what comes before, then for each what comes after.
    private static long[] Widths(GraphNode node, int rank)
    {
        long[] given = (node.Opset < 11 ? node.Ints("pads") : node.Longs(1)) ?? throw new NodeException("has no pads");
        if (node.Opset < 18 || !node.Has(3))
        {
            return given.Length == 2 * rank ? given : throw new NodeException($"has {given.Length} pads for {rank} dimensions");
        }

        long[] axes = node.Longs(3), pads = new long[2 * rank];
        for (int i = 0; i < axes.Length; i++)
        {
            long axis = GraphNode.Axis(axes[i], rank);
            (pads[axis], pads[axis + rank]) = given.Length == 2 * axes.Length
                ? (given[i], given[i + axes.Length])
                : throw new NodeException($"has {given.Length} pads for {axes.Length} axes");
        }

        return pads;
    }
}
