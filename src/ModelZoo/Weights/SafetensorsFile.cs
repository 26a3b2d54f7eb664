using System.Buffers.Binary;

namespace ModelZoo.Weights;

/// <summary>
/// A safetensors file, opened for reading: 8 bytes with the header's length (little-endian), the header (JSON), the tensors' bytes
/// (the format: github.com/huggingface/safetensors, README, "Format"). Opening reads and checks the header alone, so it costs the same for any size of file;
/// the bytes are read when asked for. Threads may share one.
/// </summary>
public sealed class SafetensorsFile : WeightsFile
{
    internal const string Advice = "The file is damaged or not in the safetensors format; get or write it again.";

    private const int LengthBytes = 8;

    private readonly ByteSource source;
    private readonly long dataStart;
    private readonly List<SafetensorsEntry> entries;

    internal SafetensorsFile(string name, ByteSource source)
        : base(name)
    {
        this.source = source;
        if (source.Length < LengthBytes)
        {
            throw new ZooException($"{name}: has {source.Length} bytes, too few for a safetensors file. {Advice}");
        }

        ulong headerLength = source.Use(0, LengthBytes, BinaryPrimitives.ReadUInt64LittleEndian);
        if (headerLength > SafetensorsHeader.MostBytes)
        {
            throw new ZooException($"{name}: says that its header has {headerLength} bytes; at most {SafetensorsHeader.MostBytes} are allowed. {Advice}");
        }

        dataStart = LengthBytes + (long)headerLength;
        if (dataStart > source.Length)
        {
            throw new ZooException($"{name}: says that its header has {headerLength} bytes, but only {source.Length - LengthBytes} follow. {Advice}");
        }

        var (metadata, entries) = source.Use(LengthBytes, (int)headerLength, header => SafetensorsHeader.Parse(header, name));
        SafetensorsLayout.Check(entries, source.Length - dataStart, name);
        (Metadata, this.entries) = (metadata, entries);
        Index();
    }

    /// <inheritdoc/>
    public override string Format => "safetensors";

    /// <summary>The tensors in the order of the header.</summary>
    public override IReadOnlyList<SafetensorsEntry> Entries => entries;

    /// <inheritdoc cref="WeightsFile.this[string]"/>
    public new SafetensorsEntry this[string name] => (SafetensorsEntry)base[name];

    /// <summary>Opens and checks a file.</summary>
    /// <exception cref="ZooException">It cannot be read or is not a well-formed safetensors file: the message names the file, the key at fault and what to
    /// do.</exception>
    public static new SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        try
        {
            return Open(path, new FileSource(path));
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Reading(path, error);
        }
    }

    /// <summary>The same for bytes in memory, such as an embedded resource. They are kept, not copied.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="displayName">What error messages call it.</param>
    /// <exception cref="ZooException">As for <see cref="Open(string)"/>.</exception>
    public static SafetensorsFile Parse(ReadOnlyMemory<byte> bytes, string displayName) => Open(displayName, new MemorySource(bytes));

    /// <summary>
    /// Calls <paramref name="use"/> with the bytes of a tensor, row-major and little-endian, straight from the memory-mapped file: no copy. They need not be
    /// aligned to their type. The span cannot outlive the call, and the map stays in place until it returns, even when another thread disposes this object
    /// meanwhile.
    /// </summary>
    /// <remarks>A process that shortens the file in place meanwhile ends this one (SIGBUS), as for every mapped file; files written by
    /// <see cref="SafetensorsWriter"/> are replaced, never changed in place.
    /// <see cref="WeightsFile.CopyTo"/> reads instead of mapping and is not exposed to that.</remarks>
    /// <returns>What <paramref name="use"/> returns.</returns>
    /// <exception cref="ZooException">There is no such tensor, or it has more than 2 GiB.</exception>
    /// <exception cref="ObjectDisposedException">This object is disposed.</exception>
    public TResult Use<TResult>(string name, Func<ReadOnlySpan<byte>, TResult> use)
    {
        ArgumentNullException.ThrowIfNull(use);
        SafetensorsEntry entry = this[name];
        return entry.ByteLength <= Array.MaxLength
            ? source.Use(dataStart + entry.Offset, (int)entry.ByteLength, use)
            : throw new ZooException($"{Name}: tensor {Printable.Name(name)} has {entry.ByteLength} bytes, more than fit into one piece. Read it in pieces "
                + "with CopyTo.");
    }

    private protected override void Read(WeightsEntry entry, Span<byte> destination, long from) =>
        source.CopyTo(dataStart + ((SafetensorsEntry)entry).Offset + from, destination);

    private protected override void Close() => source.Dispose();

    private static SafetensorsFile Open(string name, ByteSource source)
    {
        try
        {
            return new SafetensorsFile(name, source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }
}

/// <summary>
/// Checks that the tensors of a safetensors file fill its data exactly: each as long as its shape and type say, in the file, without overlap, hole or rest.
/// </summary>
internal static class SafetensorsLayout
{
    /// <param name="entries">What the header lists.</param>
    /// <param name="dataLength">Bytes of the file after its header.</param>
    /// <param name="file">For the message.</param>
    /// <exception cref="ZooException">They do not; the message names <paramref name="file"/> and the tensor.</exception>
    public static void Check(List<SafetensorsEntry> entries, long dataLength, string file)
    {
        foreach (SafetensorsEntry entry in entries)
        {
            if (entry.Type.ByteLength([.. entry.Shape]) is not { } length)
            {
                throw Refused(file, entry, $"{entry.Described} has more bytes than a file can have");
            }

            if (length != entry.ByteLength)
            {
                throw Refused(file, entry, $"{entry.Described} needs {length} bytes, its data_offsets span {entry.ByteLength}");
            }

            if (entry.Offset > dataLength - length)
            {
                throw Refused(file, entry,
                    $"its data end at byte {(Int128)entry.Offset + length} of the data, but the file has {dataLength}; it may have been cut off");
            }
        }

        long end = 0;
        string before = "";
        foreach (SafetensorsEntry entry in entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.ByteLength))
        {
            if (entry.Offset != end)
            {
                throw Refused(file, entry, $"begins at byte {entry.Offset} of the data, but "
                    + (entry.Offset < end ? $"overlaps {Printable.Name(before)}, which ends at {end}" : $"byte {end} and those up to it belong to no tensor"));
            }

            (end, before) = (entry.Offset + entry.ByteLength, entry.Name);
        }

        if (end != dataLength)
        {
            throw new ZooException($"{file}: {dataLength - end} bytes follow the last tensor. {SafetensorsFile.Advice}");
        }
    }

    private static ZooException Refused(string file, SafetensorsEntry entry, string what) =>
        new($"{file}: tensor {Printable.Name(entry.Name)}: {what}. {SafetensorsFile.Advice}");
}

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Type">The type of its elements.</param>
/// <param name="Shape">Its dimensions, none for a scalar; the last one varies fastest.</param>
/// <param name="Offset">Where its bytes begin, counted from the first byte after the header.</param>
/// <param name="ByteLength">How many bytes it has: the product of <paramref name="Shape"/> times the element's size.</param>
public sealed record SafetensorsEntry(string Name, DType Type, IReadOnlyList<long> Shape, long Offset, long ByteLength)
    : WeightsEntry(Name, Type, Shape, ByteLength);
