using System.Buffers.Binary;

namespace ModelZoo.Imaging;

/// <summary>What stands before the pixels of a JPEG file (ITU-T T.81, annex B), and whether the file has its end.</summary>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Components">Stored channels.</param>
/// <param name="Precision">Bits of a value.</param>
/// <param name="Orientation">EXIF's, 1 where there is none.</param>
/// <param name="ScanStart">Where the first scan's values begin.</param>
/// <param name="IsOneScan">Whether one scan holds everything, row by row: neither progressive nor a scan for each component.</param>
/// <param name="LeastBits">What the scans have at least: a bit for each block of 8×8 values, where Huffman's codes are used; else 0.</param>
internal readonly record struct JpegHeader(int Width, int Height, int Components, int Precision, int Orientation, int ScanStart, bool IsOneScan, long LeastBits)
{
    private const byte Baseline = 0xC0, Extended = 0xC1, Arithmetic = 0xC9, StartOfScan = 0xDA, EndOfImage = 0xD9, App1 = 0xE1;

    public static bool IsJpeg(ReadOnlySpan<byte> bytes) => bytes.Length >= 3 && bytes[0] == 0xFF && bytes[1] == 0xD8 && bytes[2] == 0xFF;

    public ImageInfo Info => new(ImageFormat.Jpeg, Width, Height, Components, Precision, Orientation);

    /// <summary>Reads the segments up to the first scan; null where the bytes end before it.</summary>
    /// <exception cref="ImageException">The segments make no sense.</exception>
    public static JpegHeader? Read(ReadOnlySpan<byte> bytes, string name)
    {
        var header = new JpegHeader(0, 0, 0, 0, 1, 0, false, 0);
        int at = 2;
        bool frame = false;
        while (Marker(bytes, ref at) is { } marker)
        {
            if (IsBare(marker))
            {
                continue;
            }

            if (marker == EndOfImage)
            {
                throw new ImageException(name, "ends before its pixels begin.");
            }

            if (at + 2 > bytes.Length)
            {
                return null;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);
            if (length < 2)
            {
                throw new ImageException(name, $"is damaged: a segment of its header claims a length of {length}.");
            }

            if (marker == StartOfScan)
            {
                return !frame ? throw new ImageException(name, "is damaged: its pixels begin before their size is said.")
                    : header with
                    {
                        ScanStart = at + length,
                        IsOneScan = header.IsOneScan && length > 2 && at + 2 < bytes.Length
                        && bytes[at + 2] == header.Components
                    };
            }

            if (at + length > bytes.Length)
            {
                return null;
            }

            ReadOnlySpan<byte> body = bytes.Slice(at + 2, length - 2);
            if (!frame && IsFrame(marker))
            {
                if (body.Length < 6)
                {
                    throw new ImageException(name, "is damaged: its frame header is too short.");
                }

                frame = true;
                header = header with
                {
                    Precision = body[0],
                    Height = BinaryPrimitives.ReadUInt16BigEndian(body[1..]),
                    Width = BinaryPrimitives.ReadUInt16BigEndian(body[3..]),
                    Components = body[5],
                    IsOneScan = marker is Baseline or Extended or Arithmetic,
                    LeastBits = marker < Arithmetic ? Blocks(body) : 0,
                };
            }
            else if (marker == App1 && header.Orientation == 1 && body.StartsWith("Exif\0\0"u8))
            {
                header = header with { Orientation = Exif.Orientation(body[6..]) };
            }

            at += length;
        }

        return null;
    }

    /// <summary>Whether the end-of-image marker follows the scans. A file that was cut off lacks it.</summary>
    public bool HasEnd(ReadOnlySpan<byte> bytes)
    {
        int at = ScanStart;
        while (Marker(bytes, ref at) is { } marker)
        {
            if (marker == EndOfImage)
            {
                return true;
            }

            if (!IsBare(marker) && at + 2 <= bytes.Length)
            {
                at += Math.Max(2, (int)BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]));
            }
        }

        return false;
    }

    /// <summary>How many scans follow.</summary>
    public int CountScans(ReadOnlySpan<byte> bytes)
    {
        (int scans, int at) = (1, ScanStart);
        while (Marker(bytes, ref at) is { } marker && marker != EndOfImage)
        {
            scans += marker == StartOfScan ? 1 : 0;
            at += IsBare(marker) || at + 2 > bytes.Length ? 0 : Math.Max(2, (int)BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]));
        }

        return scans;
    }

    // Of all components: those with fewer samples than the others have fewer blocks (T.81, A.1.1).
    private static long Blocks(ReadOnlySpan<byte> frame)
    {
        (int height, int width) = (BinaryPrimitives.ReadUInt16BigEndian(frame[1..]), BinaryPrimitives.ReadUInt16BigEndian(frame[3..]));
        ReadOnlySpan<byte> components = frame[6..];
        (int across, int down) = (1, 1);
        for (int i = 1; i < components.Length; i += 3)
        {
            (across, down) = (Math.Max(across, components[i] >> 4), Math.Max(down, components[i] & 15));
        }

        long blocks = 0;
        for (int i = 1; i < components.Length; i += 3)
        {
            blocks += (((long)width * (components[i] >> 4) / across) + 7) / 8 * ((((long)height * (components[i] & 15) / down) + 7) / 8);
        }

        return blocks;
    }

    // The next marker, past whatever stands before it; FF 00 is a value within a scan and FF FF a fill byte.
    private static byte? Marker(ReadOnlySpan<byte> bytes, ref int at)
    {
        while (at < bytes.Length)
        {
            int skip = bytes[at..].IndexOf((byte)0xFF);
            if (skip < 0)
            {
                break;
            }

            at += skip + 1;
            while (at < bytes.Length && bytes[at] == 0xFF)
            {
                at++;
            }

            if (at < bytes.Length && bytes[at++] is not 0 and byte marker)
            {
                return marker;
            }
        }

        at = bytes.Length;
        return null;
    }

    private static bool IsBare(byte marker) => marker is 0x01 or (>= 0xD0 and <= 0xD8);

    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
}

