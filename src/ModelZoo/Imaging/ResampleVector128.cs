using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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
