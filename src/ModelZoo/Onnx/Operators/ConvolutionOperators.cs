using ModelZoo.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Onnx.Operators;

/// <summary>Conv and ConvTranspose over images.</summary>
internal static class ConvolutionOperators
{
    public static void Conv(GraphNode node)
    {
        GraphValue x = node.Computed(0, 4);
        long[] shape = Kernels(node);
        long groups = node.Int("group") ?? 1, channels = node.Classes ?? shape[0];
        if (groups < 1 || shape[1] * groups != x.Shape[1] || channels % groups != 0)
        {
            throw new NodeException($"has weights [{string.Join(",", shape)}] in {groups} groups for {Shapes.Text(x.Shape)}");
        }

        Windows window = Windows.Of(node, x.Shape, shape[2..]);
        GraphValue input = window.Symmetric ? x : Bordered(node, x, window.Sides);
        (long, long) border = window.Symmetric ? (window.Before[0], window.Before[1]) : (0, 0);
        Conv2d layer = nn.Conv2d(x.Shape[1], channels, (shape[2], shape[3]), (window.Stride[0], window.Stride[1]), border,
            (window.Dilation[0], window.Dilation[1]), groups: groups, bias: node.Has(2), device: META);
        layer.weight = Weights.Of(node, 1, layer.weight.shape);
        layer.bias = node.Has(2) ? Weights.Of(node, 2, channels) : null;
        node.Gives(0, node.Layer(layer, window.Output(x.Shape, channels), input));
    }

    public static void ConvTranspose(GraphNode node)
    {
        GraphValue x = node.Computed(0, 4);
        long[] shape = Kernels(node);
        long groups = node.Int("group") ?? 1;
        if (groups < 1 || shape[0] != x.Shape[1] || shape[0] % groups != 0)
        {
            throw new NodeException($"has weights [{string.Join(",", shape)}] in {groups} groups for {Shapes.Text(x.Shape)}");
        }

        long[] extra = node.Sizes("output_padding", 2, 0, 0);
        long[]? wanted = node.Ints("output_shape");
        string auto = node.Text("auto_pad", "NOTSET");
        node.Must("auto_pad", auto is "NOTSET" or "" or "VALID" or "SAME_UPPER" or "SAME_LOWER", $"the auto_pad {Printable.Name(auto)}");
        if (auto == "VALID")
        {
            node.Must("pads", node.Ints("pads")?.All(p => p == 0) ?? true, "pads beside an auto_pad");
        }

        var plain = new Windows
        {
            Kernel = node.Ints("kernel_shape") is null ? shape[2..] : node.Sizes("kernel_shape", 2, 0, 1),
            Stride = node.Sizes("strides", 2, 1, 1),
            Dilation = node.Sizes("dilations", 2, 1, 1),
            Before = [0, 0],
            After = [0, 0],
        };
        node.Must("kernel_shape", plain.Kernel[0] == shape[2] && plain.Kernel[1] == shape[3], "a kernel of another size than its weight");
        long[] pads = node.Sizes("pads", 4, 0, 0);
        bool same = auto.StartsWith("SAME", StringComparison.Ordinal);
        wanted = wanted?.Length == 4 ? [wanted[2], wanted[3]] : wanted;
        node.Must("output_shape", wanted is null or [> 0, > 0], "such an output_shape");
        (long[] before, long[] after, long[] sizes) = (new long[2], new long[2], new long[2]);
        for (int axis = 0; axis < 2; axis++)
        {
            (long size, long step) = (x.Shape[2 + axis], plain.Stride[axis]);
            long whole = ((size - 1) * step) + plain.Extent(axis) + extra[axis];
            if (wanted is not null || same)
            {
                long total = Math.Max(0, whole - (wanted?[axis] ?? size * step)), half = total / 2;
                (before[axis], after[axis]) = auto == "SAME_UPPER" ? (half, total - half) : (total - half, half);
            }
            else
            {
                (before[axis], after[axis]) = (pads[axis], pads[axis + 2]);
            }

            sizes[axis] = whole - before[axis] - after[axis];
            if (sizes[axis] < 1 || (wanted is not null && sizes[axis] != wanted[axis]))
            {
                throw new NodeException($"makes {sizes[axis]} rows or columns");
            }
        }

        // torch takes the same from both sides, and TorchSharp adds the same to rows and columns; what is more is cut off afterwards.
        long[] both = [Math.Min(before[0], after[0]), Math.Min(before[1], after[1])];
        long more = extra.Max();
        node.Must("output_padding", more == 0 || Enumerable.Range(0, 2).All(a => more < Math.Max(plain.Stride[a], plain.Dilation[a])),
            "such an output_padding");
        long channels = shape[1] * groups;
        ConvTranspose2d layer = nn.ConvTranspose2d(shape[0], channels, (shape[2], shape[3]), (plain.Stride[0], plain.Stride[1]), (both[0], both[1]),
            (more, more), (plain.Dilation[0], plain.Dilation[1]), groups: groups, bias: node.Has(2),
            device: META);
        layer.weight = Weights.Of(node, 1, layer.weight.shape);
        layer.bias = node.Has(2) ? Weights.Of(node, 2, channels) : null;
        long[] made = [x.Shape[0], channels, Made(0), Made(1)];
        GraphValue y = node.Layer(layer, made, x);
        for (int axis = 0; axis < 2; axis++)
        {
            if (made[2 + axis] != sizes[axis])
            {
                made = [.. made];
                made[2 + axis] = sizes[axis];
                long start = before[axis] - both[axis];
                y = node.Layer(new Slice(2 + axis, start, start + sizes[axis]), made, y);
            }
        }

        node.Gives(0, y);

        long Made(int axis) => sizes[axis] + before[axis] + after[axis] - (2 * both[axis]) + more - extra[axis];
    }

    /// <summary>The input with a border of zeros.</summary>
    public static GraphValue Bordered(GraphNode node, GraphValue x, long[] sides) => node.Layer(
        nn.ZeroPad2d((sides[0], sides[1], sides[2], sides[3])),
        [x.Shape[0], x.Shape[1], x.Shape[2] + sides[2] + sides[3], x.Shape[3] + sides[0] + sides[1]], x);

    private static long[] Kernels(GraphNode node)
    {
        GraphValue weight = node.Input(1);
        return !weight.IsConstant ? throw new NodeException("computes its weights, where constants are supported only")
            : weight.Shape is [> 0, > 0, > 0, > 0] shape ? shape
            : throw new NodeException($"has weights [{string.Join(",", weight.Shape)}]; two-dimensional convolutions are supported only");
    }
}
