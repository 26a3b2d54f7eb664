using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Weights;

/// <summary>
/// Reads and writes NumPy's .npy files (numpy.org/doc/stable/reference/generated/numpy.lib.format.html): versions 1.0 and 2.0; float32 written;
/// float32, float64, float16, int64 and uint8 read, little-endian, in C or Fortran order.
/// </summary>
public static class Npy
{
    internal const string Advice = "Write it with numpy.save(path, array.astype('<f4')).";

    // NumPy's own limit (numpy.lib.format, max_header_size).
    private const int MostHeaderBytes = 10_000;
    private const int Alignment = 64;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Reads a file as float32. Values of wider types are rounded to the nearest float32.</summary>
    /// <exception cref="ZooException">The file cannot be read, is damaged, holds a type other than those above (Python objects and big-endian numbers among
    /// them), or a finite number beyond float32's range; the message names it and says what to do.</exception>
    public static NpyArray Read(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        RegularFile.Require(path);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return Read(stream, path);
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Reading(path, error);
        }
    }

    /// <summary>The same for a stream that knows its length, such as an embedded resource; it is read from its position to its end.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="displayName">What error messages call it.</param>
    public static NpyArray Read(Stream stream, string displayName)
    {
        ArgumentNullException.ThrowIfNull(stream);
        (string type, bool fortranOrder, long[] shape) = NpyHeader.Parse(ReadHeader(stream, displayName), displayName);
        int size = NpyValues.Size(type, displayName);
        long left = stream.Length - stream.Position;
        if (Product(shape) is not { } count || (Int128)count * size != left)
        {
            throw new ZooException($"{displayName}: '{type}' of shape ({string.Join(", ", shape)}) does not fill the {left} bytes that follow its header. "
                + $"The file is damaged or was cut off. {Advice}");
        }

        if (count > Array.MaxLength)
        {
            throw new ZooException($"{displayName}: {count} values are more than fit into one array. Split the file into smaller batches.");
        }

        float[] data = NpyValues.Read(stream, type, (int)count, displayName);
        return new NpyArray(shape, fortranOrder ? NpyValues.ToCOrder(data, shape) : data);
    }

    /// <summary>Writes float32 values in C order as version 1.0, the same bytes as numpy.save, atomically (<see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="shape">The dimensions, none for a scalar.</param>
    /// <param name="data">As many values as the product of <paramref name="shape"/>.</param>
    /// <exception cref="ArgumentException">There are more or fewer.</exception>
    /// <exception cref="ZooException">The file cannot be written; the message names it.</exception>
    public static void Write(string path, ReadOnlySpan<long> shape, ReadOnlyMemory<float> data)
    {
        if (Product(shape) != data.Length)
        {
            throw new ArgumentException($"{data.Length} values do not have the shape ({string.Join(", ", shape.ToArray())}).", nameof(data));
        }

        byte[] head = Header("<f4", shape);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(head);
            NpyValues.Write(stream, data.Span);
        });
    }

    /// <summary>What precedes the elements, in version 1.0.</summary>
    /// <param name="type">Of the elements, as NumPy calls it ("&lt;f4", "|u1").</param>
    /// <param name="shape">The dimensions, none for a scalar.</param>
    internal static byte[] Header(string type, ReadOnlySpan<long> shape)
    {
        string sizes = string.Join(", ", shape.ToArray()) + (shape.Length == 1 ? "," : "");
        string header = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({sizes}), }}";
        int start = Magic.Length + 4;
        int length = (start + header.Length + 1 + Alignment - 1) / Alignment * Alignment - start;
        return [.. Magic, 1, 0, (byte)length, (byte)(length >> 8), .. Encoding.ASCII.GetBytes(header.PadRight(length - 1) + '\n')];
    }

    private static string ReadHeader(Stream stream, string file)
    {
        Span<byte> start = stackalloc byte[12];
        int read = stream.ReadAtLeast(start[..10], 10, throwOnEndOfStream: false);
        if (read < 10 || !start.StartsWith(Magic))
        {
            throw new ZooException($"{file}: not a .npy file (it does not begin with \\x93NUMPY and a version). {Advice}");
        }

        if (start[6] is not (1 or 2) || start[7] != 0)
        {
            throw new ZooException($"{file}: is .npy version {start[6]}.{start[7]}; versions 1.0 and 2.0 are read. {Advice}");
        }

        uint length = BinaryPrimitives.ReadUInt16LittleEndian(start[8..]);
        if (start[6] == 2)
        {
            length = stream.ReadAtLeast(start[10..], 2, throwOnEndOfStream: false) == 2 ? BinaryPrimitives.ReadUInt32LittleEndian(start[8..]) : uint.MaxValue;
        }

        if (length > MostHeaderBytes)
        {
            throw new ZooException($"{file}: its header would have {length} bytes; at most {MostHeaderBytes} are allowed. {Advice}");
        }

        var header = new byte[length];
        return stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == length
            ? Encoding.Latin1.GetString(header)
            : throw new ZooException($"{file}: ends within its header. {Advice}");
    }

    private static long? Product(ReadOnlySpan<long> shape)
    {
        long product = 1;
        foreach (long size in shape)
        {
            if (size < 0 || Math.BigMul(product, size, out product) != 0 || product < 0)
            {
                return null;
            }
        }

        return product;
    }
}

/// <summary>What a .npy file holds, as float32.</summary>
/// <param name="Shape">The dimensions, none for a scalar.</param>
/// <param name="Data">The values in C order (the last dimension varies fastest), as many as the product of <paramref name="Shape"/>.</param>
public sealed record NpyArray(long[] Shape, float[] Data);
