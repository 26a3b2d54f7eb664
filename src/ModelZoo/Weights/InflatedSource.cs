using System.IO.Compression;
using System.IO.Hashing;

namespace ModelZoo.Weights;

/// <summary>
/// A compressed member of a zip archive. PyTorch compresses none; files that went through another zip program are read this way, whole and once for all reads
/// that follow each other.
/// </summary>
internal sealed class InflatedSource(ByteSource archive, ZipItem item, string file) : ByteSource
{
    private readonly Lock gate = new();
    private WeakReference<byte[]>? kept;

    public override long Length => item.Length;

    public override TResult Use<TResult>(long offset, int length, Func<ReadOnlySpan<byte>, TResult> use) => use(Bytes().AsSpan((int)offset, length));

    public override void CopyTo(long offset, Span<byte> destination) => Bytes().AsSpan((int)offset, destination.Length).CopyTo(destination);

    public override void Dispose()
    {
    }

    private byte[] Bytes()
    {
        lock (gate)
        {
            if (kept?.TryGetTarget(out byte[]? there) == true)
            {
                return there;
            }

            if (item.Length > Array.MaxLength)
            {
                throw new ZooException($"{file}: its member {Printable.Name(item.Name)} is compressed and has {item.Length} bytes, more than fit into memory "
                    + "in one piece. Store it uncompressed.");
            }

            byte[] bytes = new byte[item.Length];
            try
            {
                using var inflater = new DeflateStream(new SourceStream(archive, item.Offset, item.StoredLength), CompressionMode.Decompress);
                inflater.ReadExactly(bytes);
                if (inflater.ReadByte() >= 0)
                {
                    throw new InvalidDataException("it has more bytes than the archive says");
                }
            }
            catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
            {
                throw new ZooException($"{file}: its member {Printable.Name(item.Name)} cannot be decompressed ({error.Message.TrimEnd('.')}). The file is "
                    + "damaged; get or write it again.", error);
            }

            kept = new(bytes);
            return bytes;
        }
    }
}

/// <summary>Passes writes on and sums them up: CRC-32 (IEEE 802.3), as zip archives have it.</summary>
internal sealed class Crc32Stream(Stream inner) : Stream
{
    private readonly Crc32 crc = new();

    /// <summary>The sum of what was written so far.</summary>
    public uint Sum => crc.GetCurrentHashAsUInt32();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        crc.Append(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
