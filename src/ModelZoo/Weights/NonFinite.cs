using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Weights;

/// <summary>Finds values that are no numbers, or infinite, and says where: "NaN at [3,0,1,1]".</summary>
internal static class NonFinite
{
    private const int PieceBytes = 1 << 20;
    private const long PieceElements = 1 << 20;

    /// <summary>The first value of a tensor that is not finite; null where there is none.</summary>
    public static string? In(Tensor values)
    {
        if (!values.is_floating_point() || values.numel() == 0)
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor flat = values.detach().reshape(-1);
        for (long from = 0; from < flat.numel(); from += PieceElements) // of all at once the intermediate results take more than the values
        {
            using DisposeScope one = NewDisposeScope();
            Tensor piece = flat.narrow(0, from, Math.Min(PieceElements, flat.numel() - from)), finite = piece.isfinite();
            if (!finite.all().item<bool>())
            {
                long at = finite.logical_not().to(ScalarType.Byte).argmax().item<long>();
                return Described(piece[at].to(ScalarType.Float64).item<double>(), from + at, values.shape);
            }
        }

        return null;
    }

    /// <summary>The same of a tensor that is still in its file, and of values that are too large for what it is to be copied into.</summary>
    /// <param name="file">The file.</param>
    /// <param name="entry">The tensor.</param>
    /// <param name="target">What its values become.</param>
    /// <exception cref="ZooException">The file can no longer be read.</exception>
    public static string? In(WeightsFile file, WeightsEntry entry, ScalarType target = ScalarType.Float64)
    {
        if (entry.Type is not (DType.F64 or DType.F32 or DType.F16 or DType.BF16))
        {
            return null;
        }

        byte[] piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            return In(file, entry, piece.AsSpan(0, PieceBytes), target);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private static string? In(WeightsFile file, WeightsEntry entry, Span<byte> piece, ScalarType target)
    {
        for (long from = 0; from < entry.ByteLength; from += piece.Length)
        {
            Span<byte> part = piece[..(int)Math.Min(piece.Length, entry.ByteLength - from)];
            file.CopyTo(entry.Name, part, from);
            (int index, double value) = entry.Type switch
            {
                DType.F64 when target == ScalarType.Float32 => TooLarge(part),
                DType.F64 => First<ulong>(part, 0x7FF0_0000_0000_0000, BitConverter.UInt64BitsToDouble),
                DType.F32 => First<uint>(part, 0x7F80_0000, static bits => BitConverter.UInt32BitsToSingle(bits)),
                DType.F16 => First<ushort>(part, 0x7C00, static bits => (double)BitConverter.UInt16BitsToHalf(bits)),
                _ => First<ushort>(part, 0x7F80, static bits => BitConverter.UInt32BitsToSingle((uint)bits << 16)),
            };
            if (index >= 0)
            {
                return Described(value, from / entry.Type.Size() + index, entry.Shape);
            }
        }

        return null;
    }

    // Infinities and NaN have all bits of the exponent set.
    private static (int Index, double Value) First<T>(ReadOnlySpan<byte> bytes, T exponent, Func<T, double> value)
        where T : unmanaged, IBinaryInteger<T>
    {
        ReadOnlySpan<T> bits = MemoryMarshal.Cast<byte, T>(bytes);
        var mask = new Vector<T>(exponent);
        int at = 0;
        while (at <= bits.Length - Vector<T>.Count && !Vector.EqualsAny(new Vector<T>(bits[at..]) & mask, mask))
        {
            at += Vector<T>.Count;
        }

        while (at < bits.Length && (bits[at] & exponent) != exponent)
        {
            at++;
        }

        return at < bits.Length ? (at, value(bits[at])) : (-1, 0);
    }

    private static (int Index, double Value) TooLarge(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<double> values = MemoryMarshal.Cast<byte, double>(bytes);
        for (int at = 0; at < values.Length; at++)
        {
            if (!float.IsFinite((float)values[at]))
            {
                return (at, values[at]);
            }
        }

        return (-1, 0);
    }

    private static string Described(double value, long index, IReadOnlyList<long> shape)
    {
        var place = new long[shape.Count];
        for (int d = shape.Count - 1; d >= 0; d--)
        {
            (index, place[d]) = Math.DivRem(index, shape[d]);
        }

        string what = double.IsNaN(value) ? "NaN"
            : double.IsFinite(value) ? string.Create(CultureInfo.InvariantCulture, $"{value:G6}, more than float32 can hold,")
            : value > 0 ? "infinity" : "-infinity";
        return $"{what} at [{string.Join(",", place)}]";
    }
}
