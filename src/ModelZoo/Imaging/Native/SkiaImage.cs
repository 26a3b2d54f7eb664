using System.Runtime.InteropServices;
using SkiaSharp;

namespace ModelZoo.Imaging.Native;

/// <summary>
/// Decoding by SkiaSharp, on Windows and macOS. Its libraries are libjpeg-turbo and libpng too; pixels are asked for without premultiplied alpha, which is then
/// dropped.
/// </summary>
internal static class SkiaImage
{
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
            throw new ZooException("Pictures need SkiaSharp's native library (libSkiaSharp), which is not beside the program. Restore the NuGet packages and "
                + "build again.", e);
        }
    }
}

/// <summary>JPEG by SkiaSharp.</summary>
internal static class JpegCodec
{
    /// <summary>Skia does not say how much is missing: a file without its end mark counts as cut off.</summary>
    public static bool NeedsEndMark => true;

    public static PixelImage Decode(ReadOnlySpan<byte> bytes, JpegHeader header, string name) =>
        SkiaImage.Decode(bytes, header.Width, header.Height, header.Components == 1, name);
}

/// <summary>PNG by SkiaSharp.</summary>
internal static class PngCodec
{
    public static PixelImage Decode(ReadOnlySpan<byte> bytes, ImageInfo info, string name) =>
        SkiaImage.Decode(bytes, info.Width, info.Height, PngHeader.IsGray(bytes), name);
}
