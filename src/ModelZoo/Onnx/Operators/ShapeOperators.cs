using ModelZoo.Layers;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Operators;

/// <summary>The same elements in other shapes and orders.</summary>
internal static class ShapeOperators
{
    public static void Identity(GraphNode node) => node.Gives(0, node.Input(0));

    /// <summary>Between floating-point types: everything is computed in one.</summary>
    public static void Cast(GraphNode node)
    {
        node.Ignore("saturate");
        var to = (OnnxType)(node.Int("to") ?? 0);
        node.Must("to", to is OnnxType.Float or OnnxType.Float16 or OnnxType.BFloat16 or OnnxType.Double, "a target that is no floating-point type");
        node.Gives(0, node.Computed());
    }

    public static void Flatten(GraphNode node)
    {
        GraphValue x = node.Computed();
        int axis = (int)(node.Int("axis") ?? 1);
        axis = axis < 0 ? axis + x.Rank : axis;
        node.Must("axis", axis >= 0 && axis <= x.Rank, "such an axis");
        node.Gives(0, Reshaped(node, x, [Shapes.Count(x.Shape[..axis]), Shapes.Count(x.Shape[axis..])]));
    }

    public static void Reshape(GraphNode node)
    {
        GraphValue x = node.Computed();
        long[] wanted = node.Longs(1);
        bool zeros = node.Flag("allowzero");
        for (int i = 0; i < wanted.Length; i++)
        {
            wanted[i] = wanted[i] != 0 || zeros ? wanted[i] : i < x.Rank ? x.Shape[i] : throw new NodeException("keeps a dimension that its input has not");
        }

        // A graph that was written for one number of images has that number in its shapes.
        long count = Shapes.Count(x.Shape);
        if (wanted.Length > 0 && wanted[0] == node.WrittenBatch && Shapes.HasBatch(x.Shape[0]) && !wanted.Any(Shapes.HasBatch)
            && (wanted.Contains(-1) || Shapes.Count(wanted) / wanted[0] * Shapes.Batch == count))
        {
            wanted[0] = Shapes.Batch;
        }

        int open = Array.IndexOf(wanted, -1);
        long known = Shapes.Count(wanted.Where(n => n != -1));
        if (wanted.Length > Shapes.MostDimensions || wanted.Any(n => n < -1 || n == 0) || wanted.Count(n => n == -1) > 1
            || (open < 0 ? known != count : count % known != 0))
        {
            throw new NodeException($"makes {Shapes.Text(wanted)} of {Shapes.Text(x.Shape)}");
        }

        if (open >= 0)
        {
            wanted[open] = count / known;
        }

        node.Gives(0, Reshaped(node, x, wanted));
    }

    public static void Squeeze(GraphNode node)
    {
        GraphValue x = node.Computed();
        long[] axes = node.Axes(13, x.Rank) ?? [.. Enumerable.Range(0, x.Rank).Where(i => x.Shape[i] == 1).Select(i => (long)i)];
        if (axes.Any(a => x.Shape[a] != 1))
        {
            throw new NodeException($"takes dimensions out of {Shapes.Text(x.Shape)} that are not 1");
        }

        node.Gives(0, Reshaped(node, x, [.. x.Shape.Where((_, i) => !axes.Contains(i))]));
    }

    public static void Unsqueeze(GraphNode node)
    {
        GraphValue x = node.Computed();
        long[] given = (node.Opset < 13 ? node.Ints("axes") : node.Longs(1)) ?? throw new NodeException("has no axes");
        int rank = x.Rank + given.Length;
        HashSet<long> axes = [.. given.Select(a => GraphNode.Axis(a, rank))];
        if (axes.Count != given.Length || rank > Shapes.MostDimensions)
        {
            throw new NodeException("has an axis twice or too many");
        }

        var sizes = new Queue<long>(x.Shape);
        node.Gives(0, Reshaped(node, x, [.. Enumerable.Range(0, rank).Select(i => axes.Contains(i) ? 1 : sizes.Dequeue())]));
    }

    public static void Transpose(GraphNode node)
    {
        GraphValue x = node.Computed();
        long[] order = node.Ints("perm") ?? [.. Enumerable.Range(0, x.Rank).Reverse()];
        if (order.Length != x.Rank || !order.Order().SequenceEqual(Enumerable.Range(0, x.Rank).Select(i => (long)i)))
        {
            throw new NodeException($"has the order [{string.Join(",", order)}] of {x.Rank} dimensions");
        }

        long[] larger = [.. order.Where(n => x.Shape[n] != 1)];
        bool still = larger.SequenceEqual(larger.Order()) && order.Select(n => x.Shape[n]).SequenceEqual(x.Shape);
        node.Gives(0, order.SequenceEqual(order.Order()) || still ? x : node.Layer(new Permute(order), [.. order.Select(i => x.Shape[i])], x));
    }

    /// <summary>A value in another shape with as many elements, of which the number of images is in one size.</summary>
    public static GraphValue Reshaped(GraphNode node, GraphValue x, long[] shape)
    {
        if (shape.SequenceEqual(x.Shape))
        {
            return x;
        }

        if (shape.Count(Shapes.HasBatch) != 1 || shape.Length > Shapes.MostDimensions)
        {
            throw new NodeException($"makes {Shapes.Text(shape)} of {Shapes.Text(x.Shape)}; exactly one size with the number of images in it is supported");
        }

        bool flat = shape.Length == 2 && shape[0] == x.Shape[0] && x.Rank > 2;
        return node.Layer(flat ? nn.Flatten() : new Reshape([.. shape.Select(n => Shapes.HasBatch(n) ? -1 : n)]), shape, x);
    }
}
