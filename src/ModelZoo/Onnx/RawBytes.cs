using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Onnx;

/// <summary>The bytes of a tensor, not yet copied from where they are: a part of a file, memory, or a tensor that is still to be written.</summary>
internal sealed class RawBytes
{
    private const int PieceBytes = 1 << 20;

    private readonly ByteSource? source;
    private readonly long offset;
    private readonly Action<Stream>? write;

    /// <summary>A part of a file, which must be open when the bytes are used.</summary>
    public RawBytes(ByteSource source, long offset, long length) => (this.source, this.offset, Length) = (source, offset, length);

    public RawBytes(ReadOnlyMemory<byte> bytes)
        : this(new MemorySource(bytes), 0, bytes.Length)
    {
    }

    /// <summary>A tensor's elements, row-major, to be written once; it must be alive then.</summary>
    public RawBytes(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        (Length, write) = (tensor.numel() * tensor.element_size(), stream => TensorBytes.Write(tensor, stream));
    }

    public long Length { get; }

    /// <summary>Copies bytes from the place <paramref name="from"/> on, as many as the destination takes.</summary>
    public void CopyTo(long from, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, Length - from, nameof(destination));
        (source ?? throw new InvalidOperationException("These bytes can only be written.")).CopyTo(offset + from, destination);
    }

    public void WriteTo(Stream stream)
    {
        if (write is not null)
        {
            write(stream);
            return;
        }

        byte[] piece = new byte[Math.Min(PieceBytes, Length)];
        for (long at = 0; at < Length; at += piece.Length)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, Length - at));
            CopyTo(at, part);
            stream.Write(part);
        }
    }
}
