using System.Runtime.CompilerServices;

namespace ModelZoo.Inference.Compilation;

/// <summary>
/// The innermost product of matrices: some rows of x times a panel of weights one or two vectors wide. All sums stay in registers, for which a method for each
/// number of rows names them one by one; the loop reads each weight once for all rows.
/// </summary>
internal static unsafe class Tiles
{
    /// <summary>For how many rows a tile is computed where so many are wanted: at most what registers hold beside two weights and an element of x.</summary>
    public static int RowsFor(long wanted, int lanes) => wanted switch
    {
        > 8 when lanes == 16 => 12,
        > 4 => lanes == 16 ? 8 : 6,
        > 2 => 4,
        _ => 2,
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
            case 12: Rows12<TLanes, TVector, TWidth>(t); break;
            case 8: Rows8<TLanes, TVector, TWidth>(t); break;
            case 6: Rows6<TLanes, TVector, TWidth>(t); break;
            case 4: Rows4<TLanes, TVector, TWidth>(t); break;
            default: Rows2<TLanes, TVector, TWidth>(t); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12<TLanes, TVector, TWidth>(in Tile t)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TWidth : struct, IWidth
    {
        TVector s0 = Begin<TLanes, TVector>(t, 0, 0), u0 = TWidth.Two ? Begin<TLanes, TVector>(t, 0, TLanes.Count) : default;
        TVector s1 = Begin<TLanes, TVector>(t, 1, 0), u1 = TWidth.Two ? Begin<TLanes, TVector>(t, 1, TLanes.Count) : default;
        TVector s2 = Begin<TLanes, TVector>(t, 2, 0), u2 = TWidth.Two ? Begin<TLanes, TVector>(t, 2, TLanes.Count) : default;
        TVector s3 = Begin<TLanes, TVector>(t, 3, 0), u3 = TWidth.Two ? Begin<TLanes, TVector>(t, 3, TLanes.Count) : default;
        TVector s4 = Begin<TLanes, TVector>(t, 4, 0), u4 = TWidth.Two ? Begin<TLanes, TVector>(t, 4, TLanes.Count) : default;
        TVector s5 = Begin<TLanes, TVector>(t, 5, 0), u5 = TWidth.Two ? Begin<TLanes, TVector>(t, 5, TLanes.Count) : default;
        TVector s6 = Begin<TLanes, TVector>(t, 6, 0), u6 = TWidth.Two ? Begin<TLanes, TVector>(t, 6, TLanes.Count) : default;
        TVector s7 = Begin<TLanes, TVector>(t, 7, 0), u7 = TWidth.Two ? Begin<TLanes, TVector>(t, 7, TLanes.Count) : default;
        TVector s8 = Begin<TLanes, TVector>(t, 8, 0), u8 = TWidth.Two ? Begin<TLanes, TVector>(t, 8, TLanes.Count) : default;
        TVector s9 = Begin<TLanes, TVector>(t, 9, 0), u9 = TWidth.Two ? Begin<TLanes, TVector>(t, 9, TLanes.Count) : default;
        TVector s10 = Begin<TLanes, TVector>(t, 10, 0), u10 = TWidth.Two ? Begin<TLanes, TVector>(t, 10, TLanes.Count) : default;
        TVector s11 = Begin<TLanes, TVector>(t, 11, 0), u11 = TWidth.Two ? Begin<TLanes, TVector>(t, 11, TLanes.Count) : default;
        float* b = t.Weight, x0 = t.X, x3 = t.X + (3 * t.XStep), x6 = t.X + (6 * t.XStep), x9 = t.X + (9 * t.XStep);
        nint step = t.XStep, twice = 2 * step;
        for (nint k = t.Inner; k > 0; k--)
        {
            TVector left = TLanes.Load(b), right = TWidth.Two ? TLanes.Load(b + TLanes.Count) : default, x;
            x = TLanes.Spread(*x0);
            s0 = TLanes.MultiplyAdd(x, left, s0);
            u0 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u0) : u0;
            x = TLanes.Spread(x0[step]);
            s1 = TLanes.MultiplyAdd(x, left, s1);
            u1 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u1) : u1;
            x = TLanes.Spread(x0[twice]);
            s2 = TLanes.MultiplyAdd(x, left, s2);
            u2 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u2) : u2;
            x = TLanes.Spread(*x3);
            s3 = TLanes.MultiplyAdd(x, left, s3);
            u3 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u3) : u3;
            x = TLanes.Spread(x3[step]);
            s4 = TLanes.MultiplyAdd(x, left, s4);
            u4 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u4) : u4;
            x = TLanes.Spread(x3[twice]);
            s5 = TLanes.MultiplyAdd(x, left, s5);
            u5 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u5) : u5;
            x = TLanes.Spread(*x6);
            s6 = TLanes.MultiplyAdd(x, left, s6);
            u6 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u6) : u6;
            x = TLanes.Spread(x6[step]);
            s7 = TLanes.MultiplyAdd(x, left, s7);
            u7 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u7) : u7;
            x = TLanes.Spread(x6[twice]);
            s8 = TLanes.MultiplyAdd(x, left, s8);
            u8 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u8) : u8;
            x = TLanes.Spread(*x9);
            s9 = TLanes.MultiplyAdd(x, left, s9);
            u9 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u9) : u9;
            x = TLanes.Spread(x9[step]);
            s10 = TLanes.MultiplyAdd(x, left, s10);
            u10 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u10) : u10;
            x = TLanes.Spread(x9[twice]);
            s11 = TLanes.MultiplyAdd(x, left, s11);
            u11 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u11) : u11;
            b += TWidth.Two ? 2 * TLanes.Count : TLanes.Count;
            x0++;
            x3++;
            x6++;
            x9++;
        }

        End<TLanes, TVector, TWidth>(t, 0, s0, u0);
        End<TLanes, TVector, TWidth>(t, 1, s1, u1);
        End<TLanes, TVector, TWidth>(t, 2, s2, u2);
        End<TLanes, TVector, TWidth>(t, 3, s3, u3);
        End<TLanes, TVector, TWidth>(t, 4, s4, u4);
        End<TLanes, TVector, TWidth>(t, 5, s5, u5);
        End<TLanes, TVector, TWidth>(t, 6, s6, u6);
        End<TLanes, TVector, TWidth>(t, 7, s7, u7);
        End<TLanes, TVector, TWidth>(t, 8, s8, u8);
        End<TLanes, TVector, TWidth>(t, 9, s9, u9);
        End<TLanes, TVector, TWidth>(t, 10, s10, u10);
        End<TLanes, TVector, TWidth>(t, 11, s11, u11);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8<TLanes, TVector, TWidth>(in Tile t)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TWidth : struct, IWidth
    {
        TVector s0 = Begin<TLanes, TVector>(t, 0, 0), u0 = TWidth.Two ? Begin<TLanes, TVector>(t, 0, TLanes.Count) : default;
        TVector s1 = Begin<TLanes, TVector>(t, 1, 0), u1 = TWidth.Two ? Begin<TLanes, TVector>(t, 1, TLanes.Count) : default;
        TVector s2 = Begin<TLanes, TVector>(t, 2, 0), u2 = TWidth.Two ? Begin<TLanes, TVector>(t, 2, TLanes.Count) : default;
        TVector s3 = Begin<TLanes, TVector>(t, 3, 0), u3 = TWidth.Two ? Begin<TLanes, TVector>(t, 3, TLanes.Count) : default;
        TVector s4 = Begin<TLanes, TVector>(t, 4, 0), u4 = TWidth.Two ? Begin<TLanes, TVector>(t, 4, TLanes.Count) : default;
        TVector s5 = Begin<TLanes, TVector>(t, 5, 0), u5 = TWidth.Two ? Begin<TLanes, TVector>(t, 5, TLanes.Count) : default;
        TVector s6 = Begin<TLanes, TVector>(t, 6, 0), u6 = TWidth.Two ? Begin<TLanes, TVector>(t, 6, TLanes.Count) : default;
        TVector s7 = Begin<TLanes, TVector>(t, 7, 0), u7 = TWidth.Two ? Begin<TLanes, TVector>(t, 7, TLanes.Count) : default;
        float* b = t.Weight, x0 = t.X, x3 = t.X + (3 * t.XStep), x6 = t.X + (6 * t.XStep);
        nint step = t.XStep, twice = 2 * step;
        for (nint k = t.Inner; k > 0; k--)
        {
            TVector left = TLanes.Load(b), right = TWidth.Two ? TLanes.Load(b + TLanes.Count) : default, x;
            x = TLanes.Spread(*x0);
            s0 = TLanes.MultiplyAdd(x, left, s0);
            u0 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u0) : u0;
            x = TLanes.Spread(x0[step]);
            s1 = TLanes.MultiplyAdd(x, left, s1);
            u1 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u1) : u1;
            x = TLanes.Spread(x0[twice]);
            s2 = TLanes.MultiplyAdd(x, left, s2);
            u2 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u2) : u2;
            x = TLanes.Spread(*x3);
            s3 = TLanes.MultiplyAdd(x, left, s3);
            u3 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u3) : u3;
            x = TLanes.Spread(x3[step]);
            s4 = TLanes.MultiplyAdd(x, left, s4);
            u4 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u4) : u4;
            x = TLanes.Spread(x3[twice]);
            s5 = TLanes.MultiplyAdd(x, left, s5);
            u5 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u5) : u5;
            x = TLanes.Spread(*x6);
            s6 = TLanes.MultiplyAdd(x, left, s6);
            u6 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u6) : u6;
            x = TLanes.Spread(x6[step]);
            s7 = TLanes.MultiplyAdd(x, left, s7);
            u7 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u7) : u7;
            b += TWidth.Two ? 2 * TLanes.Count : TLanes.Count;
            x0++;
            x3++;
            x6++;
        }

        End<TLanes, TVector, TWidth>(t, 0, s0, u0);
        End<TLanes, TVector, TWidth>(t, 1, s1, u1);
        End<TLanes, TVector, TWidth>(t, 2, s2, u2);
        End<TLanes, TVector, TWidth>(t, 3, s3, u3);
        End<TLanes, TVector, TWidth>(t, 4, s4, u4);
        End<TLanes, TVector, TWidth>(t, 5, s5, u5);
        End<TLanes, TVector, TWidth>(t, 6, s6, u6);
        End<TLanes, TVector, TWidth>(t, 7, s7, u7);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6<TLanes, TVector, TWidth>(in Tile t)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TWidth : struct, IWidth
    {
        TVector s0 = Begin<TLanes, TVector>(t, 0, 0), u0 = TWidth.Two ? Begin<TLanes, TVector>(t, 0, TLanes.Count) : default;
        TVector s1 = Begin<TLanes, TVector>(t, 1, 0), u1 = TWidth.Two ? Begin<TLanes, TVector>(t, 1, TLanes.Count) : default;
        TVector s2 = Begin<TLanes, TVector>(t, 2, 0), u2 = TWidth.Two ? Begin<TLanes, TVector>(t, 2, TLanes.Count) : default;
        TVector s3 = Begin<TLanes, TVector>(t, 3, 0), u3 = TWidth.Two ? Begin<TLanes, TVector>(t, 3, TLanes.Count) : default;
        TVector s4 = Begin<TLanes, TVector>(t, 4, 0), u4 = TWidth.Two ? Begin<TLanes, TVector>(t, 4, TLanes.Count) : default;
        TVector s5 = Begin<TLanes, TVector>(t, 5, 0), u5 = TWidth.Two ? Begin<TLanes, TVector>(t, 5, TLanes.Count) : default;
        float* b = t.Weight, x0 = t.X, x3 = t.X + (3 * t.XStep);
        nint step = t.XStep, twice = 2 * step;
        for (nint k = t.Inner; k > 0; k--)
        {
            TVector left = TLanes.Load(b), right = TWidth.Two ? TLanes.Load(b + TLanes.Count) : default, x;
            x = TLanes.Spread(*x0);
            s0 = TLanes.MultiplyAdd(x, left, s0);
            u0 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u0) : u0;
            x = TLanes.Spread(x0[step]);
            s1 = TLanes.MultiplyAdd(x, left, s1);
            u1 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u1) : u1;
            x = TLanes.Spread(x0[twice]);
            s2 = TLanes.MultiplyAdd(x, left, s2);
            u2 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u2) : u2;
            x = TLanes.Spread(*x3);
            s3 = TLanes.MultiplyAdd(x, left, s3);
            u3 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u3) : u3;
            x = TLanes.Spread(x3[step]);
            s4 = TLanes.MultiplyAdd(x, left, s4);
            u4 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u4) : u4;
            x = TLanes.Spread(x3[twice]);
            s5 = TLanes.MultiplyAdd(x, left, s5);
            u5 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u5) : u5;
            b += TWidth.Two ? 2 * TLanes.Count : TLanes.Count;
            x0++;
            x3++;
        }

        End<TLanes, TVector, TWidth>(t, 0, s0, u0);
        End<TLanes, TVector, TWidth>(t, 1, s1, u1);
        End<TLanes, TVector, TWidth>(t, 2, s2, u2);
        End<TLanes, TVector, TWidth>(t, 3, s3, u3);
        End<TLanes, TVector, TWidth>(t, 4, s4, u4);
        End<TLanes, TVector, TWidth>(t, 5, s5, u5);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4<TLanes, TVector, TWidth>(in Tile t)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TWidth : struct, IWidth
    {
        TVector s0 = Begin<TLanes, TVector>(t, 0, 0), u0 = TWidth.Two ? Begin<TLanes, TVector>(t, 0, TLanes.Count) : default;
        TVector s1 = Begin<TLanes, TVector>(t, 1, 0), u1 = TWidth.Two ? Begin<TLanes, TVector>(t, 1, TLanes.Count) : default;
        TVector s2 = Begin<TLanes, TVector>(t, 2, 0), u2 = TWidth.Two ? Begin<TLanes, TVector>(t, 2, TLanes.Count) : default;
        TVector s3 = Begin<TLanes, TVector>(t, 3, 0), u3 = TWidth.Two ? Begin<TLanes, TVector>(t, 3, TLanes.Count) : default;
        float* b = t.Weight, x0 = t.X, x3 = t.X + (3 * t.XStep);
        nint step = t.XStep, twice = 2 * step;
        for (nint k = t.Inner; k > 0; k--)
        {
            TVector left = TLanes.Load(b), right = TWidth.Two ? TLanes.Load(b + TLanes.Count) : default, x;
            x = TLanes.Spread(*x0);
            s0 = TLanes.MultiplyAdd(x, left, s0);
            u0 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u0) : u0;
            x = TLanes.Spread(x0[step]);
            s1 = TLanes.MultiplyAdd(x, left, s1);
            u1 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u1) : u1;
            x = TLanes.Spread(x0[twice]);
            s2 = TLanes.MultiplyAdd(x, left, s2);
            u2 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u2) : u2;
            x = TLanes.Spread(*x3);
            s3 = TLanes.MultiplyAdd(x, left, s3);
            u3 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u3) : u3;
            b += TWidth.Two ? 2 * TLanes.Count : TLanes.Count;
            x0++;
            x3++;
        }

        End<TLanes, TVector, TWidth>(t, 0, s0, u0);
        End<TLanes, TVector, TWidth>(t, 1, s1, u1);
        End<TLanes, TVector, TWidth>(t, 2, s2, u2);
        End<TLanes, TVector, TWidth>(t, 3, s3, u3);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows2<TLanes, TVector, TWidth>(in Tile t)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TWidth : struct, IWidth
    {
        TVector s0 = Begin<TLanes, TVector>(t, 0, 0), u0 = TWidth.Two ? Begin<TLanes, TVector>(t, 0, TLanes.Count) : default;
        TVector s1 = Begin<TLanes, TVector>(t, 1, 0), u1 = TWidth.Two ? Begin<TLanes, TVector>(t, 1, TLanes.Count) : default;
        float* b = t.Weight, x0 = t.X;
        nint step = t.XStep;
        for (nint k = t.Inner; k > 0; k--)
        {
            TVector left = TLanes.Load(b), right = TWidth.Two ? TLanes.Load(b + TLanes.Count) : default, x;
            x = TLanes.Spread(*x0);
            s0 = TLanes.MultiplyAdd(x, left, s0);
            u0 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u0) : u0;
            x = TLanes.Spread(x0[step]);
            s1 = TLanes.MultiplyAdd(x, left, s1);
            u1 = TWidth.Two ? TLanes.MultiplyAdd(x, right, u1) : u1;
            b += TWidth.Two ? 2 * TLanes.Count : TLanes.Count;
            x0++;
        }

        End<TLanes, TVector, TWidth>(t, 0, s0, u0);
        End<TLanes, TVector, TWidth>(t, 1, s1, u1);
    }

    // What a row's sums begin with: the bias, and what the row is added to.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Begin<TLanes, TVector>(in Tile t, int row, int column) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
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
}

/// <summary>max(x·w + bias + start, least) of a few rows and one panel of weights.</summary>
/// <param name="XAt">The first row.</param>
/// <param name="XStep">Floats from row to row of x.</param>
/// <param name="WeightAt">[Inner, one or two vectors].</param>
/// <param name="Inner">Elements of a row.</param>
/// <param name="BiasAt">One or two vectors, or 0.</param>
/// <param name="StartAt">What the first row is added to, or 0.</param>
/// <param name="StartStep">Floats from row to row of it.</param>
/// <param name="YAt">Where the first row goes.</param>
/// <param name="YStep">Floats from row to row of y.</param>
/// <param name="Least">What smaller values become: 0 for a ReLU, −∞ for none.</param>
internal readonly unsafe record struct Tile(nint XAt, nint XStep, nint WeightAt, nint Inner, nint BiasAt, nint StartAt, nint StartStep, nint YAt, nint YStep,
    float Least)
{
    public float* X => (float*)XAt;

    public float* Weight => (float*)WeightAt;

    public float* Bias => (float*)BiasAt;

    public float* Start => (float*)StartAt;

    public float* Y => (float*)YAt;
}