/// <summary>Refuses JPEG files that claim more work or memory than their bytes can stand for, before any is spent.</summary>
internal static class JpegLimits
{
    /// <summary>Programs that write progressive files use about ten scans; each goes over all of the picture.</summary>
    public const int MaxScans = 100;

    /// <exception cref="ImageException">The file is too short for its size, has too many scans, or other than 1, 3 or 4 components.</exception>
    public static void Check(ReadOnlySpan<byte> bytes, JpegHeader header, string name)
    {
        if (header.Components is not (1 or 3 or 4))
        {
            throw new ImageException(name, $"has {header.Components} components; JPEG pictures with 1 (gray), 3 (color) or 4 (CMYK) can be read.");
        }

        if (8L * (bytes.Length - header.ScanStart) < header.LeastBits)
        {
            throw new ImageException(name,
                $"is cut off: {bytes.Length} bytes cannot hold its {header.Width}×{header.Height} pixels. Copy or download it again.");
        }

        if (!header.IsOneScan && header.CountScans(bytes) is > MaxScans and int scans)
        {
            throw new ImageException(name, $"has {scans} scans, more than the {MaxScans} that are read. Save it again with another program.");
        }
    }
}

/// <summary>The one value of EXIF that is needed here (CIPA DC-008, 4.6.4): which way up the picture is.</summary>
internal static class Exif
{
    private const ushort OrientationTag = 0x0112;

    /// <param name="tiff">The TIFF structure that EXIF is.</param>
    /// <returns>1 … 8; 1 (as stored) also where there is none or it makes no sense.</returns>
    public static int Orientation(ReadOnlySpan<byte> tiff)
    {
        bool little = tiff.StartsWith("II*\0"u8);
        if (tiff.Length < 8 || (!little && !tiff.StartsWith("MM\0*"u8)))
        {
            return 1;
        }

        long directory = little ? BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]) : BinaryPrimitives.ReadUInt32BigEndian(tiff[4..]);
        if (directory + 2 > tiff.Length)
        {
            return 1;
        }

        int entries = Short(tiff, (int)directory);
        for (int i = 0; i < entries; i++)
        {
            long entry = directory + 2 + 12L * i; // tag, type, count, value
            if (entry + 12 > tiff.Length)
            {
                return 1;
            }

            if (Short(tiff, (int)entry) == OrientationTag)
            {
                return Short(tiff, (int)entry + 8) is >= 1 and <= 8 and ushort orientation ? orientation : 1;
            }
        }

        return 1;

        ushort Short(ReadOnlySpan<byte> from, int at) =>
            little ? BinaryPrimitives.ReadUInt16LittleEndian(from[at..]) : BinaryPrimitives.ReadUInt16BigEndian(from[at..]);
    }
}
