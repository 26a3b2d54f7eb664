namespace ModelZoo.Weights;

/// <summary>Passes writes on to another stream, up to a number of bytes; closing it leaves the other stream open.</summary>
internal sealed class BoundedWriteStream(Stream inner, long length) : Stream
{
    /// <summary>The bytes still to be written.</summary>
    public long Remaining { get; private set; } = length;

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
        if (buffer.Length > Remaining)
        {
            throw new InvalidOperationException($"{buffer.Length - Remaining} bytes too many were written.");
        }

        inner.Write(buffer);
        Remaining -= buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
