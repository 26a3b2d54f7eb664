namespace ModelZoo.Imaging.Native;

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
