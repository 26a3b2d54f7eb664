using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ModelZoo.Weights;

/// <summary>
/// The dictionary at the head of a .npy file, as Python writes it: <c>{'descr': '&lt;f4', 'fortran_order': False, 'shape': (3, 4), }</c>
/// (numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Only these three keys, each once, in any order; anything else is refused.
/// </summary>
internal ref struct NpyHeader
{
    private const int MostDimensions = 64;

    private readonly ReadOnlySpan<char> text;
    private readonly string file;
    private int at;

    private NpyHeader(ReadOnlySpan<char> text, string file)
    {
        this.text = text;
        this.file = file;
    }

    /// <exception cref="ZooException">The text is something else; the message names <paramref name="file"/>.</exception>
    public static (string Type, bool FortranOrder, long[] Shape) Parse(ReadOnlySpan<char> text, string file) => new NpyHeader(text, file).Read();

    private (string Type, bool FortranOrder, long[] Shape) Read()
    {
        string? type = null;
        bool? fortranOrder = null;
        long[]? shape = null;
        Expect('{');
        while (!Accept('}'))
        {
            string key = Text();
            Expect(':');
            bool again;
            switch (key)
            {
                case "descr":
                    (again, type) = (type is not null, Type());
                    break;
                case "fortran_order":
                    (again, fortranOrder) = (fortranOrder is not null, Truth());
                    break;
                case "shape":
                    (again, shape) = (shape is not null, Shape());
                    break;
                default:
                    throw Refused($"it has the unknown key {Printable.Name(key)}");
            }

            if (again)
            {
                throw Refused($"it has the key '{key}' twice");
            }

            if (!Accept(','))
            {
                Expect('}');
                break;
            }
        }

        SkipSpace();
        return at < text.Length ? throw Refused("something follows it")
            : type is null || shape is null || fortranOrder is not { } fortran ? throw Refused("it lacks 'descr', 'fortran_order' or 'shape'")
            : (type, fortran, shape);
    }

    private string Type()
    {
        SkipSpace();
        return at < text.Length && text[at] is '[' or '('
            ? throw new ZooException($"{file}: holds records with several fields; one array of numbers is needed. Save a single field with numpy.save.")
            : Text();
    }

    private string Text()
    {
        SkipSpace();
        if (at == text.Length || text[at] is not ('\'' or '"'))
        {
            throw Refused($"a text in quotes is missing at character {at}");
        }

        ReadOnlySpan<char> rest = text[(at + 1)..];
        int length = rest.IndexOf(text[at]);
        if (length < 0)
        {
            throw Refused($"the text at character {at} does not end");
        }

        at += length + 2;
        return rest[..length].ToString();
    }

    private bool Truth()
    {
        SkipSpace();
        foreach ((string word, bool value) in new[] { ("True", true), ("False", false) })
        {
            if (text[at..].StartsWith(word))
            {
                at += word.Length;
                return value;
            }
        }

        throw Refused("'fortran_order' is neither True nor False");
    }

    private long[] Shape()
    {
        var shape = new List<long>();
        bool comma = true;
        Expect('(');
        while (!Accept(')'))
        {
            int start = at;
            while (at < text.Length && char.IsAsciiDigit(text[at]))
            {
                at++;
            }

            if (!comma || shape.Count == MostDimensions || !long.TryParse(text[start..at], out long size))
            {
                throw Refused($"'shape' is not a tuple of at most {MostDimensions} whole numbers from 0 to {long.MaxValue}");
            }

            shape.Add(size);
            comma = Accept(',');
        }

        return shape.Count == 1 && !comma ? throw Refused("'shape' is a number, not a tuple") : [.. shape];
    }

    private void Expect(char wanted)
    {
        if (!Accept(wanted))
        {
            throw Refused($"'{wanted}' is missing at character {at}");
        }
    }

    private bool Accept(char wanted)
    {
        SkipSpace();
        if (at == text.Length || text[at] != wanted)
        {
            return false;
        }

        at++;
        SkipSpace();
        return true;
    }

    private void SkipSpace()
    {
        while (at < text.Length && text[at] is ' ' or '\n')
        {
            at++;
        }
    }

    private readonly ZooException Refused(string what) => new($"{file}: its header is not one that numpy writes: {what}. {Npy.Advice}");
}

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
            $"{file}: holds Python objects ({Printable.Name(type)}), which only unpickling could read, and unpickling can run any code: refused. Save plain "
                + $"numbers: {Npy.Advice}"),
        ['>', ..] => throw new ZooException($"{file}: holds big-endian values ({Printable.Name(type)}); little-endian is needed. {Npy.Advice}"),
        _ => throw new ZooException($"{file}: holds values of type {Printable.Name(type)}; {string.Join(", ", Types)} are read. {Npy.Advice}"),
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
