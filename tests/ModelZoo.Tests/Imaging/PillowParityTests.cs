using ModelZoo.Imaging;
using ModelZoo.Tests.Oracle;
using Xunit;
using Xunit.Abstractions;

namespace ModelZoo.Tests.Imaging;

/// <summary>The pictures that pictures.py makes, in a folder.</summary>
public sealed class Pictures : IDisposable
{
    private readonly TempFolder folder = new();

    public Pictures()
    {
        Python.Run(folder.Path, Script, "make", folder.Path);
        Oracle = new Pillow(Script);
    }

    internal static string Script { get; } = FindScript();

    internal Pillow Oracle { get; }

    public string[] Files(string pattern) => [.. Directory.GetFiles(folder.Path, pattern).Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        Oracle.Dispose();
        folder.Dispose();
    }

    private static string FindScript([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "pictures.py");
}

/// <summary>
/// Every picture becomes what Pillow and torchvision make of it, to the bit: the pixels, resized pictures of all sizes, and the tensors that enter the models.
/// </summary>
public class PillowParityTests(Pictures pictures, ITestOutputHelper log) : IClassFixture<Pictures>
{
    [Theory]
    [InlineData("*.jpg", 60)]
    [InlineData("*.png", 50)]
    public void Pixels_and_model_inputs_are_torchvisions(string pattern, int atLeast)
    {
        string[] files = pictures.Files(pattern);
        Assert.True(files.Length >= atLeast, $"{files.Length} pictures");
        var largest = new double[Pillow.Transforms.Length];
        foreach (string file in files)
        {
            PillowAnswer expected = pictures.Oracle.Ask(file, orient: true);
            Assert.Null(expected.Error);
            PixelImage image = ImageDecoder.Decode(file);
            Assert.Equal((expected.Width, expected.Height), (image.Width, image.Height));
            Assert.True(expected.Rgb.AsSpan().SequenceEqual(image.Rgb), $"{Path.GetFileName(file)}: other pixels");
            for (int t = 0; t < largest.Length; t++)
            {
                Preprocessing preprocessing = Pillow.Transforms[t].Preprocessing;
                (double difference, int same) = Inputs.Compare(expected.Inputs[t], Inputs.Of(image, preprocessing), preprocessing);
                Assert.True(difference <= 1e-4, $"{Path.GetFileName(file)}, {Pillow.Transforms[t].Name}: differs by {difference}/255");
                largest[t] = Math.Max(largest[t], difference);
            }
        }

        log.WriteLine($"{pattern}: {files.Length} pictures, largest differences in 1/255: {string.Join(", ", largest)}");
    }

