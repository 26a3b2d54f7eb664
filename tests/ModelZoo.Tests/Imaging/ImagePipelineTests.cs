using ModelZoo.Imaging;
using Xunit;

namespace ModelZoo.Tests.Imaging;

public class ImagePipelineTests
{
    [Theory]
    [InlineData(500, 375, 256, 341, 256)]
    [InlineData(375, 500, 256, 256, 341)]
    [InlineData(333, 1000, 256, 256, 768)]
    [InlineData(3, 1, 256, 768, 256)]
    [InlineData(224, 224, 224, 224, 224)]
    [InlineData(1, 900_000_000, 256, 256, int.MaxValue)]
    public void The_longer_side_is_rounded_down(int width, int height, int shorter, int expectedWidth, int expectedHeight) =>
        Assert.Equal((expectedWidth, expectedHeight), Preprocessing.ImageNet(shorter, shorter).SizeBeforeCrop(width, height));

    [Fact]
    public void Cropping_rounds_a_half_to_the_even_offset()
    {
        // Torchvision: int(round((h − ch) / 2.0)), Python's round: 0.5 → 0, 1.5 → 2, 2.5 → 2.
        foreach ((int size, int offset) in new[] { (11, 0), (13, 2), (15, 2), (17, 4), (12, 1) })
        {
            var image = new PixelImage(size, 10, [.. Enumerable.Range(0, size * 10).SelectMany(i => Enumerable.Repeat((byte)(i % size), 3))]);
            Preprocessing p = Preprocessing.ImageNet(10, 10);
            var input = new float[300];
            Inputs.Fractions(image, p, input);
            Assert.Equal(offset / 255f, input[0]);
        }
    }

    [Fact]
    public void A_place_is_where_the_picture_comes_to_lie()
    {
        // A picture whose red is its column and whose green is its row: what arrives at a pixel of the input says where it came from.
        const int Width = 200, Height = 120;
        var picture = new PixelImage(Width, Height, [.. Enumerable.Range(0, Width * Height).SelectMany(i => new[] { (byte)(i % Width), (byte)(i / Width),
            (byte)0 })]);
        float[] zero = [0, 0, 0], one = [1, 1, 1];
        Preprocessing[] all =
        [
            Preprocessing.ImageNet(64, 80), Preprocessing.ImageNet(100, 60), new(3, 50, 70, Fit.Resize, zero, one, Border: 4),
            new(3, 160, 251, Fit.Pad, zero, one), new(3, 60, 90, Fit.Pad, zero, one),
        ];
        foreach (Preprocessing p in all)
        {
            PixelImage fitted = new ImagePipeline(p).Fit(picture);
            Placement place = ImagePipeline.Place(p, Width, Height);
            int seen = 0;
            for (int y = 0; y < fitted.Height; y++)
            {
                for (int x = 0; x < fitted.Width; x++)
                {
                    (double column, double row) = place.ToPicture(x + 0.5, y + 0.5);
                    if (column is > 4 and < Width - 4 && row is > 4 and < Height - 4) // within, where no border is mixed in
                    {
                        seen++;
                        Assert.InRange(fitted.Rgb[3 * ((y * fitted.Width) + x)] + 0.5 - column, -1, 1);
                        Assert.InRange(fitted.Rgb[(3 * ((y * fitted.Width) + x)) + 1] + 0.5 - row, -1, 1);
                        (double back, _) = place.ToInput(column, row);
                        Assert.Equal(x + 0.5, back, 9);
                    }
                    else if (column is < 0 or > Width || row is < 0 or > Height)
                    {
                        Assert.Equal(0, fitted.Rgb[3 * ((y * fitted.Width) + x)]); // nothing of it is there
                    }
                }
            }

            Assert.True(seen > 1000);
        }
    }

    [Fact]
    public void A_picture_smaller_than_the_crop_gets_zeros_around()
    {
        var white = new PixelImage(4, 4, [.. Enumerable.Repeat((byte)255, 48)]);
        Preprocessing p = Preprocessing.ImageNet(7, 4);
        var input = new float[3 * 49];
        input.AsSpan().Fill(9);
        Inputs.Fractions(white, p, input);
        for (int i = 0; i < input.Length; i++)
        {
            (int y, int x) = (i % 49 / 7, i % 7);
            Assert.Equal(y is >= 1 and < 5 && x is >= 1 and < 5 ? 1 : 0, input[i]);
        }
    }

