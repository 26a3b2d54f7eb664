using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ModelZoo.Imaging;

/// <summary>
/// From a picture of any size to a model's input, before mean and standard deviation: what torchvision's <c>weights.transforms()</c> does with a Pillow image.
/// </summary>
public static class ImageTransform
{
    private static readonly float[] Fractions = [.. Enumerable.Range(0, 256).Select(b => b / 255f)];

    /// <summary>
    /// Fits a picture: <see cref="Fit.Crop"/> resizes its shorter side to <see cref="Preprocessing.ShorterSide"/> and cuts the middle out (with zeros around
    /// where that is larger), <see cref="Fit.Resize"/> resizes it to the input less the border, <see cref="Fit.Pad"/> puts it into the middle of zeros.
    /// For one channel the picture becomes gray first (luma of ITU-R BT.601, as Pillow's mode L).
    /// </summary>
    /// <param name="image">The picture.</param>
    /// <param name="preprocessing">The model's; 1 or 3 channels.</param>
    /// <param name="destination">[C,H,W], values in [0,1].</param>
    /// <exception cref="ZooException">The model takes another number of channels, or may only pad and the picture is larger.</exception>
    public static void Apply(PixelImage image, Preprocessing preprocessing, Span<float> destination) =>
        Apply(image, preprocessing, destination, static (_, _) => Fractions);

    /// <summary>The same, then (x − mean) / std per channel: the tensor that enters the model.</summary>
    /// <inheritdoc cref="Apply(PixelImage, Preprocessing, Span{float})" path="/param|/exception"/>
    public static void ApplyNormalized(PixelImage image, Preprocessing preprocessing, Span<float> destination) =>
        Apply(image, preprocessing, destination, static (p, channel) => [.. Fractions.Select(f => (f - p.Mean[channel]) / p.Std[channel])]);

    /// <summary>The size that torchvision's <c>Resize(shorterSide)</c> gives: the longer side keeps the aspect ratio, rounded down.</summary>
    public static (int Width, int Height) ShorterSideTo(int shorterSide, int width, int height) => width <= height
        ? (shorterSide, (int)Math.Min((long)shorterSide * height / width, int.MaxValue))
        : ((int)Math.Min((long)shorterSide * width / height, int.MaxValue), shorterSide);

    // values: for a channel, what each of the 256 bytes becomes.
    private static void Apply(PixelImage image, Preprocessing preprocessing, Span<float> destination, Func<Preprocessing, int, float[]> values)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(preprocessing);
        (int channels, int height, int width) = (preprocessing.Channels, preprocessing.Height, preprocessing.Width);
        if (channels is not (1 or 3))
        {
            throw new ZooException($"The model takes {channels} channels; pictures give 1 (gray) or 3 (color). Give it arrays instead.");
        }

        if (destination.Length != (long)channels * height * width)
        {
            throw new ArgumentException($"An input of {channels}×{height}×{width} needs {(long)channels * height * width} values, not {destination.Length}.",
                nameof(destination));
        }

        float[][] tables = [.. Enumerable.Range(0, channels).Select(c => values(preprocessing, c))];
        if (channels == 3)
        {
            Fitted(PixelView.Of(image), preprocessing, tables, destination);
            return;
        }

        byte[] gray = ArrayPool<byte>.Shared.Rent(image.Width * image.Height);
        Luma(image.Rgb, gray.AsSpan(0, image.Width * image.Height));
        Fitted(new PixelView(gray.AsSpan(0, image.Width * image.Height), image.Width, image.Width, image.Height, 1), preprocessing, tables, destination);
        ArrayPool<byte>.Shared.Return(gray);
    }

    private static void Fitted(PixelView image, Preprocessing p, float[][] tables, Span<float> destination)
    {
        (int width, int height) = p.Fit switch
        {
            Fit.Crop => ShorterSideTo(p.ShorterSide, image.Width, image.Height),
            Fit.Pad => (image.Width, image.Height),
            _ => (p.Width - (2 * p.Border), p.Height - (2 * p.Border)),
        };
        if (p.Fit == Fit.Pad && (width > p.Width || height > p.Height))
        {
            throw new ZooException($"A picture of {width}×{height} pixels cannot be padded to {p.Width}×{p.Height}. Resize it to at most that size first.");
        }

        // What is cut off is not computed; what lacks is zero. torchvision rounds a half to the even offset when it cuts, and down when it pads.
        (int left, int columns, int column) = Middle(width, p.Width);
        (int top, int rows, int row) = Middle(height, p.Height);
        int length = rows * columns * image.Channels;
        byte[] rented = ArrayPool<byte>.Shared.Rent(length);
        Resampling.Resize(image, width, height, p.Interpolation, null, (left, top, columns, rows), rented.AsSpan(0, length));
        int plane = p.Width * p.Height;
        for (int c = 0; c < image.Channels; c++)
        {
            Span<float> channel = destination.Slice(c * plane, plane);
            if (columns < p.Width || rows < p.Height)
            {
                channel.Fill(tables[c][0]);
            }

            Spread(rented.AsSpan(c, length - c), columns, rows, image.Channels, tables[c], channel[((row * p.Width) + column)..], p.Width);
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    private static (int Offset, int Count, int Position) Middle(int have, int want) =>
        have >= want ? ((int)Math.Round((have - want) / 2.0), want, 0) : (0, have, (want - have) / 2);

    // One channel of [H,W,C] bytes to a plane.
    private static void Spread(ReadOnlySpan<byte> pixels, int width, int height, int channels, float[] table, Span<float> plane, int stride)
    {
        ref float values = ref MemoryMarshal.GetArrayDataReference(table); // 256 of them: a byte is always within
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<byte> from = pixels[(y * width * channels)..];
            Span<float> to = plane.Slice(y * stride, width);
            for (int x = 0, i = 0; x < to.Length; x++, i += channels)
            {
                to[x] = Unsafe.Add(ref values, from[i]);
            }
        }
    }

    // Pillow's weights of ITU-R BT.601 in 16-bit fixed point.
    private static void Luma(ReadOnlySpan<byte> rgb, Span<byte> gray)
    {
        for (int i = 0, from = 0; i < gray.Length; i++, from += 3)
        {
            gray[i] = (byte)(((rgb[from] * 19595) + (rgb[from + 1] * 38470) + (rgb[from + 2] * 7471) + 0x8000) >> 16);
        }
    }
}
