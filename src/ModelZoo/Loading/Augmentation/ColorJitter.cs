using ModelZoo.Imaging;

namespace ModelZoo.Loading.Augmentation;

/// <summary>
/// Brightness, contrast, saturation and hue of bytes, to the bit as torchvision changes Pillow's images (Pillow's ImageEnhance: a blend with black, with the
/// mean gray, with the gray picture; the hue as an angle of 256 steps).
/// </summary>
public static class ColorJitter
{
    /// <summary>A blend with black.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="factor">0 black, 1 unchanged, above 1 brighter.</param>
    public static PixelImage Brightness(PixelImage image, double factor)
    {
        ArgumentNullException.ThrowIfNull(image);
        byte[] table = Table(0, factor);
        return Map(image, table, image.IsGray);
    }

    /// <summary>A blend with one gray, the picture's mean luma.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="factor">0 gray, 1 unchanged.</param>
    public static PixelImage Contrast(PixelImage image, double factor)
    {
        ArgumentNullException.ThrowIfNull(image);
        long sum = 0;
        ReadOnlySpan<byte> rgb = image.Rgb;
        for (int i = 0; i < rgb.Length; i += 3)
        {
            sum += Luma.Of(rgb[i], rgb[i + 1], rgb[i + 2]);
        }

        int mean = (int)((double)sum / (rgb.Length / 3) + 0.5);
        return Map(image, Table(mean, factor), image.IsGray);
    }

    /// <summary>A blend of each pixel with its luma.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="factor">0 gray, 1 unchanged.</param>
    public static PixelImage Saturation(PixelImage image, double factor)
    {
        ArgumentNullException.ThrowIfNull(image);
        float alpha = (float)factor;
        byte[] result = GC.AllocateUninitializedArray<byte>(image.Rgb.Length);
        ReadOnlySpan<byte> rgb = image.Rgb;
        for (int i = 0; i + 2 < rgb.Length; i += 3)
        {
            int gray = Luma.Of(rgb[i], rgb[i + 1], rgb[i + 2]);
            result[i] = Blend(gray, rgb[i], alpha);
            result[i + 1] = Blend(gray, rgb[i + 1], alpha);
            result[i + 2] = Blend(gray, rgb[i + 2], alpha);
        }

        return new PixelImage(image.Width, image.Height, result, image.IsGray);
    }

    /// <summary>Turns the hue.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="turn">−0.5 … 0.5 of a whole turn; a byte of hue keeps 1/255 of a turn, and the conversion there and back loses a little even at 0.</param>
    public static PixelImage Hue(PixelImage image, double turn)
    {
        ArgumentNullException.ThrowIfNull(image);
        byte[] result = GC.AllocateUninitializedArray<byte>(image.Rgb.Length);
        ReadOnlySpan<byte> rgb = image.Rgb;
        int shift = (int)(turn * 255);
        for (int i = 0; i + 2 < rgb.Length; i += 3)
        {
            (byte h, byte s, byte v) = HueCircle.FromRgb(rgb[i], rgb[i + 1], rgb[i + 2]);
            (result[i], result[i + 1], result[i + 2]) = HueCircle.ToRgb((byte)(h + shift), s, v);
        }

        return new PixelImage(image.Width, image.Height, result, image.IsGray);
    }

    /// <summary>
    /// The four changes in random order, each by an amount drawn evenly: factors from max(0, 1 − x) to 1 + x, a turn from −hue to hue; a 0 leaves a change out.
    /// </summary>
    public static PixelImage Random(PixelImage image, double brightness, double contrast, double saturation, double hue, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        foreach (int change in random.Permutation(4))
        {
            image = change switch
            {
                0 => brightness > 0 ? Brightness(image, Factor(brightness, random)) : image,
                1 => contrast > 0 ? Contrast(image, Factor(contrast, random)) : image,
                2 => saturation > 0 ? Saturation(image, Factor(saturation, random)) : image,
                _ => hue > 0 ? Hue(image, hue * (2 * random.NextDouble() - 1)) : image,
            };
        }

        return image;
    }

    private static double Factor(double amount, SeededRandom random)
    {
        double low = Math.Max(0, 1 - amount);
        return low + (1 + amount - low) * random.NextDouble();
    }

    private static byte[] Table(int with, double factor) => [.. Enumerable.Range(0, 256).Select(value => Blend(with, value, (float)factor))];

