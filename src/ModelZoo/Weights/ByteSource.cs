using System.IO.MemoryMappedFiles;
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
/// A file, mapped for <see cref="Use"/> and read for <see cref="CopyTo"/>: as fast where a copy is wanted anyway, and a file that is cut meanwhile is an error there, not the end of the process.
/// Closing it while another thread is inside <see cref="Use"/> leaves the map in place until that call returns.
/// </summary>
internal sealed class FileSource : ByteSource
{
    private readonly SafeFileHandle file;
    private readonly Lazy<MemoryMappedViewAccessor> view;

    public FileSource(string path)
    {
        this.file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.None);
        Length = RandomAccess.GetLength(file);
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
            return use(new ReadOnlySpan<byte>(start + this.view.Value.PointerOffset + offset, length));
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
    }

    public override void Dispose()
    {
        if (this.view.IsValueCreated)
        {
            this.view.Value.Dispose();
        }

        file.Dispose();
    }
}