    [Theory]
    [InlineData("*.webp", 5)]
    [InlineData("*.bmp", 5)]
    [InlineData("*.gif", 4)]
    [InlineData("*.tif*", 20)]
    public void Other_formats_have_pillows_pixels(string pattern, int atLeast)
    {
        string[] files = pictures.Files(pattern);
        Assert.True(files.Length >= atLeast, $"{files.Length} pictures");
        var wrong = new List<string>();
        foreach (string file in files)
        {
            PillowAnswer expected = pictures.Oracle.Ask(file, orient: pattern != "*.tif*"); // Pillow turns TIFF as it loads it
            Assert.Null(expected.Error);
            PixelImage image = ImageDecoder.Decode(file);
            Assert.Equal((expected.Width, expected.Height), (image.Width, image.Height));
            string name = Path.GetFileName(file);
            int allowed = name.StartsWith("lossy", StringComparison.Ordinal) ? 4 : name.StartsWith("cmyk", StringComparison.Ordinal) ? 1 : 0;
            int worst = expected.Rgb.Zip(image.Rgb, (a, b) => Math.Abs(a - b)).Max();
            log.WriteLine($"{name}: {worst}");
            ImageInfo info = ImageDecoder.ReadInfo(file);
            Assert.Equal((image.Width, image.Height), info.UprightSize);
            Assert.Equal(image, image.IsGray ? Luma.Gray(image) : image);
            if (worst > allowed || info.Format == ImageFormat.Jpeg)
            {
                wrong.Add($"{name}: {worst}");
            }

            // The same bytes under another name are the same picture.
            Assert.Equal(image.Rgb, ImageDecoder.Decode(File.ReadAllBytes(file), "photo.jpg").Rgb);
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Resizing_to_any_size_from_any_box_gives_pillows_bytes_with_and_without_vectors()
    {
        var random = new Random(5);
        foreach (string file in pictures.Files("size-*.jpg"))
        {
            PixelImage image = ImageDecoder.Decode(file);
            PillowResize[] asked = [.. Enumerable.Range(0, 8).Select(i => new PillowResize(
                random.Next(1, 300), random.Next(1, 300), i % 2 == 0 ? Interpolation.Bilinear : Interpolation.Bicubic, i < 4 ? null : Box(random, image)))];
            PillowAnswer expected = pictures.Oracle.Ask(file, resize: asked);
            for (int i = 0; i < asked.Length; i++)
            {
                Rectangle? box = asked[i].Box is { } b ? new Rectangle(b[0], b[1], b[2] - b[0], b[3] - b[1]) : null;
                for (Instructions instructions = Instructions.Scalar; instructions <= ResamplePass.Fastest; instructions++)
                {
                    byte[] actual = Resize(image, asked[i], box, instructions).Rgb;
                    Assert.True(expected.Resized[i].AsSpan().SequenceEqual(actual), $"{Path.GetFileName(file)} to {asked[i]} ({box}), {instructions}");
                }
            }
        }
    }

    [Fact]
    public void Orientation_is_applied()
    {
        for (int orientation = 1; orientation <= 8; orientation++)
        {
            string file = pictures.Files($"oriented-{orientation}.jpg")[0];
            Assert.Equal(orientation, ImageDecoder.ReadInfo(file).Orientation);
            PillowAnswer expected = pictures.Oracle.Ask(file, orient: true);
            PixelImage image = ImageDecoder.Decode(file, new DecodeOptions());
            Assert.Equal((expected.Width, expected.Height), (image.Width, image.Height));
            Assert.True(expected.Rgb.AsSpan().SequenceEqual(image.Rgb), $"orientation {orientation}");
        }
    }

    [Fact]
    public void A_planted_fault_is_seen()
    {
        string file = pictures.Files("size-500x375.jpg")[0];
        PillowAnswer expected = pictures.Oracle.Ask(file);
        PixelImage image = ImageDecoder.Decode(file);
        Preprocessing right = Pillow.Transforms[0].Preprocessing;
        double Difference(PixelImage picture, Preprocessing preprocessing) =>
            Inputs.Compare(expected.Inputs[0], Inputs.Of(picture, preprocessing), right).Largest;
        Assert.InRange(Difference(image, right), 0, 1e-4);
        Assert.True(Difference(image, right with { ShorterSide = 257 }) > 2);
        Assert.True(Difference(image, right with { Interpolation = Interpolation.Bicubic }) > 2);
        Assert.True(Difference(image.Crop(1, 0, image.Width - 1, image.Height), right) > 2);
        byte[] swapped = [.. image.Rgb.Chunk(3).SelectMany(p => new[] { p[2], p[1], p[0] })];
        Assert.True(Difference(new PixelImage(image.Width, image.Height, swapped), right) > 2);
    }

    // A box as PIL takes it: left, top, right, bottom, not on pixel borders.
    private static float[] Box(Random random, PixelImage image)
    {
        (float left, float top) = (random.NextSingle() * image.Width * 0.6f, random.NextSingle() * image.Height * 0.6f);
        (float width, float height) = ((image.Width - left) * (0.2f + (0.8f * random.NextSingle())),
            (image.Height - top) * (0.2f + (0.8f * random.NextSingle())));

        // Such that left + width gives back the right edge without rounding.
        (left, top, width, height) = (Grid(left), Grid(top), Math.Max(Grid(width), 0.125f), Math.Max(Grid(height), 0.125f));
        return [left, top, Math.Min(left + width, image.Width), Math.Min(top + height, image.Height)];
    }

    private static float Grid(float value) => MathF.Floor(value * 8) / 8;

    internal static PixelImage Resize(PixelImage image, PillowResize to, Rectangle? box, Instructions instructions)
    {
        ResamplePass.Instructions = instructions;
        try
        {
            return Resampling.Resize(image, to.Width, to.Height, to.Interpolation, box);
        }
        finally
        {
            ResamplePass.Instructions = ResamplePass.Fastest;
        }
    }
}
