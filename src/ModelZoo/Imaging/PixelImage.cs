namespace ModelZoo.Imaging;

/// <summary>A decoded picture: 8-bit RGB, interleaved [H,W,3], row by row without padding. Immutable by agreement: threads may share one.</summary>
public sealed class PixelImage
{
    /// <summary>Wraps pixels that are there already; they are not copied.</summary>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="rgb">[H,W,3].</param>
    /// <param name="isGray">Whether the three channels are known to be equal everywhere.</param>
    /// <exception cref="ArgumentException">A size is not positive, or the array has another length.</exception>
    public PixelImage(int width, int height, byte[] rgb, bool isGray = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentNullException.ThrowIfNull(rgb);
        if (rgb.LongLength != 3L * width * height)
        {
            throw new ArgumentException($"{width}×{height} pixels are {3L * width * height} bytes, not {rgb.LongLength}.", nameof(rgb));
        }

        (Width, Height, Rgb, IsGray) = (width, height, rgb, isGray);
    }

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>[H,W,3].</summary>
    public byte[] Rgb { get; }

    /// <summary>Whether the file was gray: the three channels are equal everywhere.</summary>
    public bool IsGray { get; }

    /// <summary>A copy of a part.</summary>
    /// <param name="left">First column.</param>
    /// <param name="top">First row.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <exception cref="ArgumentException">The part is empty or not within the picture.</exception>
    public PixelImage Crop(int left, int top, int width, int height)
    {
        if (left < 0 || top < 0 || width < 1 || height < 1 || (long)left + width > Width || (long)top + height > Height)
        {
            throw new ArgumentException($"{width}×{height} at ({left}, {top}) is not within {Width}×{Height}.");
        }

        byte[] part = GC.AllocateUninitializedArray<byte>(3 * width * height);
        for (int y = 0; y < height; y++)
        {
            Rgb.AsSpan((((top + y) * Width) + left) * 3, width * 3).CopyTo(part.AsSpan(y * width * 3));
        }

        return new PixelImage(width, height, part, IsGray);
    }
}

/// <summary>A rectangle of interleaved bytes within a larger picture.</summary>
/// <param name="bytes">From the first value of the first row on.</param>
/// <param name="stride">Bytes from a row to the next.</param>
/// <param name="width">Columns.</param>
/// <param name="height">Rows.</param>
/// <param name="channels">Values of one pixel.</param>
internal readonly ref struct PixelView(ReadOnlySpan<byte> bytes, int stride, int width, int height, int channels)
{
    public readonly ReadOnlySpan<byte> Bytes = bytes;
    public readonly int Stride = stride;
    public readonly int Width = width;
    public readonly int Height = height;
    public readonly int Channels = channels;

    public static PixelView Of(PixelImage image) => new(image.Rgb, 3 * image.Width, image.Width, image.Height, 3);

    /// <summary>The values of one row.</summary>
    public ReadOnlySpan<byte> Row(int y) => Bytes.Slice(y * Stride, Width * Channels);

    public PixelView Part(int left, int top, int width, int height) =>
        left < 0 || top < 0 || width < 1 || height < 1 || (long)left + width > Width || (long)top + height > Height
            ? throw new ArgumentException($"{width}×{height} at ({left}, {top}) is not within {Width}×{Height}.")
            : new(Bytes[((top * Stride) + (left * Channels))..], Stride, width, height, Channels);
}

/// <summary>A part of a picture, in pixels; the corner of the first pixel is (0, 0).</summary>
/// <param name="Left">First column.</param>
/// <param name="Top">First row.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct Rectangle(float Left, float Top, float Width, float Height);

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
