using System.Text;

namespace ModelZoo.Weights;

/// <summary>Reads numbers and texts one after the other; what does not fit into the source is an error before any memory is taken for it.</summary>
internal sealed class ByteCursor(ByteSource source, Func<string, ZooException> refused)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] window = new byte[256];
    private long windowStart;
    private int windowLength;

    /// <summary>The next byte's place.</summary>
    public long Position { get; private set; }

    /// <summary>A whole number, seven bits a byte, the lowest first.</summary>
    public long Number(string what)
    {
        ulong value = 0;
        for (int shift = 0; shift < 63; shift += 7)
        {
            byte b = Byte(what);
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return (long)value;
            }
        }

        throw refused($"{what} takes more than 63 bits");
    }

    /// <summary>A UTF-8 text after its length in bytes.</summary>
    public string Text(int most, string what)
    {
        long length = Number(what);
        if (length > most)
        {
            throw refused($"{what} says that it has {length} bytes; more than {most} are not supported");
        }

        byte[] bytes = new byte[length];
        long start = Position;
        Skip(length, what);
        source.CopyTo(start, bytes);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw refused($"{what} is not valid UTF-8");
        }
    }

    /// <summary>Moves on.</summary>
    public void Skip(long length, string what)
    {
        if (length > source.Length - Position)
        {
            throw refused($"{what} needs {length} bytes from byte {Position} on, but the file has {source.Length}; it may have been cut off");
        }

        Position += length;
    }

    private byte Byte(string what)
    {
        if (Position >= source.Length)
        {
            throw refused($"the file ends in {what}; it may have been cut off");
        }

        if (Position < windowStart || Position >= windowStart + windowLength)
        {
            (windowStart, windowLength) = (Position, (int)Math.Min(window.Length, source.Length - Position));
            source.CopyTo(windowStart, window.AsSpan(0, windowLength));
        }

        return window[Position++ - windowStart];
    }
}
