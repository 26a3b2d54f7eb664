using System.Runtime.InteropServices;
using ModelZoo.Imaging;

namespace ModelZoo.Data.Augmentation;

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
