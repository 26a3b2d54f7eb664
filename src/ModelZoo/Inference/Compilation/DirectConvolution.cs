using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// Convolutions as products of matrices that need no rearranging: channels last, what a row of a kernel lies on is one run of floats, so that a pixel of y is a
/// sum of as many runs times a panel of weights as the kernel has rows (<see cref="Tiles"/>).
/// </summary>
internal static unsafe class DirectConvolution
{
    private const long PixelsOfPiece = 112; // of a row of y
    private const long FloatsOfChunk = 64 * 1024; // of x: what fits into the cache of a core beside a panel of weights
    private const long ProductsOfUnit = 1_000_000; // so few that threads end together, so many that taking one costs nothing
    private const int UnitsOfThread = 8;
    private const long FloatsTogether = 96 * 1024; // of weights that stay in the cache of a core, so that a tile of x is read once for all of them

    /// <summary>Whether this processor runs it.</summary>
    public static bool IsSupported => Fma.IsSupported;

    /// <summary>Floats of a vector here.</summary>
    public static int Lanes => Vector512.IsHardwareAccelerated ? Lanes512.Count : Lanes256.Count;

    /// <summary>Whether a layer can be computed so.</summary>
    /// <param name="window">How its kernels are laid.</param>
    public static bool Takes(in Window window) => IsSupported && window.Groups == 1 && window.Dilation.All(d => d == 1);

    /// <summary>Whether a layer can compute a normalization and a ReLU of its input as it reads it.</summary>
    public static bool TakesPreActivation(Conv2d layer) => IsSupported && layer.groups == 1 && layer.kernel_size.All(k => k == 1)
        && layer.stride.All(s => s == 1) && layer.padding!.All(p => p == 0);

    /// <summary>Lays weights out: panels of two vectors of output channels, the last of one where that is enough, zeros behind the last channel.</summary>
    /// <param name="weight">[K,C,R,S].</param>
    /// <returns>Of each panel [R,S,C,channels]; in the caller's scope.</returns>
    public static Tensor Pack(Tensor weight)
    {
        long outer = weight.shape[0], inner = weight.numel() / outer, width = 2 * Lanes, whole = outer / width * width, rest = outer - whole;
        Tensor matrix = weight.permute(2, 3, 1, 0).reshape(inner, outer);
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

        return parts.Count == 1 ? parts[0].clone() : cat(parts, 0);
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
    /// <param name="x">The images; where kernels have several columns, without gaps between the pixels.</param>
    /// <param name="y">Where they go; it may be other.</param>
    /// <param name="other">What is added; null for nothing.</param>
    /// <param name="weight">As <see cref="Pack"/> lays it out.</param>
    /// <param name="bias">As <see cref="PackBias"/> does.</param>
    /// <param name="kernel">R and S.</param>
    /// <param name="window">How kernels are laid.</param>
    /// <param name="function">What becomes of the sums.</param>
    /// <param name="before">What becomes of x before, for 1×1 kernels; null for nothing.</param>
    public static void Run(Pixels x, Pixels y, Pixels? other, Tensor weight, Tensor bias, (long H, long W) kernel, in Window window, Activation function,
        PreActivation? before = null)
    {
        if (y.Count == 0)
        {
            return;
        }

        (long H, long W) stride = (window.Stride[0], window.Stride[^1]), padding = (window.Padding[0], window.Padding[^1]);
        if (kernel == (1, 1) && stride == (1, 1) && padding == (0, 0))
        {
            (x, y, other) = (x.AsRow(), y.AsRow(), other?.AsRow()); // every pixel by itself
        }

        long pieces = (y.Columns + PixelsOfPiece - 1) / PixelsOfPiece, width = 2 * Lanes, panels = (y.Channels + width - 1) / width;
        long pixels = (y.Columns + pieces - 1) / pieces, threads = get_num_threads(), inner = x.Channels * kernel.H * kernel.W;
        long together = before is not null || inner * y.Channels <= FloatsTogether ? panels : 1;
        if (together > 1 && y.Images * y.Rows * pieces < threads * UnitsOfThread / 2)
        {
            pixels = Math.Min(pixels, Tiles.Most); // too few rows for all threads
        }

        pixels = pixels < y.Columns ? (pixels + Tiles.Most - 1) / Tiles.Most * Tiles.Most : pixels;
        pieces = (y.Columns + pixels - 1) / pixels;
        long count = y.Images * y.Rows * pieces, products = pixels * inner * width * together, floats = pixels * stride.H * stride.W * x.Channels;
        long chunk = Math.Max(Math.Min(FloatsOfChunk / Math.Max(1, floats), count * panels / (together * UnitsOfThread * threads)), ProductsOfUnit / products);
        chunk = Math.Clamp(chunk, 1, count);
        var task = new Work(x, y, other ?? default, (nint)NativeOperators.Data(weight), (nint)NativeOperators.Data(bias), kernel.H, kernel.W, stride.H,
            stride.W, padding.H, padding.W, pieces, pixels, count, chunk, together, threads, function, before ?? default);
        long chunks = (count + chunk - 1) / chunk, groups = (panels + together - 1) / together;
        long grain = chunks >= UnitsOfThread / 2 * threads ? groups : Math.Max(1, ProductsOfUnit / (products * chunk)); // a chunk of x for one thread alone
        NativeOperators.ParallelFor(chunks * groups, grain, Lanes == Lanes512.Count ? &Part512 : &Part256, &task);
    }

    [UnmanagedCallersOnly]
    private static void Part256(long begin, long end, void* context) => Part<Lanes256, Vector256<float>>(begin, end, *(Work*)context);

    [UnmanagedCallersOnly]
    private static void Part512(long begin, long end, void* context) => Part<Lanes512, Vector512<float>>(begin, end, *(Work*)context);

    // Chunks of pieces of rows, and of each one panel of weights after the other, or all of them.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Part<TLanes, TVector>(long begin, long end, in Work work) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        long width = 2 * TLanes.Count, panels = (work.To.Channels + width - 1) / width, groups = (panels + work.Together - 1) / work.Together;
        long panel = work.KernelH * work.KernelW * work.From.Channels * width, past = begin + ((end - begin) * work.Threads);
        for (; begin < end; begin++)
        {
            (long chunk, long group) = Math.DivRem(begin, groups);
            long next = (begin + 1 < end ? begin + 1 : past) % groups, tiles = Math.Max(1, work.Chunk * work.PixelsOfPiece / Tiles.Most);
            var later = new Later((nint)(work.Weight + (next * panel)), work.Together == 1 ? (nint)(width * sizeof(float) / tiles) : 0);
            long last = Math.Min(work.Count, (chunk + 1) * work.Chunk);
            for (long piece = chunk * work.Chunk; piece < last; piece++)
            {
                Piece<TLanes, TVector>(work, piece, group * work.Together * width, Math.Min(work.To.Channels, (group + 1) * work.Together * width),
                    ref later);
            }
        }
    }

