using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using ModelZoo.Inference.Compilation;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Quantization;

/// <summary>What is done to bytes between products, over libtorch's threads. Images lie channels last.</summary>
internal static unsafe class ByteKernels
{
    private const int Lanes = 32;
    private const long Worth = 65536; // what a thread is worth, in elements
    private const long MeanBlock = 64;
    private const int Rounds = 256; // so many bytes add up in sixteen bits

    /// <summary>An unwritten batch of bytes, channels last.</summary>
    public static Tensor Empty(long[] shape) => shape is [var n, var c, var h, var w]
        ? empty_strided([n, c, h, w], [h * w * c, 1, w * c, c], ScalarType.Byte)
        : empty(shape, ScalarType.Byte);

    /// <summary>round(x / scale) + zero, cut off at 0 and 255: float32 to bytes.</summary>
    public static Tensor Quantize(Tensor x, ByteScale to)
    {
        Pixels from = PixelsOf(x, out Tensor held);
        Tensor y = Empty(x.shape);
        var task = new Pass(from, PixelsOf(y, out _), (float)to.Scale, to.Zero);
        NativeOperators.ParallelFor(from.Count, Grain(from.Channels), &QuantizePart, &task);
        GC.KeepAlive(held);
        return y;
    }

    /// <summary>scale · (q − zero): bytes to float32.</summary>
    public static Tensor Dequantize(Tensor q, ByteScale from)
    {
        Pixels bytes = PixelsOf(q, out Tensor held);
        Tensor y = q.dim() == 4 ? Kernels.Empty(q.shape, q.shape[1]) : empty(q.shape, ScalarType.Float32);
        var task = new Pass(bytes, PixelsOf(y, out _), (float)from.Scale, from.Zero);
        NativeOperators.ParallelFor(bytes.Count, Grain(bytes.Channels), &DequantizePart, &task);
        GC.KeepAlive(held);
        return y;
    }

    /// <summary>The largest byte under a window; windows may hang over any border.</summary>
    public static Tensor MaxPool(Tensor x, long rows, long columns, (long H, long W) kernel, (long H, long W) stride, (long H, long W) padding)
    {
        Pixels from = PixelsOf(x, out Tensor held);
        Tensor y = Empty([from.Images, from.Channels, rows, columns]);
        var task = new Pool(from, PixelsOf(y, out _), kernel.H, kernel.W, stride.H, stride.W, padding.H, padding.W);
        NativeOperators.ParallelFor(from.Images * rows, Grain(columns * from.Channels * kernel.H * kernel.W / 4), &MaxPoolPart, &task);
        GC.KeepAlive(held);
        return y;
    }

    /// <summary>The mean of each channel, [N,C,H,W] bytes to [N,C,1,1] float32: (Σ q − n·zero) · (scale / n).</summary>
    public static Tensor Mean(Tensor x, ByteScale of)
    {
        Pixels from = PixelsOf(x, out Tensor held);
        Tensor y = Kernels.Empty([from.Images, from.Channels, 1, 1], from.Channels);
        var task = new Pass(from, PixelsOf(y, out _), (float)(of.Scale / (from.Rows * from.Columns)), of.Zero);
        NativeOperators.ParallelFor(from.Images * Blocks(from.Channels), Grain(MeanBlock * from.Rows * from.Columns), &MeanPart, &task);
        GC.KeepAlive(held);
        return y;
    }

    /// <summary>Channels side by side, all of one scale.</summary>
    public static Tensor Concat(ReadOnlySpan<Tensor> parts)
    {
        var held = new Tensor[parts.Length];
        var from = new Pixels[parts.Length];
        long channels = 0;
        for (int i = 0; i < parts.Length; i++)
        {
            from[i] = PixelsOf(parts[i], out held[i]);
            channels += from[i].Channels;
        }

        Tensor y = Empty([from[0].Images, channels, from[0].Rows, from[0].Columns]);
        fixed (Pixels* first = from)
        {
            var task = new Copies((nint)first, parts.Length, PixelsOf(y, out _));
            NativeOperators.ParallelFor(task.To.Count, Grain(channels / 2), &CopyPart, &task);
        }

        GC.KeepAlive(held);
        return y;
    }

