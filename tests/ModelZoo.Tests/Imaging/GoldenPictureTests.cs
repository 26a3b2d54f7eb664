using ModelZoo.Imaging;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Imaging;

/// <summary>
/// Small pictures and what Pillow and torchvision made of them (`pictures.py golden`), for machines without Python: pixels and transforms, to the bit.
/// </summary>
public class GoldenPictureTests
{
    internal static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Imaging", "Golden");

    public static TheoryData<string> Files() =>
        [.. Directory.GetFiles(Folder).Select(f => Path.GetFileName(f)).Where(f => !f.EndsWith(".safetensors", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_picture_becomes_what_it_became_in_pillow(string name)
    {
        using WeightsFile golden = WeightsFile.Open(Path.Combine(Folder, "golden.safetensors"));
        byte[] Expected(string key)
        {
            var bytes = new byte[golden[key].ByteLength];
            golden.CopyTo(key, bytes);
            return bytes;
        }

        string path = Path.Combine(Folder, name);
        PixelImage image = ImageDecoder.Decode(path);
        Assert.Equal(Expected(name), image.Rgb);
        ImageInfo info = ImageDecoder.ReadInfo(path);
        Assert.Equal((image.Width, image.Height, 1), (info.Width, info.Height, info.Orientation));
        Assert.Equal(Path.GetExtension(name) switch
        {
            ".png" => ImageFormat.Png,
            ".webp" => ImageFormat.WebP,
            ".bmp" => ImageFormat.Bmp,
            ".gif" => ImageFormat.Gif,
            ".tif" => ImageFormat.Tiff,
            _ => ImageFormat.Jpeg,
        }, info.Format);
        Assert.Equal(name.StartsWith("gray", StringComparison.Ordinal), image.IsGray);
        Assert.Equal(Expected($"{name}.bilinear"), Bytes(image, Preprocessing.ImageNet(20, 24)));
        Assert.Equal(Expected($"{name}.bicubic"), Bytes(image, Preprocessing.ImageNet(24, 41, Interpolation.Bicubic)));
    }

    private static byte[] Bytes(PixelImage image, Preprocessing preprocessing)
    {
        var input = new float[3 * preprocessing.Height * preprocessing.Width];
        Inputs.Fractions(image, preprocessing, input);
        return [.. input.Select(v => (byte)MathF.Round(v * 255))];
    }
}
