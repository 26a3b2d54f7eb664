namespace ModelZoo.Imaging;

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
