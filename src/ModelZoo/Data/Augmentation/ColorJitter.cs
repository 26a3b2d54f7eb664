using ModelZoo.Imaging;

namespace ModelZoo.Data.Augmentation;

/// <summary>
/// Brightness, contrast, saturation and hue of bytes, to the bit as torchvision changes Pillow's images (Pillow's ImageEnhance: a blend with black, with the mean gray, with the gray picture;
/// the hue as an angle of 256 steps).
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
            sum += Luma(rgb[i], rgb[i + 1], rgb[i + 2]);
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
            int gray = Luma(rgb[i], rgb[i + 1], rgb[i + 2]);
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

    /// <summary>The four changes in random order, each by an amount drawn evenly: factors from max(0, 1 − x) to 1 + x, a turn from −hue to hue; a 0 leaves a change out.</summary>
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

    /// <summary>ITU-R BT.601 in Pillow's 16-bit fixed point.</summary>
    internal static byte Luma(int red, int green, int blue) => (byte)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);

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
