namespace ModelZoo.Reference.Tests;

/// <summary>
/// Pooling and unpooling. The inputs of a maximum hold no two values closer than 0.1, so that a step of finite differences changes no winner.
/// </summary>
internal static class PoolingOperations
{
    public static IEnumerable<Operation> All => [
        new("max pooling", "MaxPooling.Backward", "assigned instead of added where windows share a winner", c => MaxPooled(c, RandomWindow(c, dilated: true)),
            c => MaxPooled(c.X, c.Window)),
        new("average pooling", "AveragePooling.Backward", "the other way of counting padding", c => AveragePooled(c, RandomWindow(c, dilated: false)),
            c => AveragePooled(c.X, c.Window, c.Bool("include_pad"), c.Has("divisor") ? c.Int("divisor") : null)),
        new("adaptive max pooling", "AdaptivePooling.MaxBackward", "assigned instead of added where windows share a winner",
            c => AdaptiveMax(c.Distinct(c.From(1, 2), c.From(1, 3), c.From(1, 7), c.From(1, 7)), c.Pair(1, 8)), c => AdaptiveMax(c.X, c.Pair("size"))),
        new("adaptive average pooling", "AdaptivePooling.AverageBackward", "windows taken as all of one size",
            c => AdaptiveAverage(c.Array(c.From(1, 2), c.From(1, 3), c.From(1, 7), c.From(1, 7)), c.Pair(1, 8)), c => AdaptiveAverage(c.X, c.Pair("size"))),
        new("global max pooling", "AdaptivePooling.MaxBackward", "spread over the plane", c => GlobalMax(c.Distinct(Shape(c))), c => GlobalMax(c.X)),
        new("global average pooling", "AdaptivePooling.AverageBackward", "not divided by the plane", c => GlobalAverage(c.Array(Shape(c))), c =>
            GlobalAverage(c.X)),
        new("nearest unpooling", "Unpooling.NearestBackward", "averaged over the block, not summed",
            c => Nearest(c.Array(Shape(c)), c.Pair(1, 3)), c => Nearest(c.X, c.Pair("scale"))),
        new("bed of nails unpooling", "Unpooling.BedOfNailsBackward", "summed over the block",
            c => BedOfNails(c.Array(Shape(c)), c.Pair(1, 3)), c => BedOfNails(c.X, c.Pair("scale"))),
        new("max unpooling", "Unpooling.MaxBackward", "read from the block's corner", c => MaxUnpooled(c.Array(Shape(c)), c.Pair(1, 3), c),
            c => MaxUnpooled(c.X, c.Ints("indices"), c.Pair("size"))),
    ];

    private static int[] Shape(Choices c) => [c.From(1, 2), c.From(1, 3), c.From(1, 4), c.From(1, 4)];

    private static PoolingWindow RandomWindow(Choices c, bool dilated)
    {
        Pair kernel = c.Pair(1, 3);
        return new PoolingWindow(kernel)
        {
            Stride = c.Pair(1, 3),
            Padding = (c.From(0, kernel.H / 2), c.From(0, kernel.W / 2)),
            Dilation = dilated ? c.Pair(1, 2) : 1,
            CeilMode = c.Coin(),
        };
    }

    /// <summary>A size from what the kernel spans up; in ceil mode also smaller by what a lone window may overhang.</summary>
    private static int RandomSize(Choices c, int kernel, int stride, int dilation, bool ceil) =>
        Math.Max(1, (dilation * (kernel - 1)) + 1 - (ceil && c.Coin() ? stride - 1 : 0)) + c.From(0, 4);

    /// <summary>Any window and the shape of an input that it fits.</summary>
    public static (int[] Shape, PoolingWindow Window) RandomPooling(Choices c)
    {
        PoolingWindow window = RandomWindow(c, dilated: true);
        return (RandomShape(c, window), window);
    }

    private static int[] RandomShape(Choices c, PoolingWindow window) => [
        c.From(1, 2),
        c.From(1, 3),
        RandomSize(c, window.Kernel.H, window.Stride.H, window.Dilation.H, window.CeilMode),
        RandomSize(c, window.Kernel.W, window.Stride.W, window.Dilation.W, window.CeilMode),
    ];

    private static OperationCase MaxPooled(Choices c, PoolingWindow window) => MaxPooled(c.Distinct(RandomShape(c, window)), window);

    private static OperationCase MaxPooled(NdArray x, PoolingWindow window) => Pool(
        $"{x}, {window}", x, () =>
            MaxPooling.Forward(x, window), gradY => MaxPooling.Backward(x, gradY, window), gradY => Assigned(x, MaxPooling.Forward(x, window), gradY));

