namespace ModelZoo.Onnx.Operators;

/// <summary>The window of a convolution or pooling over rows and columns: what ONNX's attributes and the input's size say together.</summary>
internal sealed record Windows
{
    public required long[] Kernel { get; init; }

    public required long[] Stride { get; init; }

    public required long[] Dilation { get; init; }

    /// <summary>Rows above, columns left.</summary>
    public required long[] Before { get; init; }

    /// <summary>Rows below, columns right.</summary>
    public required long[] After { get; init; }

    public bool Symmetric => Before.SequenceEqual(After);

    /// <summary>The border as torch's pad wants it: left, right, top, bottom.</summary>
    public long[] Sides => [Before[1], After[1], Before[0], After[0]];

    /// <param name="node">Of a convolution or pooling.</param>
    /// <param name="input">Its input, [N,C,H,W].</param>
    /// <param name="kernel">Rows and columns, where the weight has them.</param>
    public static Windows Of(GraphNode node, long[] input, long[]? kernel = null)
    {
        long[] size = node.Ints("kernel_shape") is not null || kernel is null ? node.Sizes("kernel_shape", 2, 0, 1) : kernel;
        if (kernel is not null && !kernel.SequenceEqual(size))
        {
            throw new NodeException($"has a kernel of [{string.Join(",", size)}], but a weight of [{string.Join(",", kernel)}]");
        }

        var window = new Windows
        {
            Kernel = size,
            Stride = node.Sizes("strides", 2, 1, 1),
            Dilation = node.Sizes("dilations", 2, 1, 1),
            Before = [0, 0],
            After = [0, 0],
        };
        long[] pads = node.Sizes("pads", 4, 0, 0);
        switch (node.Text("auto_pad", "NOTSET"))
        {
            case "NOTSET" or "":
                return window with { Before = pads[..2], After = pads[2..] };
            case "VALID":
                return window;
            case "SAME_UPPER":
                return window.Same(input, upper: true);
            case "SAME_LOWER":
                return window.Same(input, upper: false);
            case var other:
                throw new NodeException($"has the auto_pad {Printable.Name(other)}");
        }
    }

    /// <summary>Rows and columns from a window's first to its last.</summary>
    public long Extent(int axis) => ((Kernel[axis] - 1) * Dilation[axis]) + 1;

    /// <summary>The output's shape.</summary>
    public long[] Output(long[] input, long channels, bool ceil = false) => [input[0], channels, Output(input[2], 0, ceil), Output(input[3], 1, ceil)];

    private long Output(long size, int axis, bool ceil)
    {
        long room = size + Before[axis] + After[axis] - Extent(axis);
        long steps = ceil ? (room + Stride[axis] - 1) / Stride[axis] : room / Stride[axis];
        if (ceil && steps * Stride[axis] >= size + Before[axis])
        {
            steps--; // a window that would begin in the border behind the image
        }

        return room >= 0 || (ceil && room > -Stride[axis]) ? steps + 1 : throw new NodeException($"has a window of {Extent(axis)} over {size} rows or columns");
    }

    private Windows Same(long[] input, bool upper)
    {
        long[] total = [Total(input[2], 0), Total(input[3], 1)];
        long[] smaller = [total[0] / 2, total[1] / 2], larger = [total[0] - smaller[0], total[1] - smaller[1]];
        return this with { Before = upper ? smaller : larger, After = upper ? larger : smaller };
    }

    private long Total(long size, int axis) =>
        Math.Max(0, ((((size + Stride[axis] - 1) / Stride[axis]) - 1) * Stride[axis]) + Extent(axis) - size);
}
