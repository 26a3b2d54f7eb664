using System.IO.Compression;

namespace ModelZoo.Weights;

/// <summary>A compressed member of a zip archive. PyTorch compresses none; files that went through another zip program are read this way, whole and once for all reads that follow each other.</summary>
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
                throw new ZooException($"{file}: its member {Shown.Name(item.Name)} is compressed and has {item.Length} bytes, more than fit into memory in one piece. Store it uncompressed.");
            }

            byte[] bytes = new byte[item.Length];
            try
            {
                using var inflater = new DeflateStream(new Part(archive, item.Offset, item.StoredLength), CompressionMode.Decompress);
                inflater.ReadExactly(bytes);
                if (inflater.ReadByte() >= 0)
                {
                    throw new InvalidDataException("it has more bytes than the archive says");
                }
            }
            catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
            {
                throw new ZooException($"{file}: its member {Shown.Name(item.Name)} cannot be decompressed ({error.Message.TrimEnd('.')}). The file is damaged; get or write it again.", error);
            }

            kept = new(bytes);
            return bytes;
        }
    }

    private sealed class Part(ByteSource source, long offset, long length) : Stream
    {
        private long position;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => position;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            int count = (int)Math.Min(buffer.Length, length - position);
            source.CopyTo(offset + position, buffer[..count]);
            position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
