namespace ModelZoo.Weights;

/// <summary>One tensor to be written, to a file of any format: its key, type and shape, and what writes its bytes.</summary>
public sealed class WeightsTensor
{
    /// <summary>A tensor whose bytes are produced while the file is written, so that a large one is never held twice.</summary>
    /// <param name="name">Its key.</param>
    /// <param name="type">The type of its elements.</param>
    /// <param name="shape">Its dimensions, none for a scalar.</param>
    /// <param name="write">Writes exactly the tensor's bytes, row-major and little-endian. Called once.</param>
    /// <exception cref="ArgumentException">A dimension is negative or the product too large.</exception>
    public WeightsTensor(string name, DType type, IReadOnlyList<long> shape, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(write);
        (Name, Type, Shape, Write) = (name, type, [.. shape], write);
        ByteLength = type.ByteLength([.. shape])
            ?? throw new ArgumentException($"Tensor '{name}': the shape [{string.Join(", ", shape)}] is negative somewhere or too large.", nameof(shape));
    }

    /// <summary>A tensor whose bytes, row-major and little-endian, are there already.</summary>
    /// <exception cref="ArgumentException">As above, or there are more or fewer bytes than the shape and type say.</exception>
    public WeightsTensor(string name, DType type, IReadOnlyList<long> shape, ReadOnlyMemory<byte> bytes)
        : this(name, type, shape, stream => stream.Write(bytes.Span))
    {
        if (bytes.Length != ByteLength)
        {
            throw new ArgumentException($"Tensor '{name}': {type.FormatName()} [{string.Join(", ", shape)}] has {ByteLength} bytes, {bytes.Length} were given.", nameof(bytes));
        }
    }

    public string Name { get; }

    public DType Type { get; }

    public IReadOnlyList<long> Shape { get; }

    public long ByteLength { get; }

    internal Action<Stream> Write { get; }
}
