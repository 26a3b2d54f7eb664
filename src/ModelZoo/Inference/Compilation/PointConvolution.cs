using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// 1×1 convolutions as products of matrices: channels last, the pixels are the rows of one. Of layers with few channels of output
/// oneDNN's kernels reach a third to two thirds of what these do.
/// </summary>
internal static unsafe class PointConvolution
{
    /// <summary>The most channels of output for which it pays; with more oneDNN is as fast.</summary>
    public const long MostChannels = 192;

    private const int RowsOfChunk = 96;
    private const int InnerOfBlock = 512;
    private const int RowsOfTile = 12; // the most
    private const int Step = InnerOfBlock + 16; // rows at a distance of a power of two would take each other's place in the cache
    private const long Worth = 500_000; // products for which a second thread pays

    [ThreadStatic]
    private static nint scratch;

    /// <summary>Whether this processor runs it.</summary>
    public static bool IsSupported => Fma.IsSupported;

    /// <summary>Floats of a vector here.</summary>
    public static int Lanes => Vector512.IsHardwareAccelerated ? Lanes512.Count : Lanes256.Count;

    /// <summary>Whether a layer is computed so.</summary>
    /// <param name="kernel">R and S.</param>
    /// <param name="window">How it is laid.</param>
    /// <param name="outer">K.</param>
    /// <param name="function">What becomes of the sums; one in a pass of its own behind costs more than it brings.</param>
    public static bool Takes((long H, long W) kernel, in Window window, long outer, Activation function) =>
        IsSupported && kernel == (1, 1) && window.Groups == 1 && window.Stride.All(s => s == 1) && window.Padding.All(p => p == 0) && outer <= MostChannels
        && !function.IsBehind;

    /// <summary>Lays weights out: panels of two vectors of output channels, the last of one where that is enough, zeros behind the last channel.</summary>
    /// <param name="weight">[K,C,1,1].</param>
    /// <returns>In the caller's scope.</returns>
    public static Tensor Pack(Tensor weight)
    {
        long outer = weight.shape[0], inner = weight.shape[1], width = 2 * Lanes, whole = outer / width * width, rest = outer - whole;
        Tensor matrix = weight.reshape(outer, inner).t();
        List<Tensor> parts = [];
        if (whole > 0)
        {
            parts.Add(matrix.narrow(1, 0, whole).reshape(inner, whole / width, width).permute(1, 0, 2).reshape(-1));
        }

        if (rest > 0)
        {
            Tensor last = zeros(inner, rest > Lanes ? width : Lanes);
            last.narrow(1, 0, rest).copy_(matrix.narrow(1, whole, rest));
            parts.Add(last.reshape(-1));
        }

        return cat(parts, 0);
    }

    /// <summary>A bias with zeros behind the last channel.</summary>
    /// <param name="bias">[K] or null.</param>
    /// <param name="outer">K.</param>
    public static Tensor PackBias(Tensor? bias, long outer)
    {
        Tensor padded = zeros(outer + (2 * Lanes));
        if (bias is not null)
        {
            padded.narrow(0, 0, outer).copy_(bias);
        }

        return padded;
    }

    /// <summary>Computes act(convolution(x) + bias + other) into y.</summary>
    /// <param name="x">The images.</param>
    /// <param name="y">Where they go; it may be other.</param>
    /// <param name="other">What is added; null for nothing.</param>
    /// <param name="weight">As <see cref="Pack"/> lays it out.</param>
    /// <param name="bias">As <see cref="PackBias"/> does.</param>
    /// <param name="function">What becomes of the sums.</param>
    public static void Run(Pixels x, Pixels y, Pixels? other, Tensor weight, Tensor bias, Activation function)
    {
        long rows = y.Count, chunks = (rows + RowsOfChunk - 1) / RowsOfChunk, threads = get_num_threads(), width = 2 * Lanes;
        chunks = chunks > threads ? (chunks + threads - 1) / threads * threads : chunks;
        var task = new Work(x, y, other ?? default, (nint)NativeOperators.Data(weight), (nint)NativeOperators.Data(bias), (rows + chunks - 1) / chunks,
            function.Least);
        chunks = (rows + task.Rows - 1) / task.Rows;
        long grain = Math.Max(1, Worth / Math.Max(1, task.Rows * x.Channels * width));
        NativeOperators.ParallelFor(chunks * ((y.Channels + width - 1) / width), grain, Lanes == Lanes512.Count ? &Part512 : &Part256, &task);
    }

