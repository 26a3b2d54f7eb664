namespace ModelZoo.Weights;

/// <summary>The element types of the safetensors format. All are little-endian; BOOL is one byte, 0 or 1.</summary>
public enum DType
{
    F64,
    F32,
    F16,
    BF16,
    I64,
    I32,
    I16,
    I8,
    U8,
    Bool,
}

/// <summary>Sizes and names of <see cref="DType"/>.</summary>
public static class DTypes
{
    private static readonly string[] Names = ["F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<DType> All { get; } = Enum.GetValues<DType>();

    /// <summary>Bytes of one element.</summary>
    public static int Size(this DType type) => type switch
    {
        DType.F64 or DType.I64 => 8,
        DType.F32 or DType.I32 => 4,
        DType.F16 or DType.BF16 or DType.I16 => 2,
        DType.I8 or DType.U8 or DType.Bool => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, null),
    };

    /// <summary>The name in a safetensors file: "F32", "BOOL" …</summary>
    public static string FormatName(this DType type) => Names[(int)type];

    /// <summary>Bytes of a tensor: the product of <paramref name="shape"/> (1 for a scalar) times the element's size, or null where a dimension is negative or the product overflows.</summary>
    public static long? ByteLength(this DType type, ReadOnlySpan<long> shape)
    {
        long length = type.Size();
        foreach (long size in shape)
        {
            if (size < 0 || Math.BigMul(length, size, out length) != 0 || length < 0)
            {
                return null;
            }
        }

        return length;
    }
}
