namespace ModelZoo.Imaging;

/// <summary>The first frame of a GIF file (CompuServe, "Graphics Interchange Format, version 89a", 1990).</summary>
internal static class GifFrame
{
    /// <summary>
    /// A copy of the file whose first frame has no transparent color: those pixels then have their color of the palette, as Pillow's convert("RGB") gives them,
    /// and are not black.
    /// </summary>
    public static byte[] Opaque(ReadOnlySpan<byte> bytes)
    {
        const byte Extension = 0x21, GraphicControl = 0xF9;
        byte[] copy = bytes.ToArray();
        int at = 13 + ColorTable(copy, 10); // signature, screen, global color table
        while (at + 4 < copy.Length && copy[at] == Extension)
        {
            if (copy[at + 1] == GraphicControl)
            {
                copy[at + 3] &= 0xFE;
            }

            at += 2;
            while (at < copy.Length && copy[at] != 0)
            {
                at += 1 + copy[at]; // a block: its length, then its bytes
            }

            at++;
        }

        return copy;
    }

    // The length of the color table that a packed byte announces.
    private static int ColorTable(byte[] bytes, int packed) =>
        packed < bytes.Length && (bytes[packed] & 0x80) != 0 ? 3 << ((bytes[packed] & 7) + 1) : 0;
}
