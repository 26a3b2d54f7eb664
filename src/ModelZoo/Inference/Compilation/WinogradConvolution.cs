using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// 3×3 convolutions of stride 1 by Winograd's minimal filtering, F(4×4, 3×3): a quarter of the products, for some additions before and behind them. Of each
/// 6×6 tile of x, V = Bᵀ·x·B; with U = G·w·Gᵀ of each kernel, 4×4 pixels of y are Aᵀ·(Σ U⊙V)·A, summed over the channels: 36 products of matrices. Where there
/// are few pixels F(2×2, 3×3), with less than half of the products and half as large weights. Lavin and Gray, "Fast Algorithms for Convolutional Neural
/// Networks", CVPR 2016.
/// </summary>
/// <remarks>What it computes differs from the plain sum by rounding, by more than other orders do; the bound is in <c>WinogradBound</c>.</remarks>
internal static unsafe class WinogradConvolution
{
    /// <summary>Pixels of a tile of y on each side.</summary>
    public const int Large = 4, Small = 2;

    private const int MostPlaces = (Large + 2) * (Large + 2);
    private const int FewestTiles = 24; // fewer do not pay for the larger weights
    private const long ScratchFloats = 160 * 1024; // of transformed tiles: what fits into the cache of a core
    private const int Pad = 16; // rows at a distance of a power of two would take each other's place in the cache

    // G: what kernels are transformed by.
    private static readonly double[] LargeFilter =
    [
        1d / 4, 0, 0,
        -1d / 6, -1d / 6, -1d / 6,
        -1d / 6, 1d / 6, -1d / 6,
        1d / 24, 1d / 12, 1d / 6,
        1d / 24, -1d / 12, 1d / 6,
        0, 0, 1,
    ];

