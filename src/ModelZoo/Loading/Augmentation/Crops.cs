using System.Runtime.InteropServices;
using ModelZoo.Imaging;

namespace ModelZoo.Loading.Augmentation;

/// <summary>What comes in at the edges of a moved picture.</summary>
public enum PaddingMode
{
    /// <summary>Black.</summary>
    Zero,

    /// <summary>The picture mirrored at its border pixels, which are not repeated.</summary>
    Reflect,
}

/// <summary>
/// A picture padded on all sides, and a part of its first size cut out of that: the augmentation of CIFAR-10 since C.-Y. Lee et al., "Deeply-Supervised Nets",
/// 2015 (four pixels; He et al. 2016, section 4.2), torchvision's <c>RandomCrop(size, padding)</c>.
/// </summary>
public static class PaddedCrop
{
    /// <summary>Cuts the part that begins at (<paramref name="left"/>, <paramref name="top"/>) of the padded picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="padding">Pixels on every side.</param>
    /// <param name="left">0 … 2·padding; equal to the padding, nothing moves.</param>
    /// <param name="top">0 … 2·padding.</param>
    /// <param name="mode">What the padding is filled with.</param>
    /// <exception cref="ArgumentException">The place is not within the padded picture, or the picture is too small to be mirrored so far.</exception>
    public static PixelImage Apply(PixelImage image, int padding, int left, int top, PaddingMode mode = PaddingMode.Zero)
    {
        ArgumentNullException.ThrowIfNull(image);
        if (padding < 0 || left < 0 || top < 0 || left > 2 * padding || top > 2 * padding
            || (mode == PaddingMode.Reflect && padding >= Math.Min(image.Width, image.Height)))
        {
            throw new ArgumentException($"A part at ({left}, {top}) of {image.Width}×{image.Height} pixels padded by {padding} ({mode}) is impossible.");
        }

        var result = new byte[image.Rgb.Length];
        for (int y = 0; y < image.Height; y++)
        {
            int row = Source(y + top - padding, image.Height, mode);
            if (row >= 0)
            {
                CopyRow(image.Rgb.AsSpan(3 * row * image.Width, 3 * image.Width), result.AsSpan(3 * y * image.Width, 3 * image.Width), left - padding, mode);
            }
        }

        return new PixelImage(image.Width, image.Height, result, image.IsGray);
    }

    private static void CopyRow(ReadOnlySpan<byte> from, Span<byte> to, int shift, PaddingMode mode)
    {
        int width = from.Length / 3;
        int first = Math.Clamp(-shift, 0, width), end = Math.Clamp(width - shift, first, width); // columns of the result that lie within the picture
        if (end > first)
        {
            from.Slice(3 * (first + shift), 3 * (end - first)).CopyTo(to[(3 * first)..]);
        }

        if (mode == PaddingMode.Zero)
        {
            return;
        }

        for (int x = 0; x < width; x++)
        {
            if (x < first || x >= end)
            {
                from.Slice(3 * Source(x + shift, width, mode), 3).CopyTo(to[(3 * x)..]);
            }
        }
    }

    /// <summary>
    /// The row or column of the picture that lies at <paramref name="at"/> of the padded one, both counted from the picture's first; −1: none, black.
    /// </summary>
    internal static int Source(int at, int length, PaddingMode mode) =>
        at >= 0 && at < length ? at : mode == PaddingMode.Zero ? -1 : at < 0 ? -at : 2 * (length - 1) - at;
}

/// <summary>
/// A part of random area and aspect ratio, which is then resized to the input: C. Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, section 6, with
/// torchvision's definition.
/// </summary>
public static class RandomResizedCrop
{
    private const int Attempts = 10;

    /// <summary>Draws the part.</summary>
    /// <param name="width">Columns of the picture.</param>
    /// <param name="height">Rows of the picture.</param>
    /// <param name="minScale">The least share of the picture's area, above 0, up to 1; the largest share is 1, and each between is equally likely.</param>
    /// <param name="maxRatio">The largest width per height, at least 1; the least is its inverse, and the logarithm is drawn evenly.</param>
    /// <param name="random">Where the draws come from.</param>
    /// <returns>A part in whole pixels. Where ten draws do not fit into the picture, its middle, as large as the ratios allow.</returns>
    public static (int Left, int Top, int Width, int Height) Draw(int width, int height, double minScale, double maxRatio, SeededRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentNullException.ThrowIfNull(random);
        double area = (double)width * height, logRatio = Math.Log(maxRatio);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double target = area * (minScale + (1 - minScale) * random.NextDouble());
            double ratio = Math.Exp(logRatio * (2 * random.NextDouble() - 1));
            int w = (int)Math.Round(Math.Sqrt(target * ratio)), h = (int)Math.Round(Math.Sqrt(target / ratio));
            if (w > 0 && h > 0 && w <= width && h <= height)
            {
                int top = random.Next(height - h + 1);
                return (random.Next(width - w + 1), top, w, h);
            }
        }

        double own = (double)width / height;
        int columns = own > maxRatio ? Math.Max(1, (int)Math.Round(height * maxRatio)) : width;
        int rows = own < 1 / maxRatio ? Math.Max(1, (int)Math.Round(width * maxRatio)) : height;
        return ((width - columns) / 2, (height - rows) / 2, columns, rows);
    }
}

/// <summary>Mirrored pictures.</summary>
public static class Flip
{
    /// <summary>Left and right exchanged.</summary>
    public static PixelImage Horizontal(PixelImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        byte[] flipped = GC.AllocateUninitializedArray<byte>(image.Rgb.Length);
        ReadOnlySpan<Rgb> from = MemoryMarshal.Cast<byte, Rgb>(image.Rgb);
        Span<Rgb> to = MemoryMarshal.Cast<byte, Rgb>(flipped.AsSpan());
        for (int y = 0; y < image.Height; y++)
        {
            Span<Rgb> row = to.Slice(y * image.Width, image.Width);
            from.Slice(y * image.Width, image.Width).CopyTo(row);
            row.Reverse();
        }

        return new PixelImage(image.Width, image.Height, flipped, image.IsGray);
    }

    /// <summary>Top and bottom exchanged.</summary>
    public static PixelImage Vertical(PixelImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        int stride = 3 * image.Width;
        byte[] flipped = GC.AllocateUninitializedArray<byte>(image.Rgb.Length);
        for (int y = 0; y < image.Height; y++)
        {
            image.Rgb.AsSpan(y * stride, stride).CopyTo(flipped.AsSpan((image.Height - 1 - y) * stride));
        }

        return new PixelImage(image.Width, image.Height, flipped, image.IsGray);
    }

    private readonly record struct Rgb(byte R, byte G, byte B);
}
