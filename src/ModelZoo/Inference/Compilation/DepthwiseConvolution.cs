using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// Convolutions of each channel by itself, channels last: vectors of channels, seven pixels of y at a time, so that each weight is read once for all of them.
/// </summary>
internal static unsafe class DepthwiseConvolution
{
    private const int Seven = 7;
    private const long ProductsOfPart = 32 * 1024; // of vectors' elements

    /// <summary>Whether a layer can be computed so: as many groups as channels on either side, and a whole vector of them.</summary>
    /// <param name="window">How its kernels are laid.</param>
    /// <param name="inner">C.</param>
    /// <param name="outer">K.</param>
    public static bool Takes(in Window window, long inner, long outer) =>
        DirectConvolution.IsSupported && window.Groups == inner && inner == outer && inner >= DirectConvolution.Lanes && window.Dilation.All(d => d == 1);

    /// <summary>Lays weights out: [R,S,C].</summary>
    /// <param name="weight">[C,1,R,S].</param>
    /// <returns>In the caller's scope.</returns>
    public static Tensor Pack(Tensor weight) => weight.permute(1, 2, 3, 0).contiguous().clone();

    /// <summary>Computes act(convolution(x) + bias) into y.</summary>
    /// <param name="x">The images.</param>
    /// <param name="y">Where they go; other memory.</param>
    /// <param name="weight">As <see cref="Pack"/> lays it out.</param>
    /// <param name="bias">[C].</param>
    /// <param name="kernel">R and S.</param>
    /// <param name="window">How kernels are laid.</param>
    /// <param name="function">What becomes of the sums.</param>
    public static void Run(Pixels x, Pixels y, Tensor weight, Tensor bias, (long H, long W) kernel, in Window window, Activation function)
    {
        var task = new Work(x, y, (nint)NativeOperators.Data(weight), (nint)NativeOperators.Data(bias), kernel.H, kernel.W, window.Stride[0],
            window.Stride[^1], window.Padding[0], window.Padding[^1], function);
        long grain = Math.Max(1, ProductsOfPart / Math.Max(1, y.Columns * y.Channels * kernel.H * kernel.W / 16));
        NativeOperators.ParallelFor(y.Images * y.Rows, grain, DirectConvolution.Lanes == Lanes512.Count ? &Part512 : &Part256, &task);
    }

    [UnmanagedCallersOnly]
    private static void Part256(long begin, long end, void* context) => Part<Lanes256, Vector256<float>>(begin, end, *(Work*)context);

    [UnmanagedCallersOnly]
    private static void Part512(long begin, long end, void* context) => Part<Lanes512, Vector512<float>>(begin, end, *(Work*)context);

