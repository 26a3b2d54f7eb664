using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// What libtorch does slowly for small batches, by vectors of eight float32 on several threads (<see cref="NativeOperators.ParallelFor"/>): memory moves once,
/// and a call costs microseconds. Images lie channels last (<see cref="Pixels"/>).
/// </summary>
internal static unsafe partial class Kernels
{
    // What a thread is worth: so many floats, which one thread moves in about the time that it takes to wake another.
    private const long Worth = 65536;

    /// <summary>An unwritten [N,C,H,W] for the first channels of which a shape is given.</summary>
    public static Tensor Empty(long[] shape, long channels) =>
        empty_strided([shape[0], channels, shape[2], shape[3]], [shape[2] * shape[3] * channels, 1, shape[3] * channels, channels], ScalarType.Float32);

    /// <summary>The wider images that some images are the first channels of.</summary>
    public static Tensor Widened(Tensor part, long channels)
    {
        long[] shape = part.shape;
        return part.as_strided([shape[0], channels, shape[2], shape[3]], [shape[2] * shape[3] * channels, 1, shape[3] * channels, channels], 0);
    }

    /// <summary>Images turned channels last; null where that is no work for this kernel.</summary>
    /// <param name="x">[N,C,H,W], float32, contiguous, with few channels; or anything else.</param>
    public static Tensor? ChannelsLast(Tensor x)
    {
        const long MostChannels = 16;
        (long dimensions, nint sizesAt, nint stridesAt) = NativeOperators.Layout(x);
        long* sizes = (long*)sizesAt, strides = (long*)stridesAt;
        if (dimensions != 4 || sizes[1] is < 2 or > MostChannels || strides[3] != 1 || strides[2] != sizes[3] || strides[1] != sizes[2] * sizes[3]
            || strides[0] != sizes[1] * strides[1] || x.dtype != ScalarType.Float32 || x.device_type != TorchSharp.DeviceType.CPU)
        {
            return null;
        }

        Tensor y = Empty([sizes[0], sizes[1], sizes[2], sizes[3]], sizes[1]);
        Pixels to = Pixels.Of(y, out _);
        var task = new Turn((nint)NativeOperators.Data(x), to);
        NativeOperators.ParallelFor(to.Images * to.Rows, Grain(to.Columns * to.Channels), &TurnPart, &task);
        return y;
    }

    /// <summary>a·x + s per channel, cut off below zero where asked for.</summary>
    public static Tensor Affine(Tensor x, Tensor factor, Tensor shift, bool relu, bool inPlace)
    {
        Pixels from = Pixels.Of(x, out Tensor held);
        Tensor y = inPlace ? held : Empty(x.shape, from.Channels);
        var task = new Pass(from, Pixels.Of(y, out _), NativeOperators.Data(factor), NativeOperators.Data(shift), relu);
        NativeOperators.ParallelFor(from.Count, Grain(from.Channels), &AffinePart, &task);
        GC.KeepAlive(held);
        return y;
    }

    /// <summary>x + y, cut off below zero where asked for.</summary>
    public static Tensor Add(Tensor x, Tensor y, bool relu, bool inPlace)
    {
        if (x.dim() != 4 || !x.shape.AsSpan().SequenceEqual(y.shape))
        {
            Tensor plain = inPlace ? x.add_(y) : x.add(y);
            return relu ? plain.relu_() : plain;
        }

        Pixels left = Pixels.Of(x, out Tensor heldX), right = Pixels.Of(y, out Tensor heldY);
        Tensor sum = inPlace ? heldX : Empty(x.shape, left.Channels);
        var task = new Join(left, right, Pixels.Of(sum, out _), relu);
        NativeOperators.ParallelFor(left.Count, Grain(left.Channels), &AddPart, &task);
        GC.KeepAlive(heldY);
        return sum;
    }

    /// <summary>[N,C,H,W] · [N,C,1,1].</summary>
    public static Tensor Gate(Tensor x, Tensor gates, bool inPlace)
    {
        Pixels from = Pixels.Of(x, out Tensor held), gate = Pixels.Of(gates, out Tensor heldGates);
        Tensor y = inPlace ? held : Empty(x.shape, from.Channels);
        var task = new Join(from, gate, Pixels.Of(y, out _), false);
        NativeOperators.ParallelFor(from.Count, Grain(from.Channels), &GatePart, &task);
        GC.KeepAlive(heldGates);
        return y;
    }

    /// <summary>The largest value under a window; windows may hang over any border.</summary>
    public static Tensor MaxPool(Tensor x, long rows, long columns, (long H, long W) kernel, (long H, long W) stride, (long H, long W) padding)
    {
        Pixels from = Pixels.Of(x, out Tensor held);
        Tensor y = Empty([from.Images, from.Channels, rows, columns], from.Channels);
        var task = new Pool(from, Pixels.Of(y, out _), kernel.H, kernel.W, stride.H, stride.W, padding.H, padding.W);
        NativeOperators.ParallelFor(from.Images * rows, Grain(columns * from.Channels * kernel.H * kernel.W / 2), &MaxPoolPart, &task);
        GC.KeepAlive(held);
        return y;
    }

