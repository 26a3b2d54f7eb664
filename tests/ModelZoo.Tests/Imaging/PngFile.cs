using System.Buffers.Binary;
using System.IO.Compression;

namespace ModelZoo.Tests.Imaging;

/// <summary>Writes PNG files, also impossible ones.</summary>
internal static class PngFile
{
    /// <summary>8-bit gray pixels as a file.</summary>
    public static byte[] Gray(int width, int height, ReadOnlySpan<byte> pixels)
    {
        var lines = new byte[(width + 1) * height];
        for (int y = 0; y < height; y++)
        {
            pixels.Slice(y * width, width).CopyTo(lines.AsSpan((y * (width + 1)) + 1));
        }

        return Make(width, height, 0, 8, Pack(lines));
    }

    /// <summary>8-bit RGB pixels as a file.</summary>
    public static byte[] Rgb(int width, int height, ReadOnlySpan<byte> pixels)
    {
        var lines = new byte[((3 * width) + 1) * height];
        for (int y = 0; y < height; y++)
        {
            pixels.Slice(3 * y * width, 3 * width).CopyTo(lines.AsSpan((y * ((3 * width) + 1)) + 1));
        }

        return Make(width, height, 2, 8, Pack(lines));
    }

    public static byte[] Pack(byte[] lines)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(lines);
        }

        return packed.ToArray();
    }

    /// <summary>A file with this header and these packed lines, whether they fit or not.</summary>
    public static byte[] Make(int width, int height, byte color, byte depth, byte[] packed)
    {
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (depth, color);
        return [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10, .. Chunk("IHDR"u8, header), .. Chunk("IDAT"u8, packed), .. Chunk("IEND"u8, [])];
    }

    public static void MendChecksums(Span<byte> png)
    {
        for (long at = 8; at + 12 <= png.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png[(int)at..]);
            if (at + 12 + length > png.Length)
            {
                return;
            }

            BinaryPrimitives.WriteUInt32BigEndian(png[(int)(at + 8 + length)..], Checksum(png.Slice((int)at + 4, (int)length + 4)));
            at += 12 + length;
        }
    }

    private static byte[] Chunk(ReadOnlySpan<byte> kind, byte[] body)
    {
        byte[] chunk = [0, 0, 0, 0, .. kind, .. body, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(chunk, body.Length);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Checksum(chunk.AsSpan(4, body.Length + 4)));
        return chunk;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int k = 0; k < 8; k++)
            {
                crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
            }
        }

        return ~crc;
    }
}
