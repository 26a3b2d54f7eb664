using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// 3×3 convolutions of stride 1 by Winograd's minimal filtering, F(4×4, 3×3): a quarter of the products, for some additions before and behind them. Of each
/// 6×6 tile of x, V = Bᵀ·x·B; with U = G·w·Gᵀ of each kernel, 4×4 pixels of y are Aᵀ·(Σ U⊙V)·A, summed over the channels: 36 products of matrices.
/// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
/// </summary>
/// <remarks>What it computes differs from the plain sum by rounding, by more than other orders do; the bound is in <c>CompiledVerifier</c>.</remarks>
internal static unsafe class WinogradConvolution
{
    /// <summary>Pixels of a tile of y on each side, and of x.</summary>
    public const int Tile = 4, Patch = 6;

    private const int Places = Patch * Patch;
    private const int FewestTiles = 24; // fewer do not pay for the larger weights
    private const long ScratchFloats = 160 * 1024; // of transformed tiles: what fits into the cache of a core
    private const int Pad = 16; // rows at a distance of a power of two would take each other's place in the cache

    /// <summary>G, 6×3: what kernels are transformed by.</summary>
    public static ReadOnlySpan<double> Filter =>
    [
        1d / 4, 0, 0,
        -1d / 6, -1d / 6, -1d / 6,
        -1d / 6, 1d / 6, -1d / 6,
        1d / 24, 1d / 12, 1d / 6,
        1d / 24, -1d / 12, 1d / 6,
        0, 0, 1,
    ];

    /// <summary>Whether a layer can be computed so: 3×3, stride 1, whole vectors of channels.</summary>
    /// <param name="kernel">R and S.</param>
    /// <param name="window">How it is laid.</param>
    /// <param name="inner">C.</param>
    /// <param name="outer">K.</param>
    public static bool Takes((long H, long W) kernel, in Window window, long inner, long outer) =>
        DirectConvolution.IsSupported && kernel == (3, 3) && window.Groups == 1 && window.Stride.All(s => s == 1) && window.Dilation.All(d => d == 1)
        && inner % DirectConvolution.Lanes == 0 && outer % DirectConvolution.Lanes == 0 && inner >= 32 && outer >= 32;

    /// <summary>Whether so many images of a size are worth it.</summary>
    public static bool Pays(long images, long rows, long columns) => Tiles(images, rows, columns) >= FewestTiles;

    /// <summary>Transforms weights and lays them out: for each panel of two vectors of output channels 36 matrices [C, two vectors].</summary>
    /// <param name="weight">[K,C,3,3].</param>
    /// <returns>In the caller's scope.</returns>
    public static Tensor Pack(Tensor weight)
    {
        long outer = weight.shape[0], inner = weight.shape[1], width = 2 * DirectConvolution.Lanes, panels = (outer + width - 1) / width;
        Tensor g = tensor(Filter.ToArray()).reshape(Patch, 3);
        Tensor moved = matmul(matmul(g, weight.to(ScalarType.Float64)), g.t()).to(ScalarType.Float32); // [K,C,6,6], rounded once
        Tensor padded = zeros(panels * width, inner, Places);
        padded.narrow(0, 0, outer).copy_(moved.reshape(outer, inner, Places));
        return padded.reshape(panels, width, inner, Places).permute(0, 3, 2, 1).contiguous();
    }

    /// <summary>Computes act(convolution(x) + bias + other) into y.</summary>
    /// <param name="x">The images.</param>
    /// <param name="y">Where they go; it may be other.</param>
    /// <param name="other">What is added; null for nothing.</param>
    /// <param name="weight">As <see cref="Pack"/> gives it.</param>
    /// <param name="bias">As <see cref="DirectConvolution.PackBias"/> does.</param>
    /// <param name="padding">Zeros on each side.</param>
    /// <param name="function">What becomes of the sums.</param>
    public static void Run(Pixels x, Pixels y, Pixels? other, Tensor weight, Tensor bias, (long H, long W) padding, Activation function)
    {
        long tiles = Tiles(y.Images, y.Rows, y.Columns), panels = (y.Channels + (2 * DirectConvolution.Lanes) - 1) / (2 * DirectConvolution.Lanes);
        long most = Math.Clamp(ScratchFloats / (Places * (x.Channels + Pad)), 12, 96), blocks = (tiles + most - 1) / most;
        int threads = get_num_threads();
        if (blocks > 1 || panels % threads != 0)
        {
            blocks = (blocks + threads - 1) / threads * threads;
        }

        var task = new Work(x, y, other ?? default, (nint)NativeOperators.Data(weight), (nint)NativeOperators.Data(bias), padding.H, padding.W, tiles,
            (tiles + blocks - 1) / blocks, function);
        blocks = (tiles + task.TilesOfBlock - 1) / task.TilesOfBlock;
        NativeOperators.ParallelFor(blocks * panels, 1, DirectConvolution.Lanes == Lanes512.Count ? &Part512 : &Part256, &task);
    }

