using System.Buffers.Binary;
using System.Text;

namespace ModelZoo.Weights;

/// <summary>
/// Writes a zip archive of uncompressed members, each beginning at a multiple of 64 bytes as PyTorch's do (a field "FB" of padding before it). Sums and, above
/// 4 GB, lengths follow the member (PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.9 and 4.5.3), so that a member is written in one pass.
/// </summary>
internal sealed class ZipWriter(Stream stream)
{
    private const int Alignment = 64;
    private const int LocalBytes = 30;
    private const ushort Flags = 0x0808; // sums behind the member; names in UTF-8
    private const ushort WithZip64 = 45;

    private readonly List<(byte[] Name, long Length, uint Sum, long Header)> members = [];
    private long position;

    /// <summary>Adds a member.</summary>
    /// <param name="name">Its path.</param>
    /// <param name="length">How many bytes it has.</param>
    /// <param name="write">Writes them.</param>
    public void Add(string name, long length, Action<Stream> write)
    {
        byte[] path = Encoding.UTF8.GetBytes(name);
        long header = position;
        bool wide = length >= uint.MaxValue;
        int wideBytes = wide ? 20 : 0;
        long unpadded = position + LocalBytes + path.Length + wideBytes + 4;
        int padding = (int)(-unpadded & (Alignment - 1));
        Number(0x04034B50, 4);
        Number(wide ? WithZip64 : 0u, 2);
        Number(Flags, 2);
        Number(0, 2 + 2 + 2 + 4); // stored, no time, sum behind
        Number(wide ? uint.MaxValue : 0, 4);
        Number(wide ? uint.MaxValue : 0, 4);
        Number((ulong)path.Length, 2);
        Number((ulong)(wideBytes + 4 + padding), 2);
        Bytes(path);
        if (wide)
        {
            Number(1, 2);
            Number(16, 2);
            Number((ulong)length, 8);
            Number((ulong)length, 8);
        }

        Bytes("FB"u8);
        Number((ulong)padding, 2);
        Bytes(Encoding.ASCII.GetBytes(new string('Z', padding)));

        var summing = new Crc32Stream(stream);
        write(summing);
        position += length;
        Number(0x08074B50, 4);
        Number(summing.Sum, 4);
        Number((ulong)length, wide ? 8 : 4);
        Number((ulong)length, wide ? 8 : 4);
        members.Add((path, length, summing.Sum, header));
    }

    /// <summary>Writes the list of the members.</summary>
    public void Finish()
    {
        long start = position;
        foreach ((byte[] name, long length, uint sum, long header) in members)
        {
            long[] wide = [.. length >= uint.MaxValue ? [length, length] : Array.Empty<long>(), .. header >= uint.MaxValue ? [header] : Array.Empty<long>()];
            Number(0x02014B50, 4);
            Number(wide.Length > 0 ? WithZip64 : 0u, 2);
            Number(wide.Length > 0 ? WithZip64 : 0u, 2);
            Number(Flags, 2);
            Number(0, 2 + 2 + 2);
            Number(sum, 4);
            Number((ulong)Math.Min(length, uint.MaxValue), 4);
            Number((ulong)Math.Min(length, uint.MaxValue), 4);
            Number((ulong)name.Length, 2);
            Number((ulong)(wide.Length > 0 ? 4 + 8 * wide.Length : 0), 2);
            Number(0, 2 + 2 + 2 + 4);
            Number((ulong)Math.Min(header, uint.MaxValue), 4);
            Bytes(name);
            if (wide.Length > 0)
            {
                Number(1, 2);
                Number((ulong)(8 * wide.Length), 2);
                Array.ForEach(wide, w => Number((ulong)w, 8));
            }
        }

        long length64 = position - start;
        if (start >= uint.MaxValue || members.Count >= ushort.MaxValue)
        {
            long record = position;
            Number(0x06064B50, 4);
            Number(44, 8);
            Number(WithZip64, 2);
            Number(WithZip64, 2);
            Number(0, 4 + 4);
            Number((ulong)members.Count, 8);
            Number((ulong)members.Count, 8);
            Number((ulong)length64, 8);
            Number((ulong)start, 8);
            Number(0x07064B50, 4);
            Number(0, 4);
            Number((ulong)record, 8);
            Number(1, 4);
        }

        Number(0x06054B50, 4);
        Number(0, 2 + 2);
        Number((ulong)Math.Min(members.Count, ushort.MaxValue), 2);
        Number((ulong)Math.Min(members.Count, ushort.MaxValue), 2);
        Number((ulong)Math.Min(length64, uint.MaxValue), 4);
        Number((ulong)Math.Min(start, uint.MaxValue), 4);
        Number(0, 2);
    }

    // Little-endian, with zeros above eight bytes.
    private void Number(ulong value, int bytes)
    {
        Span<byte> buffer = stackalloc byte[16];
        buffer.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(buffer, value);
        Bytes(buffer[..bytes]);
    }

    private void Bytes(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        position += bytes.Length;
    }
}
