namespace ModelZoo.Imaging;

/// <summary>CMYK to RGB as Pillow does it.</summary>
internal static class Cmyk
{
    /// <param name="stored">C, M, Y, K as Adobe's programs store them in JPEG files: 255 is no ink. Pillow takes every CMYK file for such a one.</param>
    /// <param name="rgb">R, G, B.</param>
    public static void ToRgb(ReadOnlySpan<byte> stored, Span<byte> rgb)
    {
        for (int from = 0, to = 0; from + 3 < stored.Length; from += 4, to += 3)
        {
            int light = stored[from + 3];
            for (int c = 0; c < 3; c++)
            {
                rgb[to + c] = (byte)(light - Scaled(255 - stored[from + c], light));
            }
        }
    }

    // a·b / 255, rounded.
    private static int Scaled(int a, int b)
    {
        int product = a * b + 128;
        return ((product >> 8) + product) >> 8;
    }
}