    private static long Tiles(long images, long rows, long columns) => images * ((rows + Tile - 1) / Tile) * ((columns + Tile - 1) / Tile);

    [UnmanagedCallersOnly]
    private static void Part256(long begin, long end, void* context) => Part<Lanes256, Vector256<float>>(begin, end, *(Work*)context);

    [UnmanagedCallersOnly]
    private static void Part512(long begin, long end, void* context) => Part<Lanes512, Vector512<float>>(begin, end, *(Work*)context);

    // Blocks of tiles, and of each some panels of weights, panel after panel.
    private static void Part<TLanes, TVector>(long begin, long end, in Work work) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        long width = 2 * TLanes.Count, panels = (work.To.Channels + width - 1) / width, step = work.From.Channels + Pad;
        long rows = work.TilesOfBlock + Compilation.Tiles.Most; // the last tiles of rows reach behind the end
        float* moved = Scratch.Floats((Places * rows * (step + width)) + (Places * TLanes.Count * 2));
        float* sums = moved + (Places * rows * step), own = sums + (Places * rows * width);
        while (begin < end)
        {
            (long block, long panel) = Math.DivRem(begin, panels);
            long last = Math.Min(panels, panel + end - begin), first = block * work.TilesOfBlock, count = Math.Min(work.TilesOfBlock, work.Tiles - first);
            for (long t = 0; t < count; t++)
            {
                MoveIn<TLanes, TVector>(work, first + t, moved + (t * step), rows * step, own);
            }

            for (; panel < last; panel++, begin++)
            {
                float* weight = work.Weight + (panel * Places * work.From.Channels * width);
                for (int place = 0; place < Places; place++)
                {
                    Multiply<TLanes, TVector>(moved + (place * rows * step), step, weight + (place * work.From.Channels * width), work.From.Channels,
                        sums + (place * rows * width), count);
                }

                for (long t = 0; t < count; t++)
                {
                    for (long v = 0; v < width && (panel * width) + v < work.To.Channels; v += TLanes.Count)
                    {
                        MoveOut<TLanes, TVector>(work, first + t, (panel * width) + v, sums + (t * width) + v, rows * width, own);
                    }
                }
            }
        }
    }

    private static void Multiply<TLanes, TVector>(float* x, long step, float* weight, long inner, float* y, long rows)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        nint width = 2 * TLanes.Count;
        for (long row = 0; row < rows;)
        {
            int tile = Compilation.Tiles.RowsFor(rows - row, TLanes.Count);
            Compilation.Tiles.Compute<TLanes, TVector, Wide>(new((nint)(x + (row * step)), (nint)step, (nint)weight, (nint)inner, 1, 0, 0, 0, 0,
                (nint)(y + (row * width)), width, float.NegativeInfinity), tile);
            row += tile;
        }
    }

    // V of one tile, all channels: element (i, j) of a channel goes to to[(6i + j)·placeStep + channel].
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MoveIn<TLanes, TVector>(in Work work, long tile, float* to, long placeStep, float* own)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        Pixels from = work.From;
        (long image, long row, long column) = Place(work, tile);
        long top = (row * Tile) - work.PaddingH, left = (column * Tile) - work.PaddingW;
        bool inside = top >= 0 && left >= 0 && top + Patch <= from.Rows && left + Patch <= from.Columns;
        float* corner = from.Data + ((((image * from.Rows) + top) * from.Columns) + left) * from.Distance;
        for (long c = 0; c < from.Channels; c += TLanes.Count)
        {
            float* x = corner + c;
            long rowStep = from.Columns * from.Distance, columnStep = from.Distance;
            if (!inside)
            {
                x = own + (Places * TLanes.Count);
                (rowStep, columnStep) = (Patch * TLanes.Count, TLanes.Count);
                for (long i = 0; i < Patch; i++)
                {
                    for (long j = 0; j < Patch; j++)
                    {
                        bool there = top + i >= 0 && top + i < from.Rows && left + j >= 0 && left + j < from.Columns;
                        TLanes.Store(x + (i * rowStep) + (j * columnStep),
                            there ? TLanes.Load(corner + (((i * from.Columns) + j) * from.Distance) + c) : default);
                    }
                }
            }

            for (long j = 0; j < Patch; j++)
            {
                Six<TLanes, TVector>(x + (j * columnStep), rowStep, own + (j * TLanes.Count), Patch * TLanes.Count);
            }

            for (long i = 0; i < Patch; i++)
            {
                Six<TLanes, TVector>(own + (i * Patch * TLanes.Count), TLanes.Count, to + (i * Patch * placeStep) + c, placeStep);
            }
        }
    }

    // Bᵀ times six.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Six<TLanes, TVector>(float* x, long step, float* y, long yStep) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        TVector two = TLanes.Spread(2), four = TLanes.Spread(4), minusFour = TLanes.Spread(-4), minusFive = TLanes.Spread(-5), minusOne = TLanes.Spread(-1);
        TVector d0 = TLanes.Load(x), d1 = TLanes.Load(x + step), d2 = TLanes.Load(x + (2 * step)), d3 = TLanes.Load(x + (3 * step));
        TVector d4 = TLanes.Load(x + (4 * step)), d5 = TLanes.Load(x + (5 * step));
        TVector even = TLanes.MultiplyAdd(minusFour, d2, d4), odd = TLanes.MultiplyAdd(minusFour, d1, d3); // d4 − 4·d2, d3 − 4·d1
        TVector evens = TLanes.MultiplyAdd(minusOne, d2, d4), odds = TLanes.MultiplyAdd(minusOne, d1, d3); // d4 − d2, d3 − d1
        TLanes.Store(y, TLanes.MultiplyAdd(four, d0, TLanes.MultiplyAdd(minusFive, d2, d4)));
        TLanes.Store(y + yStep, TLanes.Add(even, odd));
        TLanes.Store(y + (2 * yStep), TLanes.MultiplyAdd(minusOne, odd, even));
        TLanes.Store(y + (3 * yStep), TLanes.MultiplyAdd(two, odds, evens));
        TLanes.Store(y + (4 * yStep), TLanes.MultiplyAdd(TLanes.Spread(-2), odds, evens));
        TLanes.Store(y + (5 * yStep), TLanes.MultiplyAdd(four, d1, TLanes.MultiplyAdd(minusFive, d3, d5)));
    }

    // Aᵀ·sums·A of one tile and one vector of channels, and what is behind, into the pixels that are there.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MoveOut<TLanes, TVector>(in Work work, long tile, long channel, float* sums, long placeStep, float* own)
        where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        for (long j = 0; j < Patch; j++)
        {
            Four<TLanes, TVector>(sums + (j * placeStep), Patch * placeStep, own + (j * TLanes.Count), Patch * TLanes.Count);
        }

        float* last = own + (Places * TLanes.Count);
        for (long i = 0; i < Tile; i++)
        {
            Four<TLanes, TVector>(own + (i * Patch * TLanes.Count), TLanes.Count, last + (i * Tile * TLanes.Count), TLanes.Count);
        }

        (long image, long row, long column) = Place(work, tile);
        TVector bias = TLanes.Load(work.Bias + channel), least = TLanes.Spread(work.Function.Least);
        long rows = Math.Min(Tile, work.To.Rows - (row * Tile)), columns = Math.Min(Tile, work.To.Columns - (column * Tile));
        for (long i = 0; i < rows; i++)
        {
            long pixel = (((image * work.To.Rows) + (row * Tile) + i) * work.To.Columns) + (column * Tile);
            for (long j = 0; j < columns; j++, pixel++)
            {
                TVector y = TLanes.Add(TLanes.Load(last + (((i * Tile) + j) * TLanes.Count)), bias);
                if (work.Other.First != 0)
                {
                    y = TLanes.Add(y, TLanes.Load(work.Other.Data + (pixel * work.Other.Distance) + channel));
                }

                y = TLanes.Max(least, y);
                TLanes.Store(work.To.Data + (pixel * work.To.Distance) + channel, work.Function.IsBehind ? work.Function.Of<TLanes, TVector>(y) : y);
            }
        }
    }

    // Aᵀ times six.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four<TLanes, TVector>(float* x, long step, float* y, long yStep) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        TVector m0 = TLanes.Load(x), m1 = TLanes.Load(x + step), m2 = TLanes.Load(x + (2 * step)), m3 = TLanes.Load(x + (3 * step));
        TVector m4 = TLanes.Load(x + (4 * step)), m5 = TLanes.Load(x + (5 * step)), minusOne = TLanes.Spread(-1);
        TVector a = TLanes.Add(m1, m2), b = TLanes.MultiplyAdd(minusOne, m2, m1), c = TLanes.Add(m3, m4), d = TLanes.MultiplyAdd(minusOne, m4, m3);
        TLanes.Store(y, TLanes.Add(TLanes.Add(m0, a), c));
        TLanes.Store(y + yStep, TLanes.MultiplyAdd(TLanes.Spread(2), d, b));
        TLanes.Store(y + (2 * yStep), TLanes.MultiplyAdd(TLanes.Spread(4), c, a));
        TLanes.Store(y + (3 * yStep), TLanes.Add(TLanes.MultiplyAdd(TLanes.Spread(8), d, b), m5));
    }

    private static (long Image, long Row, long Column) Place(in Work work, long tile)
    {
        long columns = (work.To.Columns + Tile - 1) / Tile, rows = (work.To.Rows + Tile - 1) / Tile;
        (long image, long rest) = Math.DivRem(tile, rows * columns);
        (long row, long column) = Math.DivRem(rest, columns);
        return (image, row, column);
    }

    private readonly record struct Work(Pixels From, Pixels To, Pixels Other, nint WeightAt, nint BiasAt, long PaddingH, long PaddingW, long Tiles,
        long TilesOfBlock, Activation Function)
    {
        public float* Weight => (float*)WeightAt;

        public float* Bias => (float*)BiasAt;
    }
}
