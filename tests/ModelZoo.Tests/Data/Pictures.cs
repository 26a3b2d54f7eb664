using ModelZoo.Imaging;
using ModelZoo.Tests.Imaging;

namespace ModelZoo.Tests.Data;

/// <summary>Pictures made of seeded noise, and PNG files of them.</summary>
internal static class Pictures
{
    public static PixelImage Noise(int width, int height, ulong seed = 1)
    {
        var random = new SeededRandom(seed);
        return new PixelImage(width, height, [.. Enumerable.Range(0, 3 * width * height).Select(_ => (byte)random.Next(256))]);
    }

    /// <summary>Smooth, as photographs are.</summary>
    public static PixelImage Smooth(int width, int height, ulong seed = 1) =>
        Resampling.Resize(Noise(Math.Max(2, width / 4), Math.Max(2, height / 4), seed), width, height, Interpolation.Bicubic);

    /// <summary>Class folders with <paramref name="each"/> PNG files of different sizes each.</summary>
    public static void WriteClasses(string root, string[] classes, int each, int least = 10)
    {
        foreach ((int label, string name) in classes.Index())
        {
            Directory.CreateDirectory(Path.Combine(root, name));
            for (int i = 0; i < each; i++)
            {
                File.WriteAllBytes(Path.Combine(root, name, $"{i:00}.png"), Png(Smooth(least + 3 * i, least + 5 + i, (ulong)(100 * label + i))));
            }
        }
    }

    private static byte[] Png(PixelImage image) => PngFile.Rgb(image.Width, image.Height, image.Rgb);
}
