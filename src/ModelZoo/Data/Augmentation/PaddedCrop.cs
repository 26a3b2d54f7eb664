using ModelZoo.Imaging;

namespace ModelZoo.Data.Augmentation;

/// <summary>What comes in at the edges of a moved picture.</summary>
public enum PaddingMode
{
    /// <summary>Black.</summary>
    Zero,

    /// <summary>The picture mirrored at its border pixels, which are not repeated.</summary>
    Reflect,
}

/// <summary>
/// A picture padded on all sides, and a part of its first size cut out of that: the augmentation of CIFAR-10 since C.-Y. Lee et al., "Deeply-Supervised Nets", 2015
/// (four pixels; He et al. 2016, section 4.2), torchvision's <c>RandomCrop(size, padding)</c>.
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
        if (padding < 0 || left < 0 || top < 0 || left > 2 * padding || top > 2 * padding || (mode == PaddingMode.Reflect && padding >= Math.Min(image.Width, image.Height)))
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