    [Fact]
    public void Normalizing_at_once_gives_the_same_bits_as_afterwards()
    {
        foreach (Preprocessing p in new[] { Preprocessing.ImageNet(20, 24), Preprocessing.ImageNet(40, 24),
            new Preprocessing(1, 9, 8, Fit.Resize, [0.1307f], [0.3081f], Border: 2) })
        {
            PixelImage image = ResamplingTests.Random(33, 21, 4);
            var input = new float[p.Channels * p.Height * p.Width];
            new ImagePipeline(p).Apply(image, input);
            Assert.Equal(Inputs.Of(image, p), input);
        }
    }

    [Fact]
    public void One_channel_is_luma_of_the_picture()
    {
        var image = new PixelImage(4, 1, [255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 10, 10]);
        var input = new float[4];
        Inputs.Fractions(image, new Preprocessing(1, 1, 4, Fit.Resize, [0], [1]), input);
        Assert.Equal([76 / 255f, 150 / 255f, 29 / 255f, 10 / 255f], input); // Pillow's L of red, green, blue and a gray
    }

    [Fact]
    public void Resizing_leaves_the_border_and_padding_centers()
    {
        var white = new PixelImage(20, 10, [.. Enumerable.Repeat((byte)255, 600)]);
        var input = new float[64];
        Inputs.Fractions(white, new Preprocessing(1, 8, 8, Fit.Resize, [0], [1], Border: 2), input);
        Assert.Equal(16, input.Count(v => v == 1));
        Assert.Equal(1, input[(2 * 8) + 2]);
        Assert.Equal(48, input.Count(v => v == 0));

        var padded = new float[24 * 13];
        Inputs.Fractions(white, new Preprocessing(1, 13, 24, Fit.Pad, [0], [1]), padded);
        Assert.Equal(200, padded.Count(v => v == 1));
        Assert.Equal(1, padded[(1 * 24) + 2]); // an odd row goes below
        Assert.Equal(0, padded[(11 * 24) + 2]);
        Inputs.Fractions(white, new Preprocessing(1, 8, 8, Fit.Pad, [0], [1]), input); // larger: resized whole
        Assert.All(input, v => Assert.Equal(1, v));
    }

    [Theory]
    [InlineData(160, 224, 183, 500, 375, 256, 192)] // 183 rows of 256 columns are covered: here the columns decide …
    [InlineData(160, 224, 183, 500, 250, 366, 183)] // … here the rows
    [InlineData(160, 224, 183, 375, 500, 256, 341)]
    [InlineData(224, 160, 183, 375, 500, 192, 256)]
    [InlineData(32, 64, 32, 10, 10, 64, 64)]
    public void Before_an_oblong_crop_the_picture_covers_the_input(int height, int width, int shorter, int pictureWidth, int pictureHeight, int expectedWidth,
        int expectedHeight)
    {
        Preprocessing p = Preprocessing.ImageNet() with { Height = height, Width = width, ShorterSide = shorter };
        Assert.Equal((expectedWidth, expectedHeight), p.SizeBeforeCrop(pictureWidth, pictureHeight));
        var input = new float[3 * height * width];
        Inputs.Fractions(new PixelImage(pictureWidth, pictureHeight, [.. Enumerable.Repeat((byte)255, 3 * pictureWidth * pictureHeight)]), p, input);
        Assert.All(input, v => Assert.Equal(1, v)); // no zeros around
    }

    [Fact]
    public void Four_channels_and_wrong_spans_are_refused()
    {
        PixelImage image = ResamplingTests.Random(5, 5, 1);
        Assert.Contains("4 channels", Assert.Throws<ZooException>(() =>
            new ImagePipeline(new Preprocessing(4, 2, 2, Fit.Resize, new float[4], [1, 1, 1, 1]))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ImagePipeline(Preprocessing.ImageNet()).Apply(image, new float[5]));
    }

    [Fact]
    public void An_extreme_aspect_ratio_costs_only_what_is_seen()
    {
        // The shorter side at 256 makes 1×60000 into 256×15 million; 224×224 of them are wanted.
        PixelImage needle = ResamplingTests.Random(1, 60_000, 2);
        var input = new float[3 * 224 * 224];
        Inputs.Fractions(needle, Preprocessing.ImageNet(), input);
        Assert.All(input, v => Assert.InRange(v, 0, 1));
    }
}
