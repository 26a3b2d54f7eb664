using System.Buffers.Binary;

namespace ModelZoo.Imaging;

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

        ushort Short(ReadOnlySpan<byte> from, int at) => little ? BinaryPrimitives.ReadUInt16LittleEndian(from[at..]) : BinaryPrimitives.ReadUInt16BigEndian(from[at..]);
    }
}