    // A piece of a row of y, some channels.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Piece<TLanes, TVector>(in Work work, long piece, long channel, long lastChannel, ref Later later)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        (Pixels from, Pixels to) = (work.From, work.To);
        (long line, long part) = Math.DivRem(piece, work.Pieces);
        (long image, long row) = Math.DivRem(line, to.Rows);
        long begin = part * work.PixelsOfPiece, end = Math.Min(to.Columns, begin + work.PixelsOfPiece), top = (row * work.StrideH) - work.PaddingH;
        long first = Math.Max(0, -top), last = Math.Max(first, Math.Min(work.KernelH, from.Rows - top)); // the rows of the kernel that lie on the image
        float* source = from.Data + (((image * from.Rows) + top + first) * from.Columns * from.Distance);
        bool again = work.Other.First != to.First; // what is added to is still there, so that a pixel may be computed twice
        for (long j = begin; j < end;)
        {
            int tile = Tiles.RowsFor(end - j, TLanes.Count);
            if (tile > end - j)
            {
                if (again && end - begin >= tile)
                {
                    j = end - tile;
                }
                else
                {
                    tile = Tiles.RowsWithin(end - j, TLanes.Count);
                }
            }

            PixelsOfTile<TLanes, TVector>(work, source, (line * to.Columns) + j, (j * work.StrideW) - work.PaddingW, channel, lastChannel, tile, first, last,
                ref later);
            j += tile;
        }
    }

    // As many pixels of y as a tile has, from one on, which begin at a column of x.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void PixelsOfTile<TLanes, TVector>(in Work work, float* source, long pixel, long left, long channel, long lastChannel, int tile, long first,
        long last, ref Later later) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        Pixels from = work.From;
        long wide = ((tile - 1) * work.StrideW) + work.KernelW, run = work.KernelW * from.Channels, width = 2 * TLanes.Count;
        bool moved = left < 0 || left + wide > from.Columns || work.Before.FactorAt != 0;
        float* x = source + (left * from.Distance), own = Scratch.Floats((Tiles.Most * width) + (moved ? (last - first) * wide * from.Channels : 0));
        (long step, long segment) = (work.StrideW * from.Distance, from.Columns * from.Distance);
        if (moved)
        {
            float* window = own + (Tiles.Most * width);
            if (work.Before.FactorAt != 0)
            {
                work.Before.Apply<TLanes, TVector>(x, step, window, tile, from.Channels);
            }
            else
            {
                Window(from, source, left, wide, last - first, window);
            }

            x = window;
            (step, segment) = (work.StrideW * from.Channels, wide * from.Channels);
        }

        for (; channel < lastChannel; channel += width)
        {
            var operand = new Operand((nint)x, (nint)step, (nint)run, (nint)(last - first), (nint)segment);
            float* panel = work.Weight + (channel * run * work.KernelH);
            if (work.To.Channels - channel > TLanes.Count)
            {
                Compute<TLanes, TVector, Wide>(work, operand, panel + (first * run * width), pixel, channel, tile, own, ref later);
            }
            else
            {
                Compute<TLanes, TVector, Narrow>(work, operand, panel + (first * run * TLanes.Count), pixel, channel, tile, own, ref later);
            }
        }
    }

    // A tile.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compute<TLanes, TVector, TWidth>(in Work work, in Operand x, float* weight, long pixel, long channel, int tile, float* own,
        ref Later later)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TWidth : struct, IWidth
    {
        (Pixels to, Pixels other) = (work.To, work.Other);
        int columns = TWidth.Two ? 2 * TLanes.Count : TLanes.Count;
        long there = Math.Min(columns, to.Channels - channel);
        bool partial = there < columns;
        float* y = to.Data + (pixel * to.Distance) + channel, start = other.First == 0 ? null : other.Data + (pixel * other.Distance) + channel, made = y;
        long madeStep = to.Distance, startStep = other.Distance;
        if (partial)
        {
            made = own;
            madeStep = columns;
            if (start is not null)
            {
                Copy(start, startStep, own, columns, tile, there);
                start = own;
                startStep = columns;
            }
        }

        Tiles.Compute<TLanes, TVector, TWidth>(new(x.At, x.Step, (nint)weight, x.Run, x.Runs, x.RunStep, (nint)(work.Bias + channel), (nint)start,
            (nint)startStep, (nint)made, (nint)madeStep, work.Function.Least, later.At, later.Step), tile);
        later.At += x.Run * x.Runs * later.Step;
        if (work.Function.IsBehind)
        {
            work.Function.Apply<TLanes, TVector>(made, madeStep, tile, columns);
        }

        if (partial)
        {
            Copy(own, columns, y, to.Distance, tile, there);
        }
    }

    // Some rows of x from a column on, zeros beside the image.
    private static void Window(Pixels from, float* source, long left, long wide, long rows, float* to)
    {
        long begin = Math.Clamp(-left, 0, wide), end = Math.Clamp(from.Columns - left, begin, wide);
        for (long i = 0; i < rows; i++, to += wide * from.Channels)
        {
            new Span<float>(to, (int)(begin * from.Channels)).Clear();
            new Span<float>(to + (end * from.Channels), (int)((wide - end) * from.Channels)).Clear();
            Copy(source + (((i * from.Columns) + left + begin) * from.Distance), from.Distance, to + (begin * from.Channels), from.Channels, end - begin,
                from.Channels);
        }
    }

    private static void Copy(float* from, long fromStep, float* to, long toStep, long rows, long count)
    {
        if (fromStep == count && toStep == count)
        {
            (rows, count) = (1, rows * count);
        }

        for (long row = 0; row < rows; row++, from += fromStep, to += toStep)
        {
            new ReadOnlySpan<float>(from, (int)count).CopyTo(new Span<float>(to, (int)count));
        }
    }

    // Weights of the panel after this one, a part of which each tile brings nearer.
    private record struct Later(nint At, nint Step);

    // Where the rows of a tile lie.
    private readonly record struct Operand(nint At, nint Step, nint Run, nint Runs, nint RunStep);

    private readonly record struct Work(Pixels From, Pixels To, Pixels Other, nint WeightAt, nint BiasAt, long KernelH, long KernelW, long StrideH,
        long StrideW, long PaddingH, long PaddingW, long Pieces, long PixelsOfPiece, long Count, long Chunk, long Together, long Threads, Activation Function,
        PreActivation Before)
    {
        public float* Weight => (float*)WeightAt;

        public float* Bias => (float*)BiasAt;
    }
}
