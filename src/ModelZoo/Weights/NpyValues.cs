using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ModelZoo.Weights;

/// <summary>The values of a .npy file: from each type that is read, to float32, and from Fortran order to C order.</summary>
internal static class NpyValues
{
    private const int PieceBytes = 1 << 16;

    private static readonly string[] Types = ["<f4", "<f8", "<f2", "<i8", "|u1"];

    /// <summary>Bytes of one element.</summary>
    /// <exception cref="ZooException">The type is not one of those that are read; the message says what it is and what to do.</exception>
    public static int Size(string type, string file) => type switch
    {
        "<f8" or "<i8" => 8,
        "<f4" => 4,
        "<f2" => 2,
        "|u1" => 1,
        ['|' or '<' or '>' or '=', 'O', ..] or ['O', ..] => throw new ZooException(
            $"{file}: holds Python objects ({Shown.Name(type)}), which only unpickling could read, and unpickling can run any code: refused. Save plain numbers: {Npy.Advice}"),
        ['>', ..] => throw new ZooException($"{file}: holds big-endian values ({Shown.Name(type)}); little-endian is needed. {Npy.Advice}"),
        _ => throw new ZooException($"{file}: holds values of type {Shown.Name(type)}; {string.Join(", ", Types)} are read. {Npy.Advice}"),
    };

    /// <summary>Reads <paramref name="count"/> values in the order of the file.</summary>
    public static float[] Read(Stream stream, string type, int count, string file)
    {
        var data = new float[count];
        if (type == "<f4" && BitConverter.IsLittleEndian)
        {
            stream.ReadExactly(MemoryMarshal.AsBytes(data.AsSpan()));
            return data;
        }

        int size = Size(type, file);
        var piece = new byte[Math.Min(PieceBytes, (long)count * size)];
        for (int done = 0; done < count;)
        {
            int now = Math.Min(count - done, piece.Length / size);
            stream.ReadExactly(piece, 0, now * size);
            for (int i = 0; i < now; i++)
            {
                double value = Value(type, piece.AsSpan(i * size));
                data[done + i] = (float)value;
                if (double.IsFinite(value) && !float.IsFinite((float)value))
                {
                    throw new ZooException($"{file}: value {done + i} is {value:R}, beyond float32's range. Scale the data before saving it.");
                }
            }

            done += now;
        }

        return data;
    }

    /// <summary>The values of an array whose first dimension varies fastest, put so that the last one does.</summary>
    public static float[] ToCOrder(float[] data, long[] shape)
    {
        var ordered = new float[data.Length];
        var index = new long[shape.Length];
        var strides = new long[shape.Length]; // in the Fortran-ordered data
        long stride = 1;
        for (int d = 0; d < shape.Length; d++)
        {
            (strides[d], stride) = (stride, stride * shape[d]);
        }

        long from = 0;
        for (int to = 0; to < ordered.Length; to++)
        {
            ordered[to] = data[from];
            for (int d = shape.Length - 1; d >= 0; d--)
            {
                from += strides[d];
                if (++index[d] < shape[d])
                {
                    break;
                }

                from -= strides[d] * shape[d];
                index[d] = 0;
            }
        }

        return ordered;
    }

    public static void Write(Stream stream, ReadOnlySpan<float> data)
    {
        if (BitConverter.IsLittleEndian)
        {
            stream.Write(MemoryMarshal.AsBytes(data));
            return;
        }

        Span<byte> bytes = stackalloc byte[sizeof(float)];
        foreach (float value in data)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
            stream.Write(bytes);
        }
    }

    private static double Value(string type, ReadOnlySpan<byte> bytes) => type switch
    {
        "<f8" => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        "<f4" => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        "<f2" => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        "<i8" => (float)BinaryPrimitives.ReadInt64LittleEndian(bytes),
        _ => bytes[0],
    };
}
