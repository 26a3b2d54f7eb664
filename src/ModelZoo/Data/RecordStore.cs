using System.Buffers;

namespace ModelZoo.Data;

/// <summary>
/// Images that stay in files of records of one length, such as CIFAR's, and are read when they are asked for: the system's file cache holds them, which it can
/// give up, and not the process. Threads may share one.
/// </summary>
/// <param name="files">The files, in order, each opened once.</param>
/// <param name="header">The bytes of a record before its pixels.</param>
/// <param name="shape">Of each image; a record's pixels are [C, H, W], and 255 stands for 1.</param>
internal sealed class RecordStore(IReadOnlyList<RecordFile> files, int header, ImageShape shape) : ImageStore(files.Sum(file => file.Count), shape)
{
    private const float White = 255;

    public override float? Maximum => White;

    public override bool InFiles => true;

    public override void Read(int index, Span<float> destination)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(Shape.Length);
        Span<byte> planes = rented.AsSpan(0, Shape.Length);
        ReadPlanes(index, planes);
        for (int i = 0; i < planes.Length; i++)
        {
            destination[i] = planes[i] / White;
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    public override void ReadBytes(int index, Span<byte> destination)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(Shape.Length);
        Span<byte> planes = rented.AsSpan(0, Shape.Length);
        ReadPlanes(index, planes);
        ByteStore.Interleave(planes, Shape, destination);
        ArrayPool<byte>.Shared.Return(rented);
    }

    private void ReadPlanes(int index, Span<byte> planes)
    {
        foreach (RecordFile file in files)
        {
            if (index < file.Count)
            {
                file.Read(index, header, planes);
                return;
            }

            index -= file.Count;
        }

        throw new ArgumentOutOfRangeException(nameof(index));
    }
}

/// <summary>A file of records of one length that is kept open. It must not change while it is: that is noticed and an error.</summary>
internal sealed class RecordFile
{
    private readonly int record;
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle handle; // closed when the last dataset over it has been collected
    private readonly DateTime written;

    /// <param name="path">A regular file.</param>
    /// <param name="record">Bytes of a record.</param>
    /// <exception cref="ZooException">It cannot be opened or is not whole records.</exception>
    public RecordFile(string path, int record)
    {
        (Path, this.record) = (path, record);
        RegularFile.Require(path);
        handle = Guard(() => File.OpenHandle(path, options: FileOptions.RandomAccess));
        (long length, written) = Guard(() => (RandomAccess.GetLength(handle), File.GetLastWriteTimeUtc(handle)));
        Count = length > 0 && length % record == 0 && length < int.MaxValue
            ? (int)(length / record)
            : throw new ZooException($"{path}: {length} bytes are not whole records of {record}. "
                + "Download it again; the binary version is needed, not the Python one.");
    }

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>The records.</summary>
    public int Count { get; }

    /// <summary>Reads <paramref name="destination"/>'s length out of one record.</summary>
    /// <param name="index">Of the record.</param>
    /// <param name="skip">Bytes of the record to leave out before.</param>
    /// <param name="destination">Filled.</param>
    /// <exception cref="ZooException">The file is shorter than it was, was written to, or cannot be read any more.</exception>
    public void Read(int index, int skip, Span<byte> destination)
    {
        int read;
        DateTime now;
        try
        {
            read = RandomAccess.Read(handle, destination, (long)index * record + skip);
            now = File.GetLastWriteTimeUtc(handle);
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Reading(Path, error);
        }

        if (read != destination.Length || now != written)
        {
            throw new ZooException($"{Path}: was changed while its images were being read. Leave it as it is until the command has ended, and start again.");
        }
    }

    private T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Reading(Path, error);
        }
    }
}
