using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelZoo.Inference.Compilation;

/// <summary>Vectors of one width, so that a kernel is written once for all of them.</summary>
/// <typeparam name="TVector">The vector.</typeparam>
internal unsafe interface ILanes<TVector> where TVector : struct
{
    /// <summary>Floats of a vector.</summary>
    static abstract int Count { get; }

    static abstract TVector Load(float* from);

    static abstract void Store(float* to, TVector value);

    /// <summary>Brings what will be read soon nearer; of memory that is not there nothing happens.</summary>
    static abstract void Prefetch(float* from);

    /// <summary>Brings what will be read later into the second cache.</summary>
    static abstract void PrefetchFar(byte* from);

    static abstract TVector Spread(float value);

    static abstract TVector Add(TVector x, TVector y);

    static abstract TVector Multiply(TVector x, TVector y);

    static abstract TVector Divide(TVector x, TVector y);

    /// <summary>x·y + sum, rounded once.</summary>
    static abstract TVector MultiplyAdd(TVector x, TVector y, TVector sum);

    /// <summary>The larger one; y where either is NaN.</summary>
    static abstract TVector Max(TVector x, TVector y);

    /// <summary>The smaller one; y where either is NaN.</summary>
    static abstract TVector Min(TVector x, TVector y);

    /// <summary>1 / x to 2⁻²² and better; 0 where that is no normal number.</summary>
    static abstract TVector Reciprocal(TVector x);

    /// <summary>x times 2ⁿ, of −126 ≤ n ≤ 127 added to 1.5·2²³: the bits of such a sum end with those of n.</summary>
    static abstract TVector Scale(TVector x, TVector sum);
}

/// <summary>Functions of vectors.</summary>
internal static class LaneFunctions
{
    private const float Magic = 12582912; // 1.5·2²³: what is added to it is rounded to a whole number

    /// <summary>
    /// eˣ to two units in the last place; of x below −87 and above 88 that of these. n = round(x / ln 2), of the rest a polynomial of degree 6 (the
    /// coefficients of Moshier's Cephes library).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp<TLanes, TVector>(TVector x) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        x = TLanes.Min(TLanes.Spread(88), TLanes.Max(TLanes.Spread(-87), x));
        TVector sum = TLanes.MultiplyAdd(x, TLanes.Spread(1.44269504f), TLanes.Spread(Magic)), n = TLanes.Add(sum, TLanes.Spread(-Magic));
        TVector r = TLanes.MultiplyAdd(n, TLanes.Spread(2.12194440e-4f), TLanes.MultiplyAdd(n, TLanes.Spread(-0.693359375f), x)); // x − n·ln 2, in two parts
        TVector p = TLanes.MultiplyAdd(TLanes.Spread(1.9875691500e-4f), r, TLanes.Spread(1.3981999507e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Spread(8.3334519073e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Spread(4.1665795894e-2f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Spread(1.6666665459e-1f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Spread(5.0000001201e-1f));
        p = TLanes.Add(TLanes.MultiplyAdd(TLanes.Multiply(r, r), p, r), TLanes.Spread(1));
        return TLanes.Scale(p, sum);
    }
}

/// <summary>Eight floats (AVX2).</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* from) => Vector256.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, Vector256<float> value) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* from) => Sse.Prefetch0(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchFar(byte* from) => Sse.Prefetch1(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Spread(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Add(Vector256<float> x, Vector256<float> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> x, Vector256<float> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Divide(Vector256<float> x, Vector256<float> y) => x / y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> x, Vector256<float> y, Vector256<float> sum) => Vector256.FusedMultiplyAdd(x, y, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Max(Vector256<float> x, Vector256<float> y) => Vector256.MaxNative(x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Min(Vector256<float> x, Vector256<float> y) => Vector256.MinNative(x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Reciprocal(Vector256<float> x)
    {
        Vector256<float> rough = Avx.Reciprocal(x);
        return rough * Vector256.FusedMultiplyAdd(-x, rough, Vector256.Create(2f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scale(Vector256<float> x, Vector256<float> sum) =>
        x * (Vector256.ShiftLeft(sum.AsInt32(), 23) + Vector256.Create(0x3F800000)).AsSingle();
}

/// <summary>Sixteen floats (AVX-512).</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* from) => Vector512.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, Vector512<float> value) => value.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(float* from) => Sse.Prefetch0(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchFar(byte* from) => Sse.Prefetch1(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Spread(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Add(Vector512<float> x, Vector512<float> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> x, Vector512<float> y) => x * y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Divide(Vector512<float> x, Vector512<float> y) => x / y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> x, Vector512<float> y, Vector512<float> sum) => Vector512.FusedMultiplyAdd(x, y, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Max(Vector512<float> x, Vector512<float> y) => Vector512.MaxNative(x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Min(Vector512<float> x, Vector512<float> y) => Vector512.MinNative(x, y);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Reciprocal(Vector512<float> x)
    {
        Vector512<float> rough = Avx512F.Reciprocal14(x);
        return rough * Vector512.FusedMultiplyAdd(-x, rough, Vector512.Create(2f));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Scale(Vector512<float> x, Vector512<float> sum) =>
        x * (Vector512.ShiftLeft(sum.AsInt32(), 23) + Vector512.Create(0x3F800000)).AsSingle();
}

/// <summary>How many vectors wide a tile is: known when the code is compiled, so that of a narrow one half of it falls away.</summary>
internal interface IWidth
{
    static abstract bool Two { get; }
}

/// <summary>One vector.</summary>
internal readonly struct Narrow : IWidth
{
    public static bool Two => false;
}

/// <summary>Two vectors.</summary>
internal readonly struct Wide : IWidth
{
    public static bool Two => true;
}
