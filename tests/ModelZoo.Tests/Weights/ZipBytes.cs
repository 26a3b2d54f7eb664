using System.IO.Compression;

namespace ModelZoo.Tests.Weights;

/// <summary>Writes zip archives, and changes what they say about themselves.</summary>
internal static class ZipBytes
{
    public static byte[] Of(params (string Name, byte[] Content)[] members) => Of(CompressionLevel.NoCompression, members);

    public static byte[] Of(CompressionLevel level, params (string Name, byte[] Content)[] members)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            foreach ((string name, byte[] content) in members)
            {
                using Stream member = zip.CreateEntry(name, level).Open();
                member.Write(content);
            }
        }

        return stream.ToArray();
    }

    /// <summary>Changes a number in the list of members, at a place of the given member's record.</summary>
    public static byte[] Changed(byte[] zip, int member, int place, ReadOnlySpan<byte> value)
    {
        int at = -1;
        for (int i = 0; i <= member; i++)
        {
            at += 1 + zip.AsSpan(at + 1).IndexOf("PK\u0001\u0002"u8);
        }

        byte[] changed = [.. zip];
        value.CopyTo(changed.AsSpan(at + place));
        return changed;
    }

    /// <summary>Changes a number in the end record.</summary>
    public static byte[] EndChanged(byte[] zip, int place, ReadOnlySpan<byte> value)
    {
        byte[] changed = [.. zip];
        value.CopyTo(changed.AsSpan(zip.AsSpan().LastIndexOf("PK\u0005\u0006"u8) + place));
        return changed;
    }
}