    // Rows of y.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Part<TLanes, TVector>(long begin, long end, in Work work) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        (Pixels from, Pixels to) = (work.From, work.To);
        for (; begin < end; begin++)
        {
            (long image, long row) = Math.DivRem(begin, to.Rows);
            long top = (row * work.StrideH) - work.PaddingH, first = Math.Max(0, -top), last = Math.Max(first, Math.Min(work.KernelH, from.Rows - top));
            float* source = from.Data + ((((image * from.Rows) + top) * from.Columns) * from.Distance);
            for (long j = 0; j < to.Columns;)
            {
                long left = (j * work.StrideW) - work.PaddingW;
                bool seven = left >= 0 && j + Seven <= to.Columns && left + ((Seven - 1) * work.StrideW) + work.KernelW <= from.Columns;
                float* y = to.Data + (((begin * to.Columns) + j) * to.Distance);
                for (long c = 0; c < to.Channels;)
                {
                    c = Math.Min(c, to.Channels - TLanes.Count); // the last vector once more, where channels are no whole number of vectors
                    long vectors = seven || c + (4 * TLanes.Count) > to.Channels ? 1 : 4;
                    if (seven)
                    {
                        Pixels7<TLanes, TVector>(work, source + (left * from.Distance) + c, y + c, c, first, last);
                    }
                    else if (vectors == 4)
                    {
                        Vectors4<TLanes, TVector>(work, source + (left * from.Distance) + c, y + c, c, first, last, left);
                    }
                    else
                    {
                        Vector<TLanes, TVector>(work, source + (left * from.Distance) + c, y + c, c, first, last, left);
                    }

                    c += vectors * TLanes.Count;
                }

                if (work.Function.IsBehind)
                {
                    work.Function.Apply<TLanes, TVector>(y, to.Distance, seven ? Seven : 1, to.Channels);
                }

                j += seven ? Seven : 1;
            }
        }
    }

    // One vector of channels of seven pixels, which lie inside the image but for rows of the kernel.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pixels7<TLanes, TVector>(in Work work, float* x, float* y, long c, long first, long last)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        TVector s0 = TLanes.Load(work.Bias + c), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0;
        nint distance = (nint)work.From.Distance, step = (nint)work.StrideW * distance, rest = (nint)((work.From.Columns - work.KernelW) * distance);
        nint channels = (nint)work.To.Channels, width = (nint)work.KernelW;
        float* w = work.Weight + (first * work.KernelW * channels) + c;
        x += first * work.From.Columns * distance;
        for (long r = first; r < last; r++, x += rest)
        {
            for (nint s = width; s > 0; s--, x += distance, w += channels)
            {
                TVector weight = TLanes.Load(w);
                float* x3 = x + (3 * step), x6 = x + (6 * step);
                s0 = TLanes.MultiplyAdd(TLanes.Load(x), weight, s0);
                s1 = TLanes.MultiplyAdd(TLanes.Load(x + step), weight, s1);
                s2 = TLanes.MultiplyAdd(TLanes.Load(x + (2 * step)), weight, s2);
                s3 = TLanes.MultiplyAdd(TLanes.Load(x3), weight, s3);
                s4 = TLanes.MultiplyAdd(TLanes.Load(x3 + step), weight, s4);
                s5 = TLanes.MultiplyAdd(TLanes.Load(x3 + (2 * step)), weight, s5);
                s6 = TLanes.MultiplyAdd(TLanes.Load(x6), weight, s6);
            }
        }

        nint next = (nint)work.To.Distance;
        End<TLanes, TVector>(work, y, s0);
        End<TLanes, TVector>(work, y + next, s1);
        End<TLanes, TVector>(work, y + (2 * next), s2);
        End<TLanes, TVector>(work, y + (3 * next), s3);
        End<TLanes, TVector>(work, y + (4 * next), s4);
        End<TLanes, TVector>(work, y + (5 * next), s5);
        End<TLanes, TVector>(work, y + (6 * next), s6);
    }

    // Four vectors of channels of a pixel anywhere.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vectors4<TLanes, TVector>(in Work work, float* x, float* y, long c, long first, long last, long left)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        nint lanes = TLanes.Count, channels = (nint)work.To.Channels;
        float* bias = work.Bias + c;
        TVector s0 = TLanes.Load(bias), s1 = TLanes.Load(bias + lanes), s2 = TLanes.Load(bias + (2 * lanes)), s3 = TLanes.Load(bias + (3 * lanes));
        long begin = Math.Max(0, -left), end = Math.Min(work.KernelW, work.From.Columns - left);
        for (long r = first; r < last; r++)
        {
            float* pixel = x + (((r * work.From.Columns) + begin) * work.From.Distance), w = work.Weight + (((r * work.KernelW) + begin) * channels) + c;
            for (long s = begin; s < end; s++, pixel += work.From.Distance, w += channels)
            {
                s0 = TLanes.MultiplyAdd(TLanes.Load(pixel), TLanes.Load(w), s0);
                s1 = TLanes.MultiplyAdd(TLanes.Load(pixel + lanes), TLanes.Load(w + lanes), s1);
                s2 = TLanes.MultiplyAdd(TLanes.Load(pixel + (2 * lanes)), TLanes.Load(w + (2 * lanes)), s2);
                s3 = TLanes.MultiplyAdd(TLanes.Load(pixel + (3 * lanes)), TLanes.Load(w + (3 * lanes)), s3);
            }
        }

        End<TLanes, TVector>(work, y, s0);
        End<TLanes, TVector>(work, y + lanes, s1);
        End<TLanes, TVector>(work, y + (2 * lanes), s2);
        End<TLanes, TVector>(work, y + (3 * lanes), s3);
    }

    // One vector of channels of a pixel anywhere.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vector<TLanes, TVector>(in Work work, float* x, float* y, long c, long first, long last, long left)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        TVector sum = TLanes.Load(work.Bias + c);
        long begin = Math.Max(0, -left), end = Math.Min(work.KernelW, work.From.Columns - left);
        for (long r = first; r < last; r++)
        {
            for (long s = begin; s < end; s++)
            {
                sum = TLanes.MultiplyAdd(TLanes.Load(x + (((r * work.From.Columns) + s) * work.From.Distance)),
                    TLanes.Load(work.Weight + (((r * work.KernelW) + s) * work.To.Channels) + c), sum);
            }
        }

        End<TLanes, TVector>(work, y, sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void End<TLanes, TVector>(in Work work, float* y, TVector sum) where TLanes : struct, ILanes<TVector> where TVector : struct =>
        TLanes.Store(y, TLanes.Max(TLanes.Spread(work.Function.Least), sum));

    private readonly record struct Work(Pixels From, Pixels To, nint WeightAt, nint BiasAt, long KernelH, long KernelW, long StrideH, long StrideW,
        long PaddingH, long PaddingW, Activation Function)
    {
        public float* Weight => (float*)WeightAt;

        public float* Bias => (float*)BiasAt;
    }
}
