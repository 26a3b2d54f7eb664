namespace ModelZoo.Imaging;

/// <summary>
/// The one path from a picture to a model's input, for training, measuring and prediction: decoded and turned upright (<see cref="ImageDecoder"/>), made gray
/// where the model takes one channel, fitted as <see cref="Preprocessing"/> says, normalized. What it computes has the bits of Pillow and torchvision's
/// <c>weights.transforms()</c>. Threads may share one.
/// </summary>
public sealed class ImagePipeline
{
    private readonly float[][] tables;

    /// <param name="preprocessing">The model's, of one channel or three.</param>
    /// <param name="decoding">Limits of pictures that are read from files; null: the usual.</param>
    /// <exception cref="ZooException">The preprocessing is impossible, or its channels are neither one nor three.</exception>
    public ImagePipeline(Preprocessing preprocessing, DecodeOptions? decoding = null)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        if (preprocessing.Channels is not (1 or 3))
        {
            throw new ZooException($"The model takes {preprocessing.Channels} channels; pictures give 1 (gray) or 3 (color). Give it arrays instead.");
        }

        preprocessing.Check();
        (Preprocessing, Decoding) = (preprocessing, decoding ?? new());
        tables = [.. Enumerable.Range(0, preprocessing.Channels).Select(c => Table(c, 0))];
    }

    /// <summary>What is done to a picture.</summary>
    public Preprocessing Preprocessing { get; }

    /// <summary>How files are decoded.</summary>
    public DecodeOptions Decoding { get; }

    /// <summary>Values of one input: C·H·W.</summary>
    public int Length => checked(Preprocessing.Channels * Preprocessing.Height * Preprocessing.Width);

    /// <summary>The picture in a file as the model's input. No more decoded pictures are in memory at a time than <see cref="DecodeMemory"/> allows.</summary>
    /// <param name="path">The file.</param>
    /// <param name="destination">[C,H,W].</param>
    /// <exception cref="ImageException">The file is no picture that can be decoded.</exception>
    /// <exception cref="ZooException">The file cannot be read.</exception>
    public void Apply(string path, Span<float> destination) => Normalize(ImageDecoder.Decode(path, Decoding, Fit), destination);

    /// <summary>A decoded picture as the model's input.</summary>
    /// <param name="picture">Of any size.</param>
    /// <param name="destination">[C,H,W].</param>
    public void Apply(PixelImage picture, Span<float> destination) => Normalize(Fit(picture), destination);

    /// <summary>
    /// The picture as Height×Width bytes, all three channels gray where the model takes one: <see cref="Imaging.Fit.Crop"/> resizes it to
    /// <see cref="Preprocessing.SizeBeforeCrop"/> and cuts the middle out (with zeros around where that is larger), <see cref="Imaging.Fit.Resize"/> resizes it
    /// to the input less the border, <see cref="Imaging.Fit.Pad"/> puts it into the middle of zeros, resized first where it is larger.
    /// </summary>
    public PixelImage Fit(PixelImage picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        Preprocessing p = Preprocessing;
        picture = Colored(picture);
        (int width, int height) = Resized(p, picture.Width, picture.Height);

        // What is cut off is not computed.
        (int left, int columns, int column) = Middle(width, p.Width);
        (int top, int rows, int row) = Middle(height, p.Height);
        bool asItIs = (width, height, columns, rows) == (picture.Width, picture.Height, picture.Width, picture.Height);
        PixelImage part = asItIs ? picture : Resampling.Resize(picture, width, height, p.Interpolation, window: new Rectangle(left, top, columns, rows));
        return columns == p.Width && rows == p.Height ? part : Within(part, p.Width, p.Height, column, row);
    }

    /// <summary>Where a picture comes to lie in the input: what <see cref="Fit"/> does to places.</summary>
    /// <param name="preprocessing">The model's.</param>
    /// <param name="width">Columns of the picture.</param>
    /// <param name="height">Rows of the picture.</param>
    public static Placement Place(Preprocessing preprocessing, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        (int columns, int rows) = Resized(preprocessing, width, height);
        (int left, _, int column) = Middle(columns, preprocessing.Width);
        (int top, _, int row) = Middle(rows, preprocessing.Height);
        return new((double)columns / width, column - left, (double)rows / height, row - top);
    }

    /// <summary>(byte / 255 − mean) / std in single precision, each step rounded: the bits of torchvision's ToTensor and Normalize.</summary>
    /// <param name="fitted">Of the input's size.</param>
    /// <param name="destination">[C,H,W], or [H,W,C] with channels last.</param>
    /// <param name="channelsLast">Whether the channels of a pixel lie side by side.</param>
    /// <param name="light">Added to the pixels' red, green and blue in [0,1], if anything.</param>
    public void Normalize(PixelImage fitted, Span<float> destination, bool channelsLast = false, (float Red, float Green, float Blue)? light = null)
    {
        ArgumentNullException.ThrowIfNull(fitted);
        (int channels, int plane) = (tables.Length, fitted.Width * fitted.Height);
        if ((fitted.Height, fitted.Width) != (Preprocessing.Height, Preprocessing.Width) || destination.Length != channels * plane)
        {
            throw new ArgumentException($"An input of {channels}×{Preprocessing.Height}×{Preprocessing.Width} needs {Length} values and a picture of its size, "
                + $"not {destination.Length} and {fitted.Height}×{fitted.Width}.", nameof(destination));
        }

        for (int c = 0; c < channels; c++)
        {
            float[] table = light is { } add ? Table(c, c switch { 0 => add.Red, 1 => add.Green, _ => add.Blue }) : tables[c];
            ReadOnlySpan<byte> from = fitted.Rgb.AsSpan(c);
            int step = channelsLast ? channels : 1;
            Span<float> to = destination[(channelsLast ? c : c * plane)..];
            for (int i = 0, at = 0; i < plane; i++, at += step)
            {
                to[at] = table[from[3 * i]];
            }
        }
    }

    /// <summary>The picture before the crop of <see cref="Imaging.Fit.Crop"/>.</summary>
    internal PixelImage Uncropped(PixelImage picture)
    {
        (int width, int height) = Preprocessing.SizeBeforeCrop(picture.Width, picture.Height);
        return Resampling.Resize(Colored(picture), width, height, Preprocessing.Interpolation);
    }

    /// <summary>A part of the picture, resized to the input.</summary>
    internal PixelImage Resized(PixelImage picture, (int Left, int Top, int Width, int Height) part) => Resampling.Resize(Colored(picture), Preprocessing.Width,
        Preprocessing.Height, Preprocessing.Interpolation, crop: new Rectangle(part.Left, part.Top, part.Width, part.Height));

    // The whole picture's size, before what is too much is cut off and what lacks is filled up.
    private static (int Width, int Height) Resized(Preprocessing p, int width, int height) => p.Fit switch
    {
        Imaging.Fit.Crop => p.SizeBeforeCrop(width, height),
        Imaging.Fit.Pad when width <= p.Width && height <= p.Height => (width, height),
        Imaging.Fit.Pad => (p.Width, p.Height),
        _ => (p.Width - (2 * p.Border), p.Height - (2 * p.Border)),
    };

    // What lacks is zero. torchvision rounds a half to the even offset when it cuts, and down when it pads.
    private static (int Offset, int Count, int Position) Middle(int have, int want) =>
        have >= want ? ((int)Math.Round((have - want) / 2.0), want, 0) : (0, have, (want - have) / 2);

    private static PixelImage Within(PixelImage part, int width, int height, int left, int top)
    {
        var rgb = new byte[3 * width * height];
        for (int y = 0; y < part.Height; y++)
        {
            part.Rgb.AsSpan(3 * y * part.Width, 3 * part.Width).CopyTo(rgb.AsSpan(3 * (((y + top) * width) + left)));
        }

        return new PixelImage(width, height, rgb, part.IsGray);
    }

    private PixelImage Colored(PixelImage picture) => Preprocessing.Channels == 1 ? Luma.Gray(picture) : picture;

    private float[] Table(int channel, float light)
    {
        (float mean, float std) = (Preprocessing.Mean[channel], Preprocessing.Std[channel]);
        var table = new float[256];
        for (int b = 0; b < table.Length; b++)
        {
            table[b] = (b / 255f + light - mean) / std;
        }

        return table;
    }
}