    /// <summary>The mean under a window; windows lie on the image.</summary>
    public static Tensor MeanPool(Tensor x, long rows, long columns, (long H, long W) kernel, (long H, long W) stride)
    {
        Pixels from = Pixels.Of(x, out Tensor held);
        Tensor y = Empty([from.Images, from.Channels, rows, columns], from.Channels);
        var task = new Pool(from, Pixels.Of(y, out _), kernel.H, kernel.W, stride.H, stride.W, 0, 0);
        NativeOperators.ParallelFor(from.Images * rows, Grain(columns * from.Channels * kernel.H * kernel.W / 2), &MeanPoolPart, &task);
        GC.KeepAlive(held);
        return y;
    }

    /// <summary>The mean of each channel, [N,C,1,1].</summary>
    public static Tensor Mean(Tensor x)
    {
        Pixels from = Pixels.Of(x, out Tensor held);
        Tensor y = Empty([from.Images, from.Channels, 1, 1], from.Channels);
        var task = new Pass(from, Pixels.Of(y, out _), null, null, false);
        NativeOperators.ParallelFor(from.Images * Blocks(from.Channels), Grain(MeanBlock * from.Rows * from.Columns), &MeanPart, &task);
        GC.KeepAlive(held);
        return y;
    }

    /// <summary>Copies all channels of some images, one after the other, to the channels of the destination from one on.</summary>
    public static void CopyChannels(ReadOnlySpan<Tensor> parts, Tensor destination, long at)
    {
        Pixels to = Pixels.Of(destination, out _);
        var held = new Tensor[parts.Length];
        var from = new Pixels[parts.Length];
        long channels = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            from[i] = Pixels.Of(parts[i], out held[i]);
            channels += from[i].Channels;
        }

        fixed (Pixels* first = from)
        {
            var task = new Copies((nint)first, parts.Length, to with { First = (nint)(to.Data + at) });
            NativeOperators.ParallelFor(to.Count, Grain(channels), &CopyPart, &task);
        }

        GC.KeepAlive(held);
    }

    /// <summary>act(x·Wᵀ + b) of few rows: each weight is read once, as it lies.</summary>
    /// <param name="x">[N,in] or [N,in,1,1].</param>
    /// <param name="weight">[out,in] or [out,in,1,1], dense.</param>
    /// <param name="bias">[out] or null.</param>
    /// <param name="function">The activation; null for none.</param>
    public static Tensor Product(Tensor x, Tensor weight, Tensor? bias, PointwiseFunction? function)
    {
        long[] shape = x.shape, matrix = weight.shape;
        (long images, long inner, long outer) = (shape[0], matrix[1], matrix[0]);
        bool pixels = shape.Length == 4;
        Pixels rows = pixels ? Pixels.Of(x, out Tensor held) : Pixels.OfRows(x, out held);
        Tensor y = pixels ? Empty([images, outer, 1, 1], outer) : empty(images, outer, dtype: ScalarType.Float32);
        Output output = function switch
        {
            null => Output.Plain,
            _ when ReferenceEquals(function, PointwiseFunction.Relu) => Output.Relu,
            _ when ReferenceEquals(function, PointwiseFunction.Logistic) => Output.Logistic,
            _ when ReferenceEquals(function, PointwiseFunction.Swish) => Output.Swish,
            _ => Output.Other,
        };
        var task = new Matrix(rows, (nint)NativeOperators.Data(weight), bias is null ? 0 : (nint)NativeOperators.Data(bias), (nint)NativeOperators.Data(y),
            inner, outer, output);
        NativeOperators.ParallelFor((outer + RowBlock - 1) / RowBlock, Grain(inner * RowBlock), &ProductPart, &task);
        GC.KeepAlive(held);
        return output == Output.Other ? function!.Apply(y) : y;
    }

    private static long Grain(long floats) => Math.Max(1, Worth / Math.Max(1, floats));

    private readonly record struct Pass(Pixels From, Pixels To, nint FactorAt, nint ShiftAt, bool Relu)
    {
        public Pass(Pixels from, Pixels to, float* factor, float* shift, bool relu) : this(from, to, (nint)factor, (nint)shift, relu)
        {
        }

        public float* Factor => (float*)FactorAt;

        public float* Shift => (float*)ShiftAt;
    }

    private readonly record struct Turn(nint From, Pixels To);

    private readonly record struct Join(Pixels Left, Pixels Right, Pixels To, bool Relu);

    private readonly record struct Pool(Pixels From, Pixels To, long KernelH, long KernelW, long StrideH, long StrideW, long PaddingH, long PaddingW);

    private readonly record struct Copies(nint FromAt, int Count, Pixels To)
    {
        public Pixels* From => (Pixels*)FromAt;
    }

    // What a product does with its sums; the other functions are applied afterwards.
    private enum Output
    {
        Plain,
        Relu,
        Logistic,
        Swish,
        Other,
    }

    private readonly record struct Matrix(Pixels Rows, nint WeightAt, nint BiasAt, nint YAt, long Inner, long Outer, Output Output)
    {
        public float* Weight => (float*)WeightAt;

        public float* Bias => (float*)BiasAt;

        public float* Y => (float*)YAt;
    }
}
