using System.Runtime.CompilerServices;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// The innermost product of matrices: some rows of x times a panel of weights one or two vectors wide. All sums stay in registers, for which the rows are named
/// one by one: of fewer rows the rest falls away when the code is compiled. The loop reads each weight once for all rows, at nine tenths and more of what the
/// processor can multiply.
/// </summary>
internal static unsafe class Tiles
{
    private const int Ahead = 1024; // floats from the weights in use to those that are fetched

    /// <summary>The most rows of a tile.</summary>
    public const int Most = 14;

    /// <summary>
    /// For how many rows a tile is computed where so many are wanted: the least that is enough, at most what registers hold beside two weights and an element
    /// of x. Widths of images are mostly multiples of seven.
    /// </summary>
    public static int RowsFor(long wanted, int lanes) => wanted switch
    {
        > 8 when lanes == 16 => 14,
        > 7 when lanes == 16 => 8,
        > 4 => lanes == 16 ? 7 : 6,
        > 2 => 4,
        > 1 => 2,
        _ => 1,
    };

    /// <summary>The largest tile that so many rows fill.</summary>
    public static int RowsWithin(long wanted, int lanes) => wanted switch
    {
        >= 14 when lanes == 16 => 14,
        >= 8 when lanes == 16 => 8,
        >= 7 when lanes == 16 => 7,
        >= 6 when lanes != 16 => 6,
        >= 4 => 4,
        >= 2 => 2,
        _ => 1,
    };

