using System.Globalization;
using System.Runtime.InteropServices;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Loading.Augmentation;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Oracle;
using Xunit;
using Inputs = ModelZoo.Tests.Imaging.Inputs;

namespace ModelZoo.Tests.Loading.Augmentation;

/// <summary>Each change, without its random draw, to the bit as torchvision makes it of a Pillow image.</summary>
public sealed class TorchvisionTests : IDisposable
{
    private static readonly double[] Factors = [0, 0.3, 0.77, 1, 1.4, 2.5];
    private static readonly double[] Turns = [-0.5, -0.21, -0.004, 0, 0.1, 0.35, 0.5];

    // Noise has every color, the smooth part what photographs have, and the last rows all grays.
    private readonly PixelImage image = Joined();
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Colors_parts_erasing_padding_and_ten_crops_are_torchvisions()
    {
        (string Name, string Request, byte[] Ours)[] cases = [.. Cases().Select((c, i) => ($"case{i}", c.Request, c.Ours))];
        folder.Write("image.rgb", image.Rgb);
        File.WriteAllLines(folder.File("requests.txt"), cases.Select(c => $"{c.Name} {c.Request}"));
        Python.Run(folder.Path, Script(), Text(image.Width), Text(image.Height));
        Assert.All(cases, c => Assert.True(Differences(File.ReadAllBytes(folder.File(c.Name + ".rgb")), c.Ours) == 0,
            $"{c.Request}: {Differences(File.ReadAllBytes(folder.File(c.Name + ".rgb")), c.Ours)} bytes differ"));

        // The comparison itself: a factor that is a little off is seen.
        Assert.NotEqual(0, Differences(File.ReadAllBytes(folder.File(cases[2].Name + ".rgb")), ColorJitter.Brightness(image, Factors[2] + 0.01).Rgb));
    }

    private IEnumerable<(string Request, byte[] Ours)> Cases()
    {
        foreach (double factor in Factors)
        {
            yield return ($"adjust_brightness {Text(factor)}", ColorJitter.Brightness(image, factor).Rgb);
        }

        foreach (double factor in Factors)
        {
            yield return ($"adjust_contrast {Text(factor)}", ColorJitter.Contrast(image, factor).Rgb);
            yield return ($"adjust_saturation {Text(factor)}", ColorJitter.Saturation(image, factor).Rgb);
        }

        foreach (double turn in Turns)
        {
            yield return ($"adjust_hue {Text(turn)}", ColorJitter.Hue(image, turn).Rgb);
        }

        Preprocessing input = Preprocessing.ImageNet(crop: 24, shorterSide: 28);
        foreach ((int left, int top, int width, int height) in new[] { (0, 0, 40, 30), (3, 5, 50, 11), (20, 8, 7, 9), (0, 0, 64, 52) })
        {
            yield return ($"resized_crop {left} {top} {width} {height} 24", new ImagePipeline(input).Resized(image, (left, top, width, height)).Rgb);
        }

        foreach ((int left, int top) in new[] { (0, 0), (8, 3), (4, 8) })
        {
            yield return ($"pad_crop 4 {left} {top}", PaddedCrop.Apply(image, 4, left, top, PaddingMode.Reflect).Rgb);
        }

        yield return ("hflip", Flip.Horizontal(image).Rgb);
        yield return ("vflip", Flip.Vertical(image).Rgb);
        yield return ("ten_crop 31", [.. TenCrop.Of(image, 31, 31).SelectMany(crop => crop.Rgb)]);
        var plain = new Preprocessing(3, image.Height, image.Width, Fit.Resize, [0, 0, 0], [1, 1, 1]);
        var values = new float[image.Rgb.Length];
        Inputs.Fractions(image, plain, values);
        Erasing.Apply(values, new ImageShape(3, image.Height, image.Width), (5, 7, 20, 3));
        yield return ("erase 5 7 20 3", MemoryMarshal.AsBytes<float>(values).ToArray());
    }

    private static int Differences(byte[] expected, byte[] actual) =>
        expected.Length == actual.Length ? expected.Zip(actual).Count(pair => pair.First != pair.Second) : int.MaxValue;

    private static PixelImage Joined()
    {
        byte[] grays = [.. Enumerable.Range(0, 64 * 12).SelectMany(i => Enumerable.Repeat((byte)(i % 256), 3))];
        return new PixelImage(64, 52, [.. Pictures.Noise(64, 20).Rgb, .. Pictures.Smooth(64, 20).Rgb, .. grays]);
    }

    private static string Script([System.Runtime.CompilerServices.CallerFilePath] string path = "") =>
        Path.Combine(Path.GetDirectoryName(path)!, "transforms.py");

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