    private static readonly double[] SmallFilter =
    [
        1, 0, 0,
        1d / 2, 1d / 2, 1d / 2,
        1d / 2, -1d / 2, 1d / 2,
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

    /// <summary>The tiles of y that pay for so many images of a size: <see cref="Large"/> or <see cref="Small"/>; 0 for none.</summary>
    public static int TileFor(long images, long rows, long columns) =>
        Tiles(Large, images, rows, columns) >= FewestTiles ? Large : Tiles(Small, images, rows, columns) >= FewestTiles ? Small : 0;

    /// <summary>
    /// Transforms weights and lays them out: for each panel of two vectors of output channels as many matrices [C, two vectors] as a patch has places.
    /// </summary>
    /// <param name="weight">[K,C,3,3].</param>
    /// <param name="tile">As <see cref="TileFor"/> says.</param>
    /// <returns>In the caller's scope.</returns>
    public static Tensor Pack(Tensor weight, int tile)
    {
        long outer = weight.shape[0], inner = weight.shape[1], width = 2 * DirectConvolution.Lanes, panels = (outer + width - 1) / width;
        int patch = tile + 2, places = patch * patch;
        Tensor g = tensor(tile == Large ? LargeFilter : SmallFilter).reshape(patch, 3);
        Tensor packed = zeros(panels, places, inner, width);
        for (long panel = 0; panel < panels; panel++) // one after the other: in double, all of them would take eight times the memory of the weights
        {
            using DisposeScope scope = NewDisposeScope();
            long first = panel * width, count = Math.Min(width, outer - first);
            Tensor moved = matmul(matmul(g, weight.narrow(0, first, count).to(ScalarType.Float64)), g.t()); // [·,C,patch,patch]
            packed[panel].narrow(2, 0, count).copy_(moved.reshape(count, inner, places).permute(2, 1, 0)); // rounded once
        }

        return packed;
    }

    /// <summary>Computes act(convolution(x) + bias + other) into y.</summary>
    /// <param name="x">The images.</param>
    /// <param name="y">Where they go; it may be other.</param>
    /// <param name="other">What is added; null for nothing.</param>
    /// <param name="weight">As <see cref="Pack"/> gives it.</param>
    /// <param name="bias">As <see cref="DirectConvolution.PackBias"/> does.</param>
    /// <param name="tile">As the weights were packed for.</param>
    /// <param name="padding">Zeros on each side.</param>
    /// <param name="function">What becomes of the sums.</param>
    public static void Run(Pixels x, Pixels y, Pixels? other, Tensor weight, Tensor bias, int tile, (long H, long W) padding, Activation function)
    {
        long tiles = Tiles(tile, y.Images, y.Rows, y.Columns), panels = (y.Channels + (2 * DirectConvolution.Lanes) - 1) / (2 * DirectConvolution.Lanes);
        long most = Math.Clamp(ScratchFloats / ((tile + 2) * (tile + 2) * (x.Channels + Pad)), 14, 98), blocks = (tiles + most - 1) / most;
        int threads = get_num_threads();
        if (blocks > 1 || panels % threads != 0)
        {
            blocks = (blocks + threads - 1) / threads * threads;
        }

        var task = new Work(x, y, other ?? default, (nint)NativeOperators.Data(weight), (nint)NativeOperators.Data(bias), padding.H, padding.W, tiles,
            (tiles + blocks - 1) / blocks, function);
        blocks = (tiles + task.TilesOfBlock - 1) / task.TilesOfBlock;
        bool wide = DirectConvolution.Lanes == Lanes512.Count;
        NativeOperators.ParallelFor(blocks * panels, blocks >= 2 * threads ? panels : Math.Max(1, (panels + threads - 1) / threads),
            tile == Large ? wide ? &Large512 : &Large256 : wide ? &Small512 : &Small256, &task);
    }

    private static long Tiles(int tile, long images, long rows, long columns) => images * ((rows + tile - 1) / tile) * ((columns + tile - 1) / tile);

    [UnmanagedCallersOnly]
    private static void Large256(long begin, long end, void* context) => Part<Lanes256, Vector256<float>, Four>(begin, end, *(Work*)context);

    [UnmanagedCallersOnly]
    private static void Large512(long begin, long end, void* context) => Part<Lanes512, Vector512<float>, Four>(begin, end, *(Work*)context);

    [UnmanagedCallersOnly]
    private static void Small256(long begin, long end, void* context) => Part<Lanes256, Vector256<float>, Two>(begin, end, *(Work*)context);

    [UnmanagedCallersOnly]
    private static void Small512(long begin, long end, void* context) => Part<Lanes512, Vector512<float>, Two>(begin, end, *(Work*)context);

    // Blocks of tiles, and of each some panels of weights, panel after panel.
    private static void Part<TLanes, TVector, TTile>(long begin, long end, in Work work)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TTile : struct, ITile
    {
        long width = 2 * TLanes.Count, panels = (work.To.Channels + width - 1) / width, step = work.From.Channels + Pad;
        long rows = work.TilesOfBlock + Compilation.Tiles.Most; // the last tiles of rows reach behind the end
        int places = (TTile.Count + 2) * (TTile.Count + 2);
        float* moved = Scratch.Floats((places * rows * (step + width)) + (MostPlaces * TLanes.Count * 2));
        float* sums = moved + (places * rows * step), own = sums + (places * rows * width);
        while (begin < end)
        {
            (long block, long panel) = Math.DivRem(begin, panels);
            long last = Math.Min(panels, panel + end - begin), first = block * work.TilesOfBlock, count = Math.Min(work.TilesOfBlock, work.Tiles - first);
            for (long t = 0; t < count; t++)
            {
                MoveIn<TLanes, TVector, TTile>(work, first + t, moved + (t * step), rows * step, own);
            }

            for (; panel < last; panel++, begin++)
            {
                float* weight = work.Weight + (panel * places * work.From.Channels * width);
                for (int place = 0; place < places; place++)
                {
                    Multiply<TLanes, TVector>(moved + (place * rows * step), step, weight + (place * work.From.Channels * width), work.From.Channels,
                        sums + (place * rows * width), count);
                }

                for (long t = 0; t < count; t++)
                {
                    for (long v = 0; v < width && (panel * width) + v < work.To.Channels; v += TLanes.Count)
                    {
                        MoveOut<TLanes, TVector, TTile>(work, first + t, (panel * width) + v, sums + (t * width) + v, rows * width, own);
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

    // V of one tile, all channels: element (i, j) of a channel goes to to[(patch·i + j)·placeStep + channel].
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MoveIn<TLanes, TVector, TTile>(in Work work, long tile, float* to, long placeStep, float* own)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TTile : struct, ITile
    {
        int patch = TTile.Count + 2;
        Pixels from = work.From;
        (long image, long row, long column) = Place(work, tile, TTile.Count);
        long top = (row * TTile.Count) - work.PaddingH, left = (column * TTile.Count) - work.PaddingW;
        bool inside = top >= 0 && left >= 0 && top + patch <= from.Rows && left + patch <= from.Columns;
        float* corner = from.Data + ((((image * from.Rows) + top) * from.Columns) + left) * from.Distance;
        for (long c = 0; c < from.Channels; c += TLanes.Count)
        {
            float* x = corner + c;
            long rowStep = from.Columns * from.Distance, columnStep = from.Distance;
            if (!inside)
            {
                x = own + (MostPlaces * TLanes.Count);
                (rowStep, columnStep) = (patch * TLanes.Count, TLanes.Count);
                for (long i = 0; i < patch; i++)
                {
                    for (long j = 0; j < patch; j++)
                    {
                        bool there = top + i >= 0 && top + i < from.Rows && left + j >= 0 && left + j < from.Columns;
                        TLanes.Store(x + (i * rowStep) + (j * columnStep),
                            there ? TLanes.Load(corner + (((i * from.Columns) + j) * from.Distance) + c) : default);
                    }
                }
            }

            for (long j = 0; j < patch; j++)
            {
                TTile.In<TLanes, TVector>(x + (j * columnStep), rowStep, own + (j * TLanes.Count), patch * TLanes.Count);
            }

            for (long i = 0; i < patch; i++)
            {
                TTile.In<TLanes, TVector>(own + (i * patch * TLanes.Count), TLanes.Count, to + (i * patch * placeStep) + c, placeStep);
            }
        }
    }

    // Aᵀ·sums·A of one tile and one vector of channels, and what is behind, into the pixels that are there.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MoveOut<TLanes, TVector, TTile>(in Work work, long tile, long channel, float* sums, long placeStep, float* own)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TTile : struct, ITile
    {
        int side = TTile.Count, patch = side + 2;
        for (long j = 0; j < patch; j++)
        {
            TTile.Out<TLanes, TVector>(sums + (j * placeStep), patch * placeStep, own + (j * TLanes.Count), patch * TLanes.Count);
        }

        float* last = own + (MostPlaces * TLanes.Count);
        for (long i = 0; i < side; i++)
        {
            TTile.Out<TLanes, TVector>(own + (i * patch * TLanes.Count), TLanes.Count, last + (i * side * TLanes.Count), TLanes.Count);
        }

        (long image, long row, long column) = Place(work, tile, side);
        TVector bias = TLanes.Load(work.Bias + channel), least = TLanes.Spread(work.Function.Least);
        long rows = Math.Min(side, work.To.Rows - (row * side)), columns = Math.Min(side, work.To.Columns - (column * side));
        for (long i = 0; i < rows; i++)
        {
            long pixel = (((image * work.To.Rows) + (row * side) + i) * work.To.Columns) + (column * side);
            for (long j = 0; j < columns; j++, pixel++)
            {
                TVector y = TLanes.Add(TLanes.Load(last + (((i * side) + j) * TLanes.Count)), bias);
                if (work.Other.First != 0)
                {
                    y = TLanes.Add(y, TLanes.Load(work.Other.Data + (pixel * work.Other.Distance) + channel));
                }

                y = TLanes.Max(least, y);
                TLanes.Store(work.To.Data + (pixel * work.To.Distance) + channel, work.Function.IsBehind ? work.Function.Of<TLanes, TVector>(y) : y);
            }
        }
    }

    private static (long Image, long Row, long Column) Place(in Work work, long tile, int side)
    {
        long columns = (work.To.Columns + side - 1) / side, rows = (work.To.Rows + side - 1) / side;
        (long image, long rest) = Math.DivRem(tile, rows * columns);
        (long row, long column) = Math.DivRem(rest, columns);
        return (image, row, column);
    }

    // What depends on the size of a tile.
    private interface ITile
    {
        static abstract int Count { get; }

        // Bᵀ times a column of a patch.
        static abstract void In<TLanes, TVector>(float* x, long step, float* y, long yStep) where TLanes : struct, ILanes<TVector> where TVector : struct;

        // Aᵀ times a column of sums.
        static abstract void Out<TLanes, TVector>(float* x, long step, float* y, long yStep) where TLanes : struct, ILanes<TVector> where TVector : struct;
    }

    private readonly struct Four : ITile
    {
        public static int Count => Large;

        // Bᵀ times six.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void In<TLanes, TVector>(float* x, long step, float* y, long yStep) where TLanes : struct, ILanes<TVector> where TVector : struct
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

        // Aᵀ times six.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Out<TLanes, TVector>(float* x, long step, float* y, long yStep) where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            TVector m0 = TLanes.Load(x), m1 = TLanes.Load(x + step), m2 = TLanes.Load(x + (2 * step)), m3 = TLanes.Load(x + (3 * step));
            TVector m4 = TLanes.Load(x + (4 * step)), m5 = TLanes.Load(x + (5 * step)), minusOne = TLanes.Spread(-1);
            TVector a = TLanes.Add(m1, m2), b = TLanes.MultiplyAdd(minusOne, m2, m1), c = TLanes.Add(m3, m4), d = TLanes.MultiplyAdd(minusOne, m4, m3);
            TLanes.Store(y, TLanes.Add(TLanes.Add(m0, a), c));
            TLanes.Store(y + yStep, TLanes.MultiplyAdd(TLanes.Spread(2), d, b));
            TLanes.Store(y + (2 * yStep), TLanes.MultiplyAdd(TLanes.Spread(4), c, a));
            TLanes.Store(y + (3 * yStep), TLanes.Add(TLanes.MultiplyAdd(TLanes.Spread(8), d, b), m5));
        }
    }

    private readonly struct Two : ITile
    {
        public static int Count => Small;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void In<TLanes, TVector>(float* x, long step, float* y, long yStep) where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            TVector d0 = TLanes.Load(x), d1 = TLanes.Load(x + step), d2 = TLanes.Load(x + (2 * step)), d3 = TLanes.Load(x + (3 * step));
            TVector minusOne = TLanes.Spread(-1);
            TLanes.Store(y, TLanes.MultiplyAdd(minusOne, d2, d0));
            TLanes.Store(y + yStep, TLanes.Add(d1, d2));
            TLanes.Store(y + (2 * yStep), TLanes.MultiplyAdd(minusOne, d1, d2));
            TLanes.Store(y + (3 * yStep), TLanes.MultiplyAdd(minusOne, d3, d1));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Out<TLanes, TVector>(float* x, long step, float* y, long yStep) where TLanes : struct, ILanes<TVector> where TVector : struct
        {
            TVector m0 = TLanes.Load(x), m1 = TLanes.Load(x + step), m2 = TLanes.Load(x + (2 * step)), m3 = TLanes.Load(x + (3 * step));
            TLanes.Store(y, TLanes.Add(TLanes.Add(m0, m1), m2));
            TLanes.Store(y + yStep, TLanes.MultiplyAdd(TLanes.Spread(-1), TLanes.Add(m2, m3), m1));
        }
    }

    private readonly record struct Work(Pixels From, Pixels To, Pixels Other, nint WeightAt, nint BiasAt, long PaddingH, long PaddingW, long Tiles,
        long TilesOfBlock, Activation Function)
    {
        public float* Weight => (float*)WeightAt;

        public float* Bias => (float*)BiasAt;
    }
}
