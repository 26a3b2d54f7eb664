using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace ModelZoo.Fuzz;

/// <summary>Makes a damaged file's lengths and sums right again: without that, most damage ends at the first sum.</summary>
internal static class Structures
{
    private static readonly Lazy<(string Name, byte[] Content)[]> OtherMembers = new(() =>
    {
        using var zip = new ZipArchive(new MemoryStream(Seeds.Files("zip.pth").First()));
        return [.. zip.Entries.Where(e => e.Name != "data.pkl").Select(e => (e.FullName, All(e)))];

        static byte[] All(ZipArchiveEntry entry)
        {
            using Stream stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            return bytes.ToArray();
        }
    });

    /// <summary>The header ends at its last brace.</summary>
    public static byte[] Safetensors(byte[] bytes)
    {
        int end = bytes.AsSpan(0, Math.Min(bytes.Length, 1 << 16)).LastIndexOf((byte)'}');
        if (end > 8)
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, end + 1 - 8);
        }

        return bytes;
    }

    /// <summary>The sums of members that are stored as they are, by the central directory.</summary>
    public static byte[] Zip(byte[] bytes)
    {
        for (int at = 0; (at = Next(bytes, at, "PK\u0001\u0002"u8)) >= 0 && at + 46 <= bytes.Length; at += 46)
        {
            Span<byte> entry = bytes.AsSpan(at, 46);
            uint size = BinaryPrimitives.ReadUInt32LittleEndian(entry[20..]), local = BinaryPrimitives.ReadUInt32LittleEndian(entry[42..]);
            if ((ulong)local + 30 > (ulong)bytes.Length)
            {
                continue;
            }

            Span<byte> header = bytes.AsSpan((int)local, 30);
            ulong data = local + 30UL + BinaryPrimitives.ReadUInt16LittleEndian(header[26..]) + BinaryPrimitives.ReadUInt16LittleEndian(header[28..]);
            if (data + size <= (ulong)bytes.Length)
            {
                uint sum = Crc32.HashToUInt32(bytes.AsSpan((int)data, (int)size));
                BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], sum);
                BinaryPrimitives.WriteUInt32LittleEndian(header[14..], sum);
            }
        }

        return bytes;
    }

    /// <summary>The sums of chunks.</summary>
    public static byte[] Png(byte[] bytes)
    {
        for (long at = 8; at + 12 <= bytes.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan((int)at));
            if (at + 12 + length > bytes.Length)
            {
                break;
            }

            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan((int)(at + 8 + length)), Crc32.HashToUInt32(bytes.AsSpan((int)at + 4, (int)length + 4)));
            at += 12 + length;
        }

        return bytes;
    }

    /// <summary>The sums of headers.</summary>
    public static byte[] Tar(byte[] bytes)
    {
        for (int at = 0; at + 512 <= bytes.Length; at += 512)
        {
            Span<byte> header = bytes.AsSpan(at, 512);
            if (header[257..].StartsWith("ustar"u8))
            {
                header.Slice(148, 8).Fill((byte)' ');
                int sum = 0;
                foreach (byte one in header)
                {
                    sum += one;
                }

                Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header.Slice(148, 8));
            }
        }

        return bytes;
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return zipped.ToArray();
    }

    /// <summary>A .pth with this pickle, and the storages of the golden one.</summary>
    public static byte[] AsPth(byte[] pickle)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create))
        {
            string folder = OtherMembers.Value[0].Name.Split('/')[0];
            foreach ((string name, byte[] content) in OtherMembers.Value.Prepend(($"{folder}/data.pkl", pickle)))
            {
                using Stream member = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
                member.Write(content);
            }
        }

        return bytes.ToArray();
    }

    private static int Next(byte[] bytes, int from, ReadOnlySpan<byte> mark)
    {
        int at = bytes.AsSpan(from).IndexOf(mark);
        return at < 0 ? -1 : from + at;
    }
}
