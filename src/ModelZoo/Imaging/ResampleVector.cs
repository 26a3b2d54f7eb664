using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelZoo.Imaging;

/// <summary>The passes with vectors of 128 bits, which every 64-bit processor has: 32-bit products, the scalar code's bits.</summary>
internal static unsafe class ResampleVector128
{
    /// <summary>Columns of bytes that the vertical pass makes at a time.</summary>
    public const int Block = 16;

    private const int Half = 1 << (FilterPlan.Precision - 1);

    /// <summary>Makes rows of RGB pixels, as many from the first on as can be read and written 4 bytes at a time.</summary>
    /// <returns>How many rows were made.</returns>
    public static int Horizontal(PixelView source, FilterPlan plan, Span<byte> destination)
    {
        int outputs = plan.First.Length, reach = (plan.End * 3) + 1;
        int rows = Math.Min(source.Height - 1, source.Bytes.Length < reach ? 0 : ((source.Bytes.Length - reach) / source.Stride) + 1);
        fixed (byte* from = source.Bytes, to = destination)
        fixed (int* weights = plan.Weights)
        {
            for (int y = 0; y < rows; y++)
            {
                byte* row = from + ((nint)y * source.Stride), write = to + ((nint)y * outputs * 3);
                for (int x = 0; x < outputs; x++, write += 3)
                {
                    byte* read = row + (3 * plan.First[x]);
                    int* weight = weights + ((nint)x * plan.Taps);
                    Vector128<int> sum = Vector128.Create(Half);
                    for (int k = 0; k < plan.Length[x]; k++, read += 3)
                    {
                        Vector128<byte> pixel = Vector128.CreateScalar(Unsafe.ReadUnaligned<uint>(read)).AsByte();
                        sum += Vector128.WidenLower(Vector128.WidenLower(pixel)).AsInt32() * Vector128.Create(weight[k]);
                    }

                    Unsafe.WriteUnaligned(write, Bytes(sum, sum, sum, sum).AsUInt32().ToScalar());
                }
            }
        }

        return rows;
    }

    /// <summary>Makes one row from weighted rows.</summary>
    /// <param name="rows">From the first row on.</param>
    /// <param name="stride">Bytes from a row to the next.</param>
    /// <param name="weights">One for each row.</param>
    /// <param name="destination">At least <see cref="Block"/> bytes.</param>
    public static void Vertical(ReadOnlySpan<byte> rows, int stride, ReadOnlySpan<int> weights, Span<byte> destination)
    {
        fixed (byte* from = rows, to = destination)
        {
            for (int x = 0; x < destination.Length; x += Block)
            {
                int at = Math.Min(x, destination.Length - Block); // the last block overlaps the one before
                Vector128<int> sum0 = Vector128.Create(Half), sum1 = sum0, sum2 = sum0, sum3 = sum0;
                byte* read = from + at;
                for (int k = 0; k < weights.Length; k++, read += stride)
                {
                    Vector128<int> weight = Vector128.Create(weights[k]);
                    (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(Vector128.Load(read));
                    sum0 += Vector128.WidenLower(low).AsInt32() * weight;
                    sum1 += Vector128.WidenUpper(low).AsInt32() * weight;
                    sum2 += Vector128.WidenLower(high).AsInt32() * weight;
                    sum3 += Vector128.WidenUpper(high).AsInt32() * weight;
                }

                Bytes(sum0, sum1, sum2, sum3).Store(to + at);
            }
        }
    }

    private static Vector128<byte> Bytes(Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d) =>
        Vector128.Narrow(Vector128.Narrow(Byte(a), Byte(b)), Vector128.Narrow(Byte(c), Byte(d)));

    private static Vector128<uint> Byte(Vector128<int> sum) =>
        Vector128.Min(Vector128.Max(sum >> FilterPlan.Precision, Vector128<int>.Zero), Vector128.Create(255)).AsUInt32();
}

/// <summary>
/// The passes with AVX2. A weight w of 23 bits is split into w = high·2¹⁵ + low, so that both halves are 16-bit numbers and one instruction multiplies and adds
/// the pixels of two taps. Sums wrap around as 32-bit integers do, so that the total is the scalar code's to the bit.
/// </summary>
internal static unsafe class ResampleAvx2
{
    /// <summary>Columns of bytes that the vertical pass makes at a time.</summary>
    public const int Block = 16;

    private const int Low = 15, Group = 4;
    private const int Half = 1 << (FilterPlan.Precision - 1);

    // 4 RGB pixels in both halves → words R0 R1 G0 G1 B0 B1 0 0 | R2 R3 G2 G3 B2 B3 0 0.
    private static readonly Vector256<byte> Pairs = Vector256.Create(
        0, 0x80, 3, 0x80, 1, 0x80, 4, 0x80, 2, 0x80, 5, 0x80, 0x80, 0x80, 0x80, 0x80,
        6, 0x80, 9, 0x80, 7, 0x80, 10, 0x80, 8, 0x80, 11, 0x80, 0x80, 0x80, 0x80, 0x80);

