namespace ModelZoo.Imaging;

/// <summary>What the first bytes of a picture's file say.</summary>
/// <param name="Format">How it is stored.</param>
/// <param name="Width">Columns, as stored: before any rotation that <paramref name="Orientation"/> asks for.</param>
/// <param name="Height">Rows, as stored.</param>
/// <param name="Channels">Stored channels: 1 gray or palette, 2 gray with alpha, 3 colour, 4 colour with alpha or CMYK.</param>
/// <param name="BitDepth">Bits of one stored value.</param>
/// <param name="Orientation">EXIF's orientation, 1 … 8; 1 where the file has none: as stored.</param>
public sealed record ImageInfo(ImageFormat Format, int Width, int Height, int Channels, int BitDepth, int Orientation);

/// <summary>How a picture is stored.</summary>
public enum ImageFormat
{
    /// <summary>JPEG: baseline or progressive; gray, YCbCr, RGB, CMYK or YCCK.</summary>
    Jpeg,

    /// <summary>PNG of any kind.</summary>
    Png,
}
