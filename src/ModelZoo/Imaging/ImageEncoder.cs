using System.Runtime.InteropServices;
using SkiaSharp;

namespace ModelZoo.Imaging;

/// <summary>Encodes pictures, by SkiaSharp.</summary>
public static class ImageEncoder
{
    /// <summary>As PNG: every pixel stays what it is.</summary>
    /// <exception cref="ZooException">SkiaSharp's native library is missing.</exception>
    public static byte[] Png(PixelImage picture) => Encode(picture, SKEncodedImageFormat.Png, 100);

    /// <summary>As JPEG.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="quality">1 … 100.</param>
    /// <exception cref="ZooException">SkiaSharp's native library is missing.</exception>
    public static byte[] Jpeg(PixelImage picture, int quality = 85)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(quality, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(quality, 100);
        return Encode(picture, SKEncodedImageFormat.Jpeg, quality);
    }

    private static byte[] Encode(PixelImage picture, SKEncodedImageFormat format, int quality)
    {
        ArgumentNullException.ThrowIfNull(picture);
        byte[] rgba = GC.AllocateUninitializedArray<byte>(checked(4 * picture.Width * picture.Height));
        for (int from = 0, to = 0; from < picture.Rgb.Length; from += 3, to += 4)
        {
            (rgba[to], rgba[to + 1], rgba[to + 2], rgba[to + 3]) = (picture.Rgb[from], picture.Rgb[from + 1], picture.Rgb[from + 2], byte.MaxValue);
        }

        GCHandle pinned = GCHandle.Alloc(rgba, GCHandleType.Pinned);
        try
        {
            using var pixels = new SKPixmap(new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque),
                pinned.AddrOfPinnedObject());
            using SKData data = pixels.Encode(format, quality) ?? throw new ZooException($"A picture of {picture.Width}×{picture.Height} pixels cannot be "
                + $"encoded as {format}.");
            return data.ToArray();
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException)
        {
            throw new ZooException("Writing pictures needs SkiaSharp's native library (libSkiaSharp), which is not beside the program. Restore the NuGet "
                + "packages and build again.", e);
        }
        finally
        {
            pinned.Free();
        }
    }
}
