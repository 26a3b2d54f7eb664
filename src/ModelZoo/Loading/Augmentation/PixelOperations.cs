using ModelZoo.Imaging;

namespace ModelZoo.Loading.Augmentation;

/// <summary>
/// The operations of AutoAugment and its followers on bytes, to the bit as torchvision's <c>transforms.autoaugment</c> does them to Pillow's images; what
/// comes in from outside is black.
/// </summary>
public static class PixelOperations
{
    /// <summary>The names, as torchvision has them.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        "Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color", "Contrast", "Sharpness", "Posterize", "Solarize",
        "AutoContrast", "Equalize", "Invert",
    ];

    /// <summary>One operation.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="magnitude">
    /// Of a shear pixels a row or column, of a translation whole pixels, of a rotation degrees against the clock, of brightness, color, contrast and sharpness
    /// what is added to the factor 1, of Posterize the bits that stay, of Solarize the value from which on the picture is inverted; the others have none.
    /// </param>
    /// <param name="bilinear">Whether pixels between pixels are interpolated; else the nearest is taken.</param>
    /// <exception cref="ArgumentException">There is no such operation.</exception>
    public static PixelImage Apply(PixelImage image, string name, double magnitude, bool bilinear = false)
    {
        ArgumentNullException.ThrowIfNull(image);
        return name switch
        {
            "Identity" => image,
            "ShearX" => Moved(AffineMatrix.Shear(Math.Atan(magnitude), 0)),
            "ShearY" => Moved(AffineMatrix.Shear(0, Math.Atan(magnitude))),
            "TranslateX" => Moved(AffineMatrix.Translation(image, (int)magnitude, 0)),
            "TranslateY" => Moved(AffineMatrix.Translation(image, 0, (int)magnitude)),
            "Rotate" => Moved(AffineMatrix.Rotation(image, magnitude)),
            "Brightness" => ColorJitter.Brightness(image, 1 + magnitude),
            "Color" => ColorJitter.Saturation(image, 1 + magnitude),
            "Contrast" => ColorJitter.Contrast(image, 1 + magnitude),
            "Sharpness" => Sharpness(image, 1 + magnitude),
            "Posterize" => Mapped(image, (_, value) => value & ~((1 << (8 - (int)magnitude)) - 1)),
            "Solarize" => Mapped(image, (_, value) => value < magnitude ? value : 255 - value),
            "AutoContrast" => AutoContrast(image),
            "Equalize" => Equalize(image),
            "Invert" => Mapped(image, (_, value) => 255 - value),
            _ => throw new ArgumentException($"'{name}' is none of {string.Join(", ", Names)}.", nameof(name)),
        };

        PixelImage Moved(AffineMatrix matrix) => bilinear ? matrix.Bilinear(image) : matrix.Nearest(image);
    }

    /// <summary>A blend with the picture smoothed by the window 1 1 1, 1 5 1, 1 1 1 (Pillow's SMOOTH), whose border stays.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="factor">0 smooth, 1 unchanged, above 1 sharper.</param>
    public static PixelImage Sharpness(PixelImage image, double factor)
    {
        ArgumentNullException.ThrowIfNull(image);
        (int width, int stride, float alpha) = (image.Width, 3 * image.Width, (float)factor);
        ReadOnlySpan<byte> from = image.Rgb;
        byte[] result = [.. image.Rgb];
        const float One = 1f / 13, Five = 5f / 13;
        for (int y = 1; y < image.Height - 1; y++)
        {
            for (int i = y * stride + 3; i < y * stride + 3 * (width - 1); i++)
            {
                // In Pillow's order, whose roundings these are: the row below, this one, the row above.
                float sum = 0.5f;
                sum += from[i + stride - 3] * One + from[i + stride] * One + from[i + stride + 3] * One;
                sum += from[i - 3] * One + from[i] * Five + from[i + 3] * One;
                sum += from[i - stride - 3] * One + from[i - stride] * One + from[i - stride + 3] * One;
                int smooth = (int)Math.Clamp(sum, 0f, 255f);
                result[i] = (byte)Math.Clamp(smooth + alpha * (from[i] - smooth), 0f, 255f);
            }
        }

        return new PixelImage(width, image.Height, result, image.IsGray);
    }

    /// <summary>Each channel stretched to 0 … 255.</summary>
    public static PixelImage AutoContrast(PixelImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        (int Low, int High)[] range = [.. Histograms(image).Select(h => (Array.FindIndex(h, n => n > 0), Array.FindLastIndex(h, n => n > 0)))];
        return Mapped(image, (channel, value) =>
        {
            (int low, int high) = range[channel];
            double scale = high > low ? 255.0 / (high - low) : 1, offset = high > low ? -low * scale : 0;
            return Math.Clamp((int)(value * scale + offset), 0, 255);
        });
    }

    /// <summary>Each channel with its values spread evenly.</summary>
    public static PixelImage Equalize(PixelImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        int[][] tables = [.. Histograms(image).Select(Table)];
        return Mapped(image, (channel, value) => tables[channel][value]);

        static int[] Table(int[] histogram)
        {
            int step = (histogram.Sum() - histogram.LastOrDefault(n => n > 0)) / 255;
            int sum = step / 2;
            return [.. histogram.Select((n, value) =>
            {
                int to = step == 0 ? value : Math.Min(255, sum / step);
                sum += n;
                return to;
            })];
        }
    }

    private static int[][] Histograms(PixelImage image)
    {
        int[][] histograms = [new int[256], new int[256], new int[256]];
        ReadOnlySpan<byte> rgb = image.Rgb;
        for (int i = 0; i < rgb.Length; i++)
        {
            histograms[i % 3][rgb[i]]++;
        }

        return histograms;
    }

    private static PixelImage Mapped(PixelImage image, Func<int, int, int> map)
    {
        byte[][] tables = [.. Enumerable.Range(0, 3).Select(channel => Enumerable.Range(0, 256).Select(value => (byte)map(channel, value)).ToArray())];
        byte[] result = GC.AllocateUninitializedArray<byte>(image.Rgb.Length);
        ReadOnlySpan<byte> rgb = image.Rgb;
        for (int i = 0; i + 2 < rgb.Length; i += 3)
        {
            (result[i], result[i + 1], result[i + 2]) = (tables[0][rgb[i]], tables[1][rgb[i + 1]], tables[2][rgb[i + 2]]);
        }

        return new PixelImage(image.Width, image.Height, result, image.IsGray);
    }
}
