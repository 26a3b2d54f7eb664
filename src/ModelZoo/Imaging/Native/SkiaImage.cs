using System.Runtime.InteropServices;
using SkiaSharp;

namespace ModelZoo.Imaging.Native;

/// <summary>
/// Decoding by SkiaSharp: WebP, BMP and GIF, and on Windows and macOS JPEG and PNG too. Pixels are asked for without premultiplied alpha, which is then
/// dropped.
/// </summary>
internal static class SkiaImage
{
    /// <summary>Reads the size and the orientation.</summary>
    public static ImageInfo ReadInfo(ReadOnlySpan<byte> bytes, ImageFormat format, string name)
    {
        try
        {
            using SKData data = SKData.CreateCopy(bytes);
            using SKCodec codec = SKCodec.Create(data) ?? throw new ImageException(name, "is damaged or cut off: its header cannot be read.");
            return new ImageInfo(format, codec.Info.Width, codec.Info.Height, 3, 8, (int)codec.EncodedOrigin);
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException)
        {
            throw Missing(e);
        }
    }

    /// <summary>Decodes one picture whose header was read and whose size was found acceptable.</summary>
    public static PixelImage Decode(ReadOnlySpan<byte> bytes, int width, int height, bool isGray, string name)
    {
        try
        {
            using SKData data = SKData.CreateCopy(bytes);
            using SKCodec codec = SKCodec.Create(data) ?? throw new ImageException(name, "is damaged: its header cannot be read.");
            if (codec.Info.Width != width || codec.Info.Height != height)
            {
                throw new ImageException(name, "is damaged: it has two headers with different sizes.");
            }

            // no color space: the stored values, as Pillow gives them
            var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul, colorspace: null);
            byte[] rgba = GC.AllocateUninitializedArray<byte>(checked(4 * width * height));
            GCHandle pinned = GCHandle.Alloc(rgba, GCHandleType.Pinned);
            SKCodecResult result;
            try
            {
                result = codec.GetPixels(info, pinned.AddrOfPinnedObject());
            }
            finally
            {
                pinned.Free();
            }

            if (result != SKCodecResult.Success)
            {
                throw new ImageException(name, result == SKCodecResult.IncompleteInput ? "is cut off. Copy or download it again." : $"is damaged ({result}).");
            }

            byte[] rgb = GC.AllocateUninitializedArray<byte>(3 * width * height);
            for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
            {
                (rgb[to], rgb[to + 1], rgb[to + 2]) = (rgba[from], rgba[from + 1], rgba[from + 2]);
            }

            return new PixelImage(width, height, rgb, isGray);
        }
        catch (Exception e) when (e is DllNotFoundException or TypeInitializationException)
        {
            throw Missing(e);
        }
    }

    private static ZooException Missing(Exception e) => new("Pictures need SkiaSharp's native library (libSkiaSharp), which is not beside the program. Restore "
        + "the NuGet packages and build again.", e);
}
