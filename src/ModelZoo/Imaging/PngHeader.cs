using System.Buffers.Binary;

namespace ModelZoo.Imaging;

/// <summary>What stands before the pixels of a PNG file (W3C PNG, chapters 5 and 11).</summary>
internal static class PngHeader
{
    private const int Gray = 0, Color = 2, Palette = 3, GrayAlpha = 4, ColorAlpha = 6;

    private static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static bool IsPng(ReadOnlySpan<byte> bytes) => bytes.StartsWith(Signature);

    /// <summary>Reads the chunks up to the pixels; null where the bytes end before them.</summary>
    /// <exception cref="ImageException">They make no sense.</exception>
    public static ImageInfo? Read(ReadOnlySpan<byte> bytes, string name)
    {
        ImageInfo? info = null;
        for (long at = 8; at + 8 <= bytes.Length;)
        {
            ReadOnlySpan<byte> chunk = bytes[(int)at..];
            uint length = BinaryPrimitives.ReadUInt32BigEndian(chunk);
            ReadOnlySpan<byte> type = chunk.Slice(4, 4);
            if (info is null && !(type.SequenceEqual("IHDR"u8) && length == 13))
            {
                throw new ImageException(name, "is damaged: a PNG picture begins with its header, this one does not.");
            }

            if (type.SequenceEqual("IDAT"u8))
            {
                return info;
            }

            if (at + 12 + length > bytes.Length)
            {
                return null;
            }

            ReadOnlySpan<byte> body = chunk.Slice(8, (int)length);
            if (info is null)
            {
                (uint width, uint height) = (BinaryPrimitives.ReadUInt32BigEndian(body), BinaryPrimitives.ReadUInt32BigEndian(body[4..]));
                if (width > int.MaxValue || height > int.MaxValue)
                {
                    throw new ImageException(name, $"is damaged: it claims {width}×{height} pixels.");
                }

                info = new ImageInfo(ImageFormat.Png, (int)width, (int)height, Channels(body[9], name), body[8], 1);
            }
            else if (type.SequenceEqual("eXIf"u8))
            {
                info = info with { Orientation = Exif.Orientation(body) };
            }

            at += 12 + length; // length, type, body, checksum
        }

        return null;
    }

    /// <summary>Whether the pixels are shades of gray, as the header says.</summary>
    public static bool IsGray(ReadOnlySpan<byte> bytes) => bytes[25] is Gray or GrayAlpha;

    private static int Channels(byte color, string name) => color switch
    {
        Gray or Palette => 1,
        GrayAlpha => 2,
        Color => 3,
        ColorAlpha => 4,
        _ => throw new ImageException(name, $"is damaged: PNG has no color type {color}."),
    };
}
