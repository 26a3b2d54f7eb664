namespace ModelZoo.Imaging;

/// <summary>Turns pictures the way EXIF's orientation says.</summary>
internal static class Orientation
{
    /// <param name="image">As stored.</param>
    /// <param name="orientation">1 … 8: where the first stored row and column belong (CIPA DC-008, table 5).</param>
    /// <returns>As it should be looked at; the same object for 1.</returns>
    public static PixelImage Apply(PixelImage image, int orientation)
    {
        if (orientation is < 2 or > 8)
        {
            return image;
        }

        (int width, int height) = (image.Width, image.Height);
        bool swapped = orientation >= 5;
        (int columns, int rows) = swapped ? (height, width) : (width, height);
        bool right = orientation is 2 or 3 or 7 or 8, down = orientation is 3 or 4 or 6 or 7; // which stored axis runs backwards: along columns, along rows
        byte[] turned = GC.AllocateUninitializedArray<byte>(image.Rgb.Length);
        for (int y = 0, to = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x++, to += 3)
            {
                (int column, int row) = swapped ? (y, x) : (x, y);
                int from = (((down ? height - 1 - row : row) * width) + (right ? width - 1 - column : column)) * 3;
                (turned[to], turned[to + 1], turned[to + 2]) = (image.Rgb[from], image.Rgb[from + 1], image.Rgb[from + 2]);
            }
        }

        return new PixelImage(columns, rows, turned, image.IsGray);
    }
}