    // Pillow's blend in single precision; the fraction is cut off.
    private static byte Blend(int from, int to, float alpha) => (byte)Math.Clamp(from + alpha * (to - from), 0f, 255f);

    private static PixelImage Map(PixelImage image, byte[] table, bool isGray)
    {
        byte[] result = GC.AllocateUninitializedArray<byte>(image.Rgb.Length);
        ReadOnlySpan<byte> rgb = image.Rgb;
        for (int i = 0; i < rgb.Length; i++)
        {
            result[i] = table[rgb[i]];
        }

        return new PixelImage(image.Width, image.Height, result, isGray);
    }
}

/// <summary>
/// RGB and HSV as bytes, with the roundings of Pillow's modes RGB and HSV (A. R. Smith, "Color Gamut Transform Pairs", SIGGRAPH 1978). A whole turn of the hue
/// is 255.
/// </summary>
internal static class HueCircle
{
    public static (byte Hue, byte Saturation, byte Value) FromRgb(byte r, byte g, byte b)
    {
        byte most = Math.Max(r, Math.Max(g, b)), least = Math.Min(r, Math.Min(g, b));
        if (most == least)
        {
            return (0, 0, most);
        }

        float range = most - least;
        float saturation = range / most;
        float red = (most - r) / range, green = (most - g) / range, blue = (most - b) / range;
        float sector = r == most ? blue - green : g == most ? (float)(2.0 + red - blue) : (float)(4.0 + green - red);
        float turn = (float)((sector / 6.0 + 1.0) % 1.0);
        return ((byte)Math.Clamp((int)(turn * 255.0), 0, 255), (byte)Math.Clamp((int)(saturation * 255.0), 0, 255), most);
    }

    public static (byte R, byte G, byte B) ToRgb(byte hue, byte saturation, byte value)
    {
        if (saturation == 0)
        {
            return (value, value, value);
        }

        int sector = (int)Math.Floor(hue * 6.0 / 255.0);
        float part = (float)(hue * 6.0 / 255.0 - sector);
        float share = (float)(saturation / 255.0);
        byte p = Rounded(value * (1.0 - share)), q = Rounded(value * (1.0 - share * part)), t = Rounded(value * (1.0 - share * (1.0 - part)));
        return (sector % 6) switch
        {
            0 => (value, t, p),
            1 => (q, value, p),
            2 => (p, value, t),
            3 => (p, q, value),
            4 => (t, p, value),
            _ => (value, p, q),
        };
    }

    private static byte Rounded(double value) => (byte)Math.Clamp((int)Math.Round((float)Math.Round(value, MidpointRounding.AwayFromZero)), 0, 255);
}

/// <summary>
/// AlexNet's color augmentation: along the principal components of ImageNet's RGB values, multiples of them are added to every pixel, each proportional to its
/// eigenvalue times a Gaussian number drawn once an image. A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet Classification with Deep Convolutional Neural
/// Networks", NIPS 2012, section 4.1 (standard deviation 0.1).
/// </summary>
public static class PcaLighting
{
    // Of pixels in [0,1], as published with fb.resnet.torch, datasets/imagenet.lua; the paper does not print them. A row a channel, a column a component.
    private static readonly double[] Values = [0.2175, 0.0188, 0.0045];
    private static readonly double[] Vectors = [-0.5675, 0.7192, 0.4009, -0.5808, -0.0045, -0.8140, -0.5836, -0.6948, 0.4203];

    /// <summary>Draws what is added to the channels.</summary>
    /// <param name="deviation">The standard deviation; the paper's is 0.1.</param>
    /// <param name="random">Where the draws come from.</param>
    /// <returns>Red, green, blue, for pixels in [0,1].</returns>
    public static (float Red, float Green, float Blue) Draw(double deviation, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<double> amounts = stackalloc double[3];
        for (int i = 0; i < 3; i++)
        {
            amounts[i] = deviation * random.NextGaussian() * Values[i];
        }

        return (Sum(amounts, 0), Sum(amounts, 1), Sum(amounts, 2));
    }

    private static float Sum(ReadOnlySpan<double> amounts, int channel)
    {
        double sum = 0;
        for (int i = 0; i < 3; i++)
        {
            sum += Vectors[3 * channel + i] * amounts[i];
        }

        return (float)sum;
    }
}