    /// <summary>Makes rows of RGB pixels, as many from the first on as can be read and written in whole vectors.</summary>
    /// <returns>How many rows were made.</returns>
    public static int Horizontal(PixelView source, FilterPlan plan, Span<byte> destination)
    {
        int outputs = plan.First.Length, groups = plan.Taps / Group, line = outputs * 3;

        // A group reads 16 bytes where 12 are needed, and an output writes 4 bytes where 3 are needed.
        int reach = ((plan.First.Max() + plan.Taps) * 3) + 4;
        int rows = Math.Min(source.Height - 1, source.Bytes.Length < reach ? 0 : ((source.Bytes.Length - reach) / source.Stride) + 1);
        if (rows < 1)
        {
            return 0;
        }

        Vector256<short>[] split = Split(plan);
        ref Vector256<short> weights = ref MemoryMarshal.GetArrayDataReference(split);
        ref int first = ref MemoryMarshal.GetArrayDataReference(plan.First);
        fixed (byte* from = source.Bytes, to = destination)
        {
            for (int y = 0; y < rows; y++)
            {
                byte* row = from + ((nint)y * source.Stride), write = to + ((nint)y * line);
                ref Vector256<short> weight = ref weights;
                for (int x = 0; x < outputs; x++, write += 3)
                {
                    byte* read = row + (3 * Unsafe.Add(ref first, x));
                    Vector256<int> low = Vector256.Create(0, 0, 0, 0, 0, 0, 0, 0), high = low;
                    for (int g = 0; g < groups; g++, read += 3 * Group)
                    {
                        Vector256<short> pixels = Avx2.Shuffle(Avx2.BroadcastVector128ToVector256(read), Pairs).AsInt16();
                        low += Avx2.MultiplyAddAdjacent(pixels, weight);
                        high += Avx2.MultiplyAddAdjacent(pixels, Unsafe.Add(ref weight, 1));
                        weight = ref Unsafe.Add(ref weight, 2);
                    }

                    Vector256<int> both = (high << Low) + low;
                    Vector128<int> sum = both.GetLower() + both.GetUpper() + Vector128.Create(Half);
                    Vector128<short> words = Sse2.PackSignedSaturate(sum >> FilterPlan.Precision, Vector128<int>.Zero);
                    Unsafe.WriteUnaligned(write, Sse2.PackUnsignedSaturate(words, words).AsUInt32().ToScalar());
                }
            }
        }

        return rows;
    }

    /// <summary>Makes one row from weighted rows.</summary>
    /// <param name="rows">From the first row on.</param>
    /// <param name="stride">Bytes from a row to the next.</param>
    /// <param name="weights">One for each row.</param>
    /// <param name="destination">At least <see cref="Block"/> bytes.</param>
    public static void Vertical(ReadOnlySpan<byte> rows, int stride, ReadOnlySpan<int> weights, Span<byte> destination)
    {
        int pairs = (weights.Length + 1) / 2;
        Span<int> split = pairs <= 64 ? stackalloc int[128] : new int[2 * pairs];
        for (int p = 0; p < pairs; p++)
        {
            int second = (2 * p) + 1 < weights.Length ? weights[(2 * p) + 1] : 0;
            split[2 * p] = LowPair(weights[2 * p], second);
            split[(2 * p) + 1] = HighPair(weights[2 * p], second);
        }

        fixed (byte* from = rows, to = destination)
        fixed (int* pair = split)
        {
            for (int x = 0; x < destination.Length; x += Block)
            {
                int at = Math.Min(x, destination.Length - Block); // the last block overlaps the one before
                Vector256<int> low0 = Vector256<int>.Zero, low1 = low0, high0 = low0, high1 = low0;
                for (int p = 0; p < pairs; p++)
                {
                    byte* upper = from + ((nint)2 * p * stride) + at;
                    byte* lower = (2 * p) + 1 < weights.Length ? upper + stride : upper;
                    Vector128<byte> a = Sse2.LoadVector128(upper), b = Sse2.LoadVector128(lower);
                    Vector256<short> left = Avx2.ConvertToVector256Int16(Sse2.UnpackLow(a, b)), right = Avx2.ConvertToVector256Int16(Sse2.UnpackHigh(a, b));
                    Vector256<short> low = Vector256.Create(pair[2 * p]).AsInt16(), high = Vector256.Create(pair[(2 * p) + 1]).AsInt16();
                    low0 += Avx2.MultiplyAddAdjacent(left, low);
                    low1 += Avx2.MultiplyAddAdjacent(right, low);
                    high0 += Avx2.MultiplyAddAdjacent(left, high);
                    high1 += Avx2.MultiplyAddAdjacent(right, high);
                }

                Vector256<int> half = Vector256.Create(Half);
                Vector256<int> sum0 = ((high0 << Low) + low0 + half) >> FilterPlan.Precision, sum1 = ((high1 << Low) + low1 + half) >> FilterPlan.Precision;
                Vector256<short> words = Avx2.Permute4x64(Avx2.PackSignedSaturate(sum0, sum1).AsInt64(), 0b11_01_10_00).AsInt16();
                Sse2.Store(to + at, Sse2.PackUnsignedSaturate(words.GetLower(), words.GetUpper()));
            }
        }
    }

    // For each output and each group of 4 taps: the low halves of taps 0, 1 four times and of 2, 3 four times, then the high halves.
    private static Vector256<short>[] Split(FilterPlan plan)
    {
        var split = new Vector256<short>[plan.Weights.Length / Group * 2];
        for (int i = 0; i < split.Length / 2; i++)
        {
            ReadOnlySpan<int> w = plan.Weights.AsSpan(i * Group, Group);
            split[2 * i] = Vector256.Create(Vector128.Create(LowPair(w[0], w[1])), Vector128.Create(LowPair(w[2], w[3]))).AsInt16();
            split[(2 * i) + 1] = Vector256.Create(Vector128.Create(HighPair(w[0], w[1])), Vector128.Create(HighPair(w[2], w[3]))).AsInt16();
        }

        return split;
    }

    private static int LowPair(int a, int b) => (a & 0x7FFF) | ((b & 0x7FFF) << 16);

    private static int HighPair(int a, int b) => ((a >> Low) & 0xFFFF) | ((b >> Low) << 16);
}