    private static OperationCase AdaptiveMax(NdArray x, Pair size) => Pool(
        $"{x}, {size}", x, () =>
            AdaptivePooling.Max(x, size), gradY => AdaptivePooling.MaxBackward(x, gradY), gradY => Assigned(x, AdaptivePooling.Max(x, size), gradY));

    private static OperationCase GlobalMax(NdArray x) => Pool(
        $"{x}", x, () => AdaptivePooling.Max(x, 1), gradY => AdaptivePooling.MaxBackward(x, gradY), gradY => AdaptivePooling.AverageBackward(x, gradY));

    private static OperationCase Pool(string description, NdArray x, Func<Pooled> forward, Func<NdArray, NdArray> backward, Func<NdArray, NdArray> mistaken) =>
        new(description, [("x", x)], () => OperationCase.Rounded(forward().Y, x, 0), gradY => [backward(gradY)], gradY => [mistaken(gradY)])
        {
            Extras = () => [("indices", new NdArray([.. forward().Indices.Select(index => (double)index)], [.. forward().Y.Shape]))],
        };

    private static NdArray Assigned(NdArray x, Pooled pooled, NdArray gradY)
    {
        NdArray gradX = NdArray.ZerosLike(x);
        int plane = x.Shape[2] * x.Shape[3], outPlane = gradY.Shape[2] * gradY.Shape[3];
        for (int at = 0; at < gradY.Count; at++)
        {
            gradX.Data[(at / outPlane * plane) + pooled.Indices[at]] = gradY.Data[at];
        }

        return gradX;
    }

    private static OperationCase AveragePooled(Choices c, PoolingWindow window) =>
        AveragePooled(c.Array(RandomShape(c, window)), window, c.Coin(), c.Coin() ? c.From(1, 5) : null);

    private static OperationCase AveragePooled(NdArray x, PoolingWindow window, bool countIncludePad, int? divisor) => new(
        $"{x}, {window}, counting padding {countIncludePad}, divisor {divisor}",
        [("x", x)],
        () => AveragePooling.ForwardSums(x, window, countIncludePad, divisor),
        gradY => [AveragePooling.Backward(x, gradY, window, countIncludePad, divisor)],
        gradY => [AveragePooling.Backward(x, gradY, window, !countIncludePad, divisor)]);

    private static OperationCase AdaptiveAverage(NdArray x, Pair size)
    {
        double cells = (double)x.Shape[2] / size.H * x.Shape[3] / size.W,
            largest = Math.Ceiling((double)x.Shape[2] / size.H) * Math.Ceiling((double)x.Shape[3] / size.W);
        return new OperationCase(
            $"{x}, {size}",
            [("x", x)],
            () => AdaptivePooling.AverageSums(x, size),
            gradY => [AdaptivePooling.AverageBackward(x, gradY)],
            gradY => [AdaptivePooling.AverageBackward(x, gradY).Map(g => g * largest / cells)]);
    }

    private static OperationCase GlobalAverage(NdArray x) => new(
        $"{x}",
        [("x", x)],
        () => AdaptivePooling.AverageSums(x, 1),
        gradY => [AdaptivePooling.AverageBackward(x, gradY)],
        gradY => [AdaptivePooling.AverageBackward(x, gradY).Map(g => g * x.Shape[2] * x.Shape[3])]);

    private static OperationCase Nearest(NdArray x, Pair scale) => new(
        $"{x}, {scale}",
        [("x", x)],
        () => OperationCase.Rounded(Unpooling.Nearest(x, scale), x, 0),
        gradY => [Unpooling.NearestBackward(gradY, scale).Value],
        gradY => [Unpooling.NearestBackward(gradY, scale).Value.Map(g => g / scale.H / scale.W)]);

    private static OperationCase BedOfNails(NdArray x, Pair scale) => new(
        $"{x}, {scale}",
        [("x", x)],
        () => OperationCase.Rounded(Unpooling.BedOfNails(x, scale), x, 0),
        gradY => [Unpooling.BedOfNailsBackward(gradY, scale).Value],
        gradY => [Unpooling.NearestBackward(gradY, scale).Value]);

    private static OperationCase MaxUnpooled(NdArray x, Pair scale, Choices c)
    {
        Pair size = (x.Shape[2] * scale.H, x.Shape[3] * scale.W);
        return MaxUnpooled(x, MaxPooling.Forward(c.Distinct(x.Shape[0], x.Shape[1], size.H, size.W), new(scale)).Indices, size);
    }

    private static OperationCase MaxUnpooled(NdArray x, int[] indices, Pair size) => new(
        $"{x}, {size}",
        [("x", x)],
        () => OperationCase.Rounded(Unpooling.Max(x, indices, size), x, 0),
        gradY => [Unpooling.MaxBackward(x, indices, gradY)],
        gradY => [Unpooling.BedOfNailsBackward(gradY, (size.H / x.Shape[2], size.W / x.Shape[3])).Value]);
}