    // Of two dimensions each row is a pixel; others lie one after the other.
    private static Pixels PixelsOf(Tensor tensor, out Tensor held)
    {
        if (tensor.dim() == 4)
        {
            return Pixels.Of(tensor, out held);
        }

        held = tensor.contiguous();
        long channels = tensor.dim() == 0 ? 1 : tensor.shape[^1];
        return new((nint)NativeOperators.Data(held), tensor.numel() / Math.Max(1, channels), channels, 1, 1, channels);
    }

    private static long Blocks(long channels) => (channels + MeanBlock - 1) / MeanBlock;

    private static long Grain(long elements) => Math.Max(1, Worth / Math.Max(1, elements));

    [UnmanagedCallersOnly]
    private static void QuantizePart(long begin, long end, void* context)
    {
        ref readonly Pass task = ref *(Pass*)context;
        long channels = task.From.Channels;
        float zero = task.Zero;
        Vector256<float> scale = Vector256.Create(task.Scale), offset = Vector256.Create(zero), most = Vector256.Create(255f);
        for (long p = begin; p < end; p++)
        {
            float* x = task.From.Data + (p * task.From.Distance);
            byte* y = (byte*)task.To.First + (p * task.To.Distance);
            long c = 0;
            for (; c <= channels - Lanes; c += Lanes)
            {
                Vector256<short> left = Vector256.Narrow(Rounded(x + c), Rounded(x + c + 8));
                Vector256<short> right = Vector256.Narrow(Rounded(x + c + 16), Rounded(x + c + 24));
                Vector256.Narrow(left.AsUInt16(), right.AsUInt16()).Store(y + c);
            }

            for (; c < channels; c++)
            {
                y[c] = (byte)Math.Clamp(MathF.Round(x[c] / task.Scale) + zero, 0, 255);
            }
        }

        Vector256<int> Rounded(float* x) =>
            Vector256.ConvertToInt32(Vector256.Min(Vector256.Max(Vector256.Round(Vector256.Load(x) / scale) + offset, Vector256<float>.Zero), most));
    }

