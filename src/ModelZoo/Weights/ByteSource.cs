using System.IO.MemoryMappedFiles;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ModelZoo.Weights;

/// <summary>Bytes to read at any place: a file or a piece of memory.</summary>
internal abstract class ByteSource : IDisposable
{
    public abstract long Length { get; }

    /// <summary>Shows a piece of the bytes without copying it. The span is valid during the call only, which the compiler sees to.</summary>
    public abstract TResult Use<TResult>(long offset, int length, Func<ReadOnlySpan<byte>, TResult> use);

    /// <summary>Copies the bytes from <paramref name="offset"/> on, as many as the destination takes.</summary>
    public abstract void CopyTo(long offset, Span<byte> destination);

    public abstract void Dispose();
}

internal sealed class MemorySource(ReadOnlyMemory<byte> bytes) : ByteSource
{
    private bool closed;

    public override long Length => bytes.Length;

    public override TResult Use<TResult>(long offset, int length, Func<ReadOnlySpan<byte>, TResult> use)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        return use(bytes.Span.Slice((int)offset, length));
    }

    public override void CopyTo(long offset, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(closed, this);
        bytes.Span.Slice((int)offset, destination.Length).CopyTo(destination);
    }

    public override void Dispose() => closed = true;
}

/// <summary>
/// A file, mapped for <see cref="Use"/> and read for <see cref="CopyTo"/>: as fast where a copy is wanted anyway, and a file that is cut meanwhile is an error
/// there, not the end of the process. Closing it while another thread is inside <see cref="Use"/> leaves the map in place until that call returns.
/// </summary>
internal sealed class FileSource : ByteSource
{
    private readonly SafeFileHandle file;
    private readonly DateTime written;
    private readonly Lazy<MemoryMappedViewAccessor> view;

    public FileSource(string path)
    {
        RegularFile.Require(path);
        this.file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None);
        Length = RandomAccess.GetLength(file);
        written = File.GetLastWriteTimeUtc(file);
        this.view = new(() =>
        {
            using var map = MemoryMappedFile.CreateFromFile(file, null, Length, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
            return map.CreateViewAccessor(0, Length, MemoryMappedFileAccess.Read);
        });
    }

    public override long Length { get; }

    public override unsafe TResult Use<TResult>(long offset, int length, Func<ReadOnlySpan<byte>, TResult> use)
    {
        ObjectDisposedException.ThrowIf(file.IsClosed, this);
        SafeMemoryMappedViewHandle view = this.view.Value.SafeMemoryMappedViewHandle;
        byte* start = null;
        view.AcquirePointer(ref start);
        try
        {
            TResult result = use(new ReadOnlySpan<byte>(start + this.view.Value.PointerOffset + offset, length));
            MustBeUnchanged();
            return result;
        }
        finally
        {
            view.ReleasePointer();
        }
    }

    public override void CopyTo(long offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(file, destination, offset);
            if (read == 0)
            {
                throw new EndOfStreamException("the file became shorter while it was read");
            }

            offset += read;
            destination = destination[read..];
        }

        MustBeUnchanged();
    }

    public override void Dispose()
    {
        if (this.view.IsValueCreated)
        {
            this.view.Value.Dispose();
        }

        file.Dispose();
    }

    // A file that is replaced by a rename stays readable under its handle, whole; one that is overwritten in place would come out as a mixture.
    private void MustBeUnchanged()
    {
        try
        {
            if (RandomAccess.GetLength(file) != Length || File.GetLastWriteTimeUtc(file) != written)
            {
                throw new IOException("it was overwritten while it was read; load it again");
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed by another thread while it was in use: there is nothing left to ask.
        }
    }
}

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