    /// <summary>Computes a tile.</summary>
    /// <param name="t">What.</param>
    /// <param name="rows">As <see cref="RowsFor"/> says.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Compute<TLanes, TVector, TWidth>(in Tile t, int rows)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TWidth : struct, IWidth
    {
        switch (rows)
        {
            case 14: Rows<TLanes, TVector, TWidth, Rows14>(t); break;
            case 8: Rows<TLanes, TVector, TWidth, Rows8>(t); break;
            case 7: Rows<TLanes, TVector, TWidth, Rows7>(t); break;
            case 6: Rows<TLanes, TVector, TWidth, Rows6>(t); break;
            case 4: Rows<TLanes, TVector, TWidth, Rows4>(t); break;
            case 2: Rows<TLanes, TVector, TWidth, Rows2>(t); break;
            default: Rows<TLanes, TVector, TWidth, Rows1>(t); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<TLanes, TVector, TWidth, TRows>(in Tile t)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TWidth : struct, IWidth where TRows : struct, IRows
    {
        TVector s0 = Begin<TLanes, TVector, TRows>(t, 0, 0), u0 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 0, TLanes.Count) : default;
        TVector s1 = Begin<TLanes, TVector, TRows>(t, 1, 0), u1 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 1, TLanes.Count) : default;
        TVector s2 = Begin<TLanes, TVector, TRows>(t, 2, 0), u2 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 2, TLanes.Count) : default;
        TVector s3 = Begin<TLanes, TVector, TRows>(t, 3, 0), u3 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 3, TLanes.Count) : default;
        TVector s4 = Begin<TLanes, TVector, TRows>(t, 4, 0), u4 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 4, TLanes.Count) : default;
        TVector s5 = Begin<TLanes, TVector, TRows>(t, 5, 0), u5 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 5, TLanes.Count) : default;
        TVector s6 = Begin<TLanes, TVector, TRows>(t, 6, 0), u6 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 6, TLanes.Count) : default;
        TVector s7 = Begin<TLanes, TVector, TRows>(t, 7, 0), u7 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 7, TLanes.Count) : default;
        TVector s8 = Begin<TLanes, TVector, TRows>(t, 8, 0), u8 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 8, TLanes.Count) : default;
        TVector s9 = Begin<TLanes, TVector, TRows>(t, 9, 0), u9 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 9, TLanes.Count) : default;
        TVector s10 = Begin<TLanes, TVector, TRows>(t, 10, 0), u10 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 10, TLanes.Count) : default;
        TVector s11 = Begin<TLanes, TVector, TRows>(t, 11, 0), u11 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 11, TLanes.Count) : default;
        TVector s12 = Begin<TLanes, TVector, TRows>(t, 12, 0), u12 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 12, TLanes.Count) : default;
        TVector s13 = Begin<TLanes, TVector, TRows>(t, 13, 0), u13 = TWidth.Two ? Begin<TLanes, TVector, TRows>(t, 13, TLanes.Count) : default;
        float* b = t.Weight, x0 = t.X, x3 = x0 + (3 * t.XStep), x6 = x3 + (3 * t.XStep), x9 = x6 + (3 * t.XStep), x12 = x9 + (3 * t.XStep);
        byte* later = t.Later;
        nint step = t.XStep, twice = 2 * step, next = t.SegmentStep - t.Inner, laterStep = t.LaterStep;
        for (nint segment = t.Segments; segment > 0; segment--)
        {
            for (nint k = t.Inner; k > 0; k--)
            {
                TVector left = TLanes.Load(b), right = TWidth.Two ? TLanes.Load(b + TLanes.Count) : default, x;
                TLanes.PrefetchFar(later);
                later += laterStep;
                TLanes.Prefetch(b + Ahead);
                if (TWidth.Two)
                {
                    TLanes.Prefetch(b + Ahead + TLanes.Count);
                }

                x = TLanes.Spread(*x0);
                s0 = TLanes.MultiplyAdd(x, left, s0);
                u0 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u0) : u0;
                if (TRows.Count > 1)
                {
                    x = TLanes.Spread(x0[step]);
                    s1 = TLanes.MultiplyAdd(x, left, s1);
                    u1 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u1) : u1;
                }
                if (TRows.Count > 2)
                {
                    x = TLanes.Spread(x0[twice]);
                    s2 = TLanes.MultiplyAdd(x, left, s2);
                    u2 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u2) : u2;
                }
                if (TRows.Count > 3)
                {
                    x = TLanes.Spread(*x3);
                    s3 = TLanes.MultiplyAdd(x, left, s3);
                    u3 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u3) : u3;
                }
                if (TRows.Count > 4)
                {
                    x = TLanes.Spread(x3[step]);
                    s4 = TLanes.MultiplyAdd(x, left, s4);
                    u4 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u4) : u4;
                }
                if (TRows.Count > 5)
                {
                    x = TLanes.Spread(x3[twice]);
                    s5 = TLanes.MultiplyAdd(x, left, s5);
                    u5 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u5) : u5;
                }
                if (TRows.Count > 6)
                {
                    x = TLanes.Spread(*x6);
                    s6 = TLanes.MultiplyAdd(x, left, s6);
                    u6 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u6) : u6;
                }
                if (TRows.Count > 7)
                {
                    x = TLanes.Spread(x6[step]);
                    s7 = TLanes.MultiplyAdd(x, left, s7);
                    u7 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u7) : u7;
                }
                if (TRows.Count > 8)
                {
                    x = TLanes.Spread(x6[twice]);
                    s8 = TLanes.MultiplyAdd(x, left, s8);
                    u8 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u8) : u8;
                }
                if (TRows.Count > 9)
                {
                    x = TLanes.Spread(*x9);
                    s9 = TLanes.MultiplyAdd(x, left, s9);
                    u9 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u9) : u9;
                }
                if (TRows.Count > 10)
                {
                    x = TLanes.Spread(x9[step]);
                    s10 = TLanes.MultiplyAdd(x, left, s10);
                    u10 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u10) : u10;
                }
                if (TRows.Count > 11)
                {
                    x = TLanes.Spread(x9[twice]);
                    s11 = TLanes.MultiplyAdd(x, left, s11);
                    u11 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u11) : u11;
                }
                if (TRows.Count > 12)
                {
                    x = TLanes.Spread(*x12);
                    s12 = TLanes.MultiplyAdd(x, left, s12);
                    u12 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u12) : u12;
                }
                if (TRows.Count > 13)
                {
                    x = TLanes.Spread(x12[step]);
                    s13 = TLanes.MultiplyAdd(x, left, s13);
                    u13 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u13) : u13;
                }
                b += TWidth.Two ? 2 * TLanes.Count : TLanes.Count;
                x0++;
                x3++;
                x6++;
                x9++;
                x12++;
            }
            x0 += next;
            x3 += next;
            x6 += next;
            x9 += next;
            x12 += next;
        }
        End<TLanes, TVector, TWidth>(t, 0, s0, u0);
        if (TRows.Count > 1)
        {
            End<TLanes, TVector, TWidth>(t, 1, s1, u1);
        }
        if (TRows.Count > 2)
        {
            End<TLanes, TVector, TWidth>(t, 2, s2, u2);
        }
        if (TRows.Count > 3)
        {
            End<TLanes, TVector, TWidth>(t, 3, s3, u3);
        }
        if (TRows.Count > 4)
        {
            End<TLanes, TVector, TWidth>(t, 4, s4, u4);
        }
        if (TRows.Count > 5)
        {
            End<TLanes, TVector, TWidth>(t, 5, s5, u5);
        }
        if (TRows.Count > 6)
        {
            End<TLanes, TVector, TWidth>(t, 6, s6, u6);
        }
        if (TRows.Count > 7)
        {
            End<TLanes, TVector, TWidth>(t, 7, s7, u7);
        }
        if (TRows.Count > 8)
        {
            End<TLanes, TVector, TWidth>(t, 8, s8, u8);
        }
        if (TRows.Count > 9)
        {
            End<TLanes, TVector, TWidth>(t, 9, s9, u9);
        }
        if (TRows.Count > 10)
        {
            End<TLanes, TVector, TWidth>(t, 10, s10, u10);
        }
        if (TRows.Count > 11)
        {
            End<TLanes, TVector, TWidth>(t, 11, s11, u11);
        }
        if (TRows.Count > 12)
        {
            End<TLanes, TVector, TWidth>(t, 12, s12, u12);
        }
        if (TRows.Count > 13)
        {
            End<TLanes, TVector, TWidth>(t, 13, s13, u13);
        }
    }

    // What a row's sums begin with: the bias, and what the row is added to.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Begin<TLanes, TVector, TRows>(in Tile t, int row, int column)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TRows : struct, IRows
    {
        if (TRows.Count <= row)
        {
            return default;
        }

        TVector sum = t.Bias is null ? default : TLanes.Load(t.Bias + column);
        return t.Start is null ? sum : TLanes.Add(sum, TLanes.Load(t.Start + (row * t.StartStep) + column));
    }

    // NaN stays NaN.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void End<TLanes, TVector, TWidth>(in Tile t, int row, TVector left, TVector right)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TWidth : struct, IWidth
    {
        TVector least = TLanes.Spread(t.Least);
        float* y = t.Y + (row * t.YStep);
        TLanes.Store(y, TLanes.Max(least, left));
        if (TWidth.Two)
        {
            TLanes.Store(y + TLanes.Count, TLanes.Max(least, right));
        }
    }

    // How many rows a tile has: known when the code is compiled.
    private interface IRows
    {
        static abstract int Count { get; }
    }

    private readonly struct Rows14 : IRows
    {
        public static int Count => 14;
    }

    private readonly struct Rows8 : IRows
    {
        public static int Count => 8;
    }

    private readonly struct Rows7 : IRows
    {
        public static int Count => 7;
    }

    private readonly struct Rows6 : IRows
    {
        public static int Count => 6;
    }

    private readonly struct Rows4 : IRows
    {
        public static int Count => 4;
    }

    private readonly struct Rows2 : IRows
    {
        public static int Count => 2;
    }

    private readonly struct Rows1 : IRows
    {
        public static int Count => 1;
    }
}