    [UnmanagedCallersOnly]
    private static void DequantizePart(long begin, long end, void* context)
    {
        ref readonly Pass task = ref *(Pass*)context;
        long channels = task.From.Channels;
        Vector256<float> scale = Vector256.Create(task.Scale);
        Vector256<int> zero = Vector256.Create((int)task.Zero);
        for (long p = begin; p < end; p++)
        {
            byte* x = (byte*)task.From.First + (p * task.From.Distance);
            float* y = task.To.Data + (p * task.To.Distance);
            long c = 0;
            for (; c <= channels - 16; c += 16)
            {
                Vector256<ushort> wide = Vector256.WidenLower(Vector128.Load(x + c).ToVector256Unsafe());
                (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(wide);
                (Vector256.ConvertToSingle(low.AsInt32() - zero) * scale).Store(y + c);
                (Vector256.ConvertToSingle(high.AsInt32() - zero) * scale).Store(y + c + 8);
            }

            for (; c < channels; c++)
            {
                y[c] = (x[c] - task.Zero) * task.Scale;
            }
        }
    }

    [UnmanagedCallersOnly]
    private static void CopyPart(long begin, long end, void* context)
    {
        ref readonly Copies task = ref *(Copies*)context;
        for (long p = begin; p < end; p++)
        {
            byte* to = (byte*)task.To.First + (p * task.To.Distance);
            for (int i = 0; i < task.Count; i++)
            {
                Pixels* from = task.From + i;
                Buffer.MemoryCopy((byte*)from->First + (p * from->Distance), to, from->Channels, from->Channels);
                to += from->Channels;
            }
        }
    }

    // A row of outputs at a time.
    [UnmanagedCallersOnly]
    private static void MaxPoolPart(long begin, long end, void* context)
    {
        ref readonly Pool task = ref *(Pool*)context;
        Pixels from = task.From;
        for (long row = begin; row < end; row++)
        {
            (long image, long i) = Math.DivRem(row, task.To.Rows);
            long top = Math.Max((i * task.StrideH) - task.PaddingH, 0), bottom = Math.Min((i * task.StrideH) - task.PaddingH + task.KernelH, from.Rows);
            for (long j = 0; j < task.To.Columns; j++)
            {
                long left = Math.Max((j * task.StrideW) - task.PaddingW, 0);
                long right = Math.Min((j * task.StrideW) - task.PaddingW + task.KernelW, from.Columns);
                byte* y = (byte*)task.To.First + (((row * task.To.Columns) + j) * task.To.Distance);
                byte* corner = (byte*)from.First + ((((image * from.Rows) + top) * from.Columns) + left) * from.Distance;
                Largest(corner, y, from.Channels, bottom - top, right - left, from.Columns * from.Distance, from.Distance);
            }
        }
    }

    private static void Largest(byte* x, byte* y, long channels, long rows, long columns, long rowStep, long step)
    {
        long c = 0;
        for (; c <= channels - Lanes; c += Lanes)
        {
            Vector256<byte> most = default;
            for (long h = 0; h < rows; h++)
            {
                byte* pixel = x + (h * rowStep) + c;
                for (long w = 0; w < columns; w++, pixel += step)
                {
                    most = Vector256.Max(most, Vector256.Load(pixel));
                }
            }

            most.Store(y + c);
        }

        for (; c < channels; c++)
        {
            byte most = 0;
            for (long h = 0; h < rows; h++)
            {
                for (long w = 0; w < columns; w++)
                {
                    most = Math.Max(most, x[(h * rowStep) + (w * step) + c]);
                }
            }

            y[c] = most;
        }
    }

    // Sixty-four channels of an image at a time.
    [UnmanagedCallersOnly]
    private static void MeanPart(long begin, long end, void* context)
    {
        ref readonly Pass task = ref *(Pass*)context;
        (long channels, long pixels, long step) = (task.From.Channels, task.From.Rows * task.From.Columns, task.From.Distance);
        long blocks = Blocks(channels);
        uint* sums = stackalloc uint[(int)MeanBlock];
        for (long block = begin; block < end; block++)
        {
            (long image, long number) = Math.DivRem(block, blocks);
            (long first, long count) = (number * MeanBlock, Math.Min(MeanBlock, channels - (number * MeanBlock)));
            byte* x = (byte*)task.From.First + (image * pixels * step) + first;
            float* y = task.To.Data + (image * task.To.Distance) + first;
            long c = 0;
            for (; c <= count - Lanes; c += Lanes)
            {
                Total(x + c, pixels, step, sums + c);
            }

            for (; c < count; c++)
            {
                sums[c] = 0;
                for (long p = 0; p < pixels; p++)
                {
                    sums[c] += x[(p * step) + c];
                }
            }

            for (c = 0; c < count; c++)
            {
                y[c] = (sums[c] - (pixels * task.Zero)) * task.Scale;
            }
        }
    }

    private static void Total(byte* x, long pixels, long step, uint* sums)
    {
        Vector256<uint> a = default, b = default, c = default, d = default;
        for (long first = 0; first < pixels; first += Rounds)
        {
            Vector256<ushort> low = default, high = default;
            for (long p = first; p < Math.Min(first + Rounds, pixels); p++)
            {
                (Vector256<ushort> l, Vector256<ushort> h) = Vector256.Widen(Vector256.Load(x + (p * step)));
                low += l;
                high += h;
            }

            a += Vector256.WidenLower(low);
            b += Vector256.WidenUpper(low);
            c += Vector256.WidenLower(high);
            d += Vector256.WidenUpper(high);
        }

        a.Store(sums);
        b.Store(sums + 8);
        c.Store(sums + 16);
        d.Store(sums + 24);
    }

    private readonly record struct Pass(Pixels From, Pixels To, float Scale, long Zero);

    private readonly record struct Pool(Pixels From, Pixels To, long KernelH, long KernelW, long StrideH, long StrideW, long PaddingH, long PaddingW);

    private readonly record struct Copies(nint FromAt, int Count, Pixels To)
    {
        public Pixels* From => (Pixels*)FromAt;
    }
}
