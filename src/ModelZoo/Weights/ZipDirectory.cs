using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Weights;

/// <summary>
/// The list of a zip archive's members (PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3), read from its central directory and held against the archive:
/// every member lies inside it, none overlaps another, no name appears twice or leads out of the archive.
/// </summary>
/// <remarks>
/// Ours because System.IO.Compression does not tell where a member's bytes lie, which are read in place here, and checks none of this.
/// </remarks>
internal sealed class ZipDirectory
{
    private const int MostBytes = 1 << 23;
    private const int EndBytes = 22;
    private const int CentralBytes = 46;
    private const int LocalBytes = 30;
    private const int MostInflation = 20; // times the whole file: weights hardly shrink, bombs grow a thousandfold
    private const string Advice = "The file is damaged or not what torch.save writes; get or write it again.";

    private readonly ByteSource source;
    private readonly string file;
    private readonly string advice;

    private ZipDirectory(ByteSource source, string file, string advice) => (this.source, this.file, this.advice) = (source, file, advice);

    /// <summary>Reads the members, in the order of their bytes.</summary>
    /// <param name="source">The archive.</param>
    /// <param name="file">What messages call it.</param>
    /// <param name="advice">What they end with.</param>
    /// <exception cref="ZooException">It is no such archive; the message names <paramref name="file"/> and the member.</exception>
    public static List<ZipItem> Read(ByteSource source, string file, string advice = Advice)
    {
        var directory = new ZipDirectory(source, file, advice);
        (long start, long length, long count) = directory.FindEnd();
        if (length > MostBytes || count > MostBytes / CentralBytes)
        {
            throw directory.Refused($"its list of members has {length} bytes, which is not supported");
        }

        if (start < 0 || length < 0 || start > source.Length - length)
        {
            throw directory.Refused($"its list of members lies outside the file (byte {start}, {length} bytes); it may have been cut off");
        }

        byte[] bytes = new byte[length];
        source.CopyTo(start, bytes);
        return directory.Check(directory.Central(bytes, count), start);
    }

    // Where the central directory begins, its length, and its number of members.
    private (long Start, long Length, long Count) FindEnd()
    {
        byte[] tail = new byte[Math.Min(source.Length, EndBytes + ushort.MaxValue)];
        source.CopyTo(source.Length - tail.Length, tail);
        for (int at = tail.Length - EndBytes; at >= 0; at--)
        {
            ReadOnlySpan<byte> end = tail.AsSpan(at);
            if (U32(end) == 0x06054B50 && U16(end[20..]) == end.Length - EndBytes)
            {
                long place = source.Length - end.Length;
                return Zip64(place) ?? (U16(end[4..]) == 0 && U16(end[6..]) == 0
                    ? (U32(end[16..]), U32(end[12..]), U16(end[10..]))
                    : throw Refused("is one part of several, which is not supported"));
            }
        }

        throw Refused("begins like a zip archive, but its end is missing; it may have been cut off");
    }

    private (long Start, long Length, long Count)? Zip64(long end)
    {
        const int LocatorBytes = 20;
        const int RecordBytes = 56;
        if (end < LocatorBytes)
        {
            return null;
        }

        byte[] locator = new byte[LocatorBytes];
        source.CopyTo(end - LocatorBytes, locator);
        if (U32(locator) != 0x07064B50)
        {
            return null;
        }

        ulong place = U64(locator.AsSpan(8));
        byte[] record = new byte[RecordBytes];
        long last = end - LocatorBytes - RecordBytes;
        if (last < 0 || place > (ulong)last)
        {
            throw Refused("its zip64 end lies outside the file");
        }

        source.CopyTo((long)place, record);
        return U32(record) == 0x06064B50
            ? (Limited(U64(record.AsSpan(48))), Limited(U64(record.AsSpan(40))), Limited(U64(record.AsSpan(32))))
            : throw Refused("its zip64 end is missing");
    }

    private List<(ZipItem Item, long Header)> Central(ReadOnlySpan<byte> bytes, long count)
    {
        var items = new List<(ZipItem, long)>();
        for (long i = 0; i < count; i++)
        {
            if (bytes.Length < CentralBytes || U32(bytes) != 0x02014B50)
            {
                throw Refused($"its list of members breaks off after {i} of {count}");
            }

            (int nameLength, int extraLength, int commentLength) = (U16(bytes[28..]), U16(bytes[30..]), U16(bytes[32..]));
            if (bytes.Length < CentralBytes + nameLength + extraLength + commentLength)
            {
                throw Refused($"its list of members breaks off after {i} of {count}");
            }

            items.Add(Member(bytes, Encoding.UTF8.GetString(bytes.Slice(CentralBytes, nameLength)), bytes.Slice(CentralBytes + nameLength, extraLength)));
            bytes = bytes[(CentralBytes + nameLength + extraLength + commentLength)..];
        }

        return items;
    }