/// <summary>
/// max(x·w + bias + start, least) of a few rows and one panel of weights. A row may lie in segments, as the rows of a kernel lie in an image.
/// </summary>
/// <param name="XAt">The first row.</param>
/// <param name="XStep">Floats from row to row of x.</param>
/// <param name="WeightAt">[Segments, Inner, one or two vectors].</param>
/// <param name="Inner">Elements of a segment.</param>
/// <param name="Segments">How many; of none y is bias + start.</param>
/// <param name="SegmentStep">Floats from segment to segment of x.</param>
/// <param name="BiasAt">One or two vectors, or 0.</param>
/// <param name="StartAt">What the first row is added to, or 0.</param>
/// <param name="StartStep">Floats from row to row of it.</param>
/// <param name="YAt">Where the first row goes.</param>
/// <param name="YStep">Floats from row to row of y.</param>
/// <param name="Least">What smaller values become: 0 for a ReLU, −∞ for none.</param>
/// <param name="LaterAt">Weights that will be used after these, to be brought nearer meanwhile; any address will do.</param>
/// <param name="LaterStep">Bytes from element to element of it.</param>
internal readonly unsafe record struct Tile(nint XAt, nint XStep, nint WeightAt, nint Inner, nint Segments, nint SegmentStep, nint BiasAt, nint StartAt,
    nint StartStep, nint YAt, nint YStep, float Least, nint LaterAt = 0, nint LaterStep = 0)
{
    public float* X => (float*)XAt;

    public float* Weight => (float*)WeightAt;

    public byte* Later => (byte*)LaterAt;

    public float* Bias => (float*)BiasAt;

    public float* Start => (float*)StartAt;

    public float* Y => (float*)YAt;
}