    [UnmanagedCallersOnly]
    private static void Part256(long begin, long end, void* context) => Part<Lanes256, Vector256<float>>(begin, end, *(Work*)context);

    [UnmanagedCallersOnly]
    private static void Part512(long begin, long end, void* context) => Part<Lanes512, Vector512<float>>(begin, end, *(Work*)context);

    // Chunks of rows, and of each some panels of weights, panel after panel.
    private static void Part<TLanes, TVector>(long begin, long end, in Work work) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        long width = 2 * TLanes.Count, panels = (work.To.Channels + width - 1) / width;
        for (; begin < end; begin++)
        {
            (long chunk, long panel) = Math.DivRem(begin, panels);
            long first = chunk * work.Rows, rows = Math.Min(work.Rows, work.To.Count - first);
            for (long k = 0; k < work.From.Channels; k += InnerOfBlock)
            {
                if (work.To.Channels - (panel * width) > TLanes.Count)
                {
                    Panel<TLanes, TVector, Wide>(work, first, rows, k, panel * width);
                }
                else
                {
                    Panel<TLanes, TVector, Narrow>(work, first, rows, k, panel * width);
                }
            }
        }
    }

    // Some rows, some elements of each, one panel of channels. Where rows or channels do not fill a tile, it is computed beside.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Panel<TLanes, TVector, TWidth>(in Work work, long first, long rows, long k, long channel)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TWidth : struct, IWidth
    {
        int columns = TWidth.Two ? 2 * TLanes.Count : TLanes.Count;
        long inner = work.From.Channels, count = Math.Min(InnerOfBlock, inner - k), there = Math.Min(columns, work.To.Channels - channel);
        bool begins = k == 0, adds = !begins || work.Other.First != 0; // to what is there of the elements before, or to the other operand
        Pixels added = begins ? work.Other : work.To;
        float least = k + count == inner ? work.Least : float.NegativeInfinity;
        float* own = Scratch(), copy = own + (RowsOfTile * columns);
        nint weight = (nint)(work.Weight + (channel * inner) + (k * columns)), bias = begins ? (nint)(work.Bias + channel) : 0;
        for (long row = first; row < first + rows;)
        {
            int tile = Tiles.RowsFor(first + rows - row, TLanes.Count), real = (int)Math.Min(tile, first + rows - row);
            float* x = work.From.Data + (row * work.From.Distance) + k, y = work.To.Data + (row * work.To.Distance) + channel;
            float* start = adds ? added.Data + (row * added.Distance) + channel : null;
            (nint xStep, bool whole) = ((nint)work.From.Distance, real == tile && there == columns);
            if (real < tile)
            {
                Copy(x, xStep, copy, Step, real, count);
                x = copy;
                xStep = Step;
            }

            if (whole)
            {
                Tiles.Compute<TLanes, TVector, TWidth>(
                    new((nint)x, xStep, weight, (nint)count, bias, (nint)start, (nint)added.Distance, (nint)y, (nint)work.To.Distance, least), tile);
            }
            else
            {
                if (adds)
                {
                    Copy(start, added.Distance, own, columns, real, there);
                }

                Tiles.Compute<TLanes, TVector, TWidth>(
                    new((nint)x, xStep, weight, (nint)count, bias, adds ? (nint)own : 0, columns, (nint)own, columns, least), tile);
                Copy(own, columns, y, work.To.Distance, real, there);
            }

            row += real;
        }
    }

    private static void Copy(float* from, long fromStep, float* to, long toStep, int rows, long count)
    {
        for (int row = 0; row < rows; row++, from += fromStep, to += toStep)
        {
            new ReadOnlySpan<float>(from, (int)count).CopyTo(new Span<float>(to, (int)count));
        }
    }

    // Of the thread, for as long as it lives.
    private static float* Scratch()
    {
        if (scratch == 0)
        {
            scratch = (nint)NativeMemory.AlignedAlloc(RowsOfTile * (Step + (2 * 16)) * sizeof(float), 64);
        }

        return (float*)scratch;
    }

    private readonly record struct Work(Pixels From, Pixels To, Pixels Other, nint WeightAt, nint BiasAt, long Rows, float Least)
    {
        public float* Weight => (float*)WeightAt;

        public float* Bias => (float*)BiasAt;
    }
}