/// <summary>
/// Where a picture lies in a model's input. The point (x, y) of the picture, in pixels from its upper left corner, is the input's (ScaleX·x + ShiftX,
/// ScaleY·y + ShiftY).
/// </summary>
/// <param name="ScaleX">Columns of the input for one of the picture.</param>
/// <param name="ShiftX">Where the picture's left edge lies.</param>
/// <param name="ScaleY">Rows of the input for one of the picture.</param>
/// <param name="ShiftY">Where the picture's upper edge lies.</param>
public readonly record struct Placement(double ScaleX, double ShiftX, double ScaleY, double ShiftY)
{
    /// <summary>The input's place of a point of the picture.</summary>
    public (double X, double Y) ToInput(double x, double y) => ((ScaleX * x) + ShiftX, (ScaleY * y) + ShiftY);

    /// <summary>The picture's place of a point of the input.</summary>
    public (double X, double Y) ToPicture(double x, double y) => ((x - ShiftX) / ScaleX, (y - ShiftY) / ScaleY);
}

/// <summary>How light a color is: ITU-R BT.601 in Pillow's 16-bit fixed point (its mode L).</summary>
internal static class Luma
{
    public static byte Of(int red, int green, int blue) => (byte)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);

    /// <summary>The picture in shades of gray; the same object where it is.</summary>
    public static PixelImage Gray(PixelImage picture)
    {
        if (picture.IsGray)
        {
            return picture;
        }

        byte[] gray = GC.AllocateUninitializedArray<byte>(picture.Rgb.Length);
        ReadOnlySpan<byte> rgb = picture.Rgb;
        for (int i = 0; i + 2 < rgb.Length; i += 3)
        {
            gray.AsSpan(i, 3).Fill(Of(rgb[i], rgb[i + 1], rgb[i + 2]));
        }

        return new PixelImage(picture.Width, picture.Height, gray, isGray: true);
    }
}
