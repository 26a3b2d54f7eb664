using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Weights.Pickle;

/// <summary>The bytes of a pickle, read forward. A length that reaches beyond the end is an error before any memory is taken for it.</summary>
internal ref struct PickleReader(ReadOnlySpan<byte> bytes, string file)
{
    public const string Advice = "Nothing was executed. The file is damaged or not what torch.save writes; get or write it again.";

    private const string OtherAdvice = "Nothing was executed. In Python, save the weights alone: torch.save(model.state_dict(), …)";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> bytes = bytes;

    /// <summary>The next byte's place.</summary>
    public int Position { get; private set; }

    public byte Byte() => Take(1)[0];

    public ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(bytes.Length - Position))
        {
            throw Refused($"ends in the middle of a value (byte {Position} of {bytes.Length}); the file may have been cut off");
        }

        ReadOnlySpan<byte> taken = bytes.Slice(Position, (int)length);
        Position += (int)length;
        return taken;
    }

    public ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    public double Double() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>A whole number in two's complement, little-endian, as a long, or a BigInteger where it does not fit.</summary>
    public object Integer(ulong length)
    {
        ReadOnlySpan<byte> digits = Take(length);
        if (length > 1024)
        {
            throw Refused($"has a whole number of {length} bytes, which is not supported");
        }

        var value = new System.Numerics.BigInteger(digits);
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    public readonly string Utf8(ReadOnlySpan<byte> text)
    {
        try
        {
            return StrictUtf8.GetString(text);
        }
        catch (DecoderFallbackException)
        {
            throw Refused("has a text that is not valid UTF-8");
        }
    }

    /// <summary>A line, without its end.</summary>
    public string Line()
    {
        int end = bytes[Position..].IndexOf((byte)'\n');
        string line = Utf8(Take(end is >= 0 and <= 1024 ? (ulong)end : throw Refused("has a name without end")));
        Position++;
        return line;
    }

    /// <summary>For what is whole, but of a kind that is not read.</summary>
    public readonly ZooException NotRead(string what) => new($"{file}: its pickle {what}. {OtherAdvice}");

    /// <summary>For what is damaged, or made by hand.</summary>
    public readonly ZooException Refused(string what) => new($"{file}: its pickle {what}. {Advice}");
}

/// <summary>Bounds the memory that a pickle may take: far above any state dict, far below harm.</summary>
internal struct PickleBudget
{
    public const int Bytes = 32_000_000;

    private long spent;

    /// <summary>Books memory that is about to be taken.</summary>
    /// <returns>False when there is none left.</returns>
    public bool Spend(long bytes)
    {
        spent += bytes;
        return spent <= Bytes;
    }
}