    private (ZipItem Item, long Header) Member(ReadOnlySpan<byte> central, string name, ReadOnlySpan<byte> extra)
    {
        (int flags, int method) = (U16(central[8..]), U16(central[10..]));
        if (name.StartsWith('/') || name.AsSpan().ContainsAny("\\:\0") || $"/{name}/".Contains("/../", StringComparison.Ordinal))
        {
            throw Refused($"its member {Printable.Name(name)} has a name that leads out of the archive");
        }

        if ((flags & 1) != 0 || method is not (0 or 8))
        {
            throw new ZooException($"{file}: its member {Printable.Name(name)} is {((flags & 1) != 0 ? "encrypted" : $"compressed by method {method}")}, "
                + "which is not supported. Unpack the archive and give the file inside, or write it anew with torch.save.");
        }

        (long length, long stored, long header) = Sizes(central, extra, name);
        return length >= 0 && stored >= 0 && header >= 0 && (method == 8 || stored == length)
            ? (new ZipItem(name, method == 8, 0, stored, length), header)
            : throw Refused($"its member {Printable.Name(name)} has impossible sizes: {length} bytes, {stored} in the file");
    }

    // Sizes that do not fit into 32 bits stand in the extra field 1, in this order, those alone.
    private (long Length, long Stored, long Header) Sizes(ReadOnlySpan<byte> central, ReadOnlySpan<byte> extra, string name)
    {
        Span<long> sizes = [U32(central[24..]), U32(central[20..]), U32(central[42..])];
        if (!sizes.Contains(uint.MaxValue))
        {
            return (sizes[0], sizes[1], sizes[2]);
        }

        ReadOnlySpan<byte> wide = [];
        for (ReadOnlySpan<byte> rest = extra; rest.Length >= 4 && rest.Length >= 4 + U16(rest[2..]); rest = rest[(4 + U16(rest[2..]))..])
        {
            wide = U16(rest) == 1 ? rest.Slice(4, U16(rest[2..])) : wide;
        }

        for (int i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] == uint.MaxValue)
            {
                sizes[i] = wide.Length >= 8 ? Limited(U64(wide)) : throw Refused($"its member {Printable.Name(name)} lacks its zip64 sizes");
                wide = wide[8..];
            }
        }

        return (sizes[0], sizes[1], sizes[2]);
    }

    // Follows each member to its local header, behind which its bytes lie.
    private List<ZipItem> Check(List<(ZipItem Item, long Header)> members, long limit)
    {
        var found = new List<ZipItem>(members.Count);
        var names = new HashSet<string>(StringComparer.Ordinal);
        Span<byte> local = stackalloc byte[LocalBytes];
        long end = 0;
        Int128 inflated = 0;
        foreach ((ZipItem item, long header) in members.OrderBy(m => m.Header))
        {
            if (!names.Add(item.Name))
            {
                throw Refused($"its member {Printable.Name(item.Name)} appears twice");
            }

            if (header > limit - LocalBytes)
            {
                throw Refused($"its member {Printable.Name(item.Name)} lies outside the archive; the file may have been cut off");
            }

            source.CopyTo(header, local);
            long start = header + LocalBytes + U16(local[26..]) + U16(local[28..]);
            if (U32(local) != 0x04034B50 || U16(local[8..]) is var method && method != (item.Deflated ? 8 : 0))
            {
                throw Refused($"its member {Printable.Name(item.Name)} is not where the list says");
            }

            if (header < end || start > limit - item.StoredLength)
            {
                throw Refused(header < end
                    ? $"its member {Printable.Name(item.Name)} overlaps another"
                    : $"its member {Printable.Name(item.Name)} lies outside the archive; the file may have been cut off");
            }

            end = start + item.StoredLength;
            inflated += item.Deflated ? item.Length : 0;
            found.Add(item with { Offset = start });
        }

        return inflated <= MostInflation * (Int128)source.Length
            ? found
            : throw new ZooException($"{file}: its compressed members would grow to {inflated} bytes from a file of {source.Length}, which is not supported. "
                + "If you trust it, unpack the archive and give the file inside.");
    }

    private long Limited(ulong value) => value <= long.MaxValue ? (long)value : throw Refused($"has a member of {value} bytes");

    private ZooException Refused(string what) => new($"{file}: {what}. {advice}");

    private static ushort U16(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static ulong U64(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}

/// <summary>One member of a zip archive.</summary>
/// <param name="Name">Its path in the archive. Nothing is ever written under it.</param>
/// <param name="Deflated">Whether its bytes are compressed; they lie in the file as they are otherwise.</param>
/// <param name="Offset">Where its bytes begin in the file.</param>
/// <param name="StoredLength">How many bytes it has in the file.</param>
/// <param name="Length">How many bytes it has.</param>
internal sealed record ZipItem(string Name, bool Deflated, long Offset, long StoredLength, long Length);
