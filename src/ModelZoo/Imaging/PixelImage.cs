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
