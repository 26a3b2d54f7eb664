using ModelZoo.Imaging;
using Xunit;

namespace ModelZoo.Tests.Imaging;

public class ResamplingTests
{
    private static readonly PixelImage Noise = Random(71, 53, 3);

    public static PixelImage Random(int width, int height, int seed)
    {
        var rgb = new byte[3 * width * height];
        new Random(seed).NextBytes(rgb);
        return new PixelImage(width, height, rgb);
    }

    [Theory]
    [InlineData(Interpolation.Bilinear)]
    [InlineData(Interpolation.Bicubic)]
    public void A_window_is_the_same_part_of_the_whole_result(Interpolation interpolation)
    {
        foreach ((int width, int height) in new[] { (40, 30), (200, 150), (71, 20), (71, 90), (20, 53), (90, 53), (71, 53), (5, 5) })
        {
            PixelImage whole = Resampling.Resize(Noise, width, height, interpolation);
            foreach ((int x, int y, int w, int h) in new[] { (0, 0, 1, 1), (1, 2, 3, 3), (width / 2, height / 3, width / 3, height / 2),
                (width - 1, height - 1, 1, 1) })
            {
                PixelImage part = Resampling.Resize(Noise, width, height, interpolation, window: new Rectangle(x, y, w, h));
                Assert.Equal(whole.Crop(x, y, w, h).Rgb, part.Rgb);
            }
        }
    }

    [Theory]
    [InlineData(Interpolation.Bilinear)]
    [InlineData(Interpolation.Bicubic)]
    public void A_crop_without_a_copy_is_a_crop(Interpolation interpolation) =>
        Assert.Equal(
            Resampling.Resize(Noise.Crop(11, 7, 37, 29), 24, 50, interpolation).Rgb,
            Resampling.Resize(Noise, 24, 50, interpolation, crop: new Rectangle(11, 7, 37, 29)).Rgb);

    [Theory]
    [InlineData(Interpolation.Bilinear)]
    [InlineData(Interpolation.Bicubic)]
    public void Vectors_and_scalars_give_the_same_bits(Interpolation interpolation)
    {
        var random = new Random(9);
        List<(PixelImage Image, int Width, int Height)> cases =
        [
            .. Enumerable.Range(0, 60).Select(i => (Random(random.Next(1, 90), random.Next(1, 90), i), random.Next(1, 120), random.Next(1, 120))),
            (Random(4000, 3, 1), 7, 2), // hundreds of taps
            (Random(40, 3000, 1), 40, 5),
        ];
        foreach ((PixelImage image, int width, int height) in cases)
        {
            byte[] expected = PillowParityTests.Resize(image, new(width, height, interpolation), null, Instructions.Scalar).Rgb;
            for (Instructions faster = Instructions.Scalar + 1; faster <= ResamplePass.Fastest; faster++)
            {
                Assert.Equal(expected, PillowParityTests.Resize(image, new(width, height, interpolation), null, faster).Rgb);
            }
        }
    }

    [Fact]
    public void Flat_pictures_stay_flat_and_black_and_white_do_not_overflow()
    {
        foreach (byte value in new byte[] { 0, 1, 127, 255 })
        {
            byte[] rgb = new byte[3 * 33 * 21];
            rgb.AsSpan().Fill(value);
            var flat = new PixelImage(33, 21, rgb);
            Assert.All(Resampling.Resize(flat, 50, 9, Interpolation.Bicubic).Rgb, v => Assert.Equal(value, v));
        }

        byte[] edges = [.. Enumerable.Range(0, 3 * 64 * 64).Select(i => i / 3 % 64 < 32 ? (byte)0 : (byte)255)];
        byte[] sharp = Resampling.Resize(new PixelImage(64, 64, edges), 150, 150, Interpolation.Bicubic).Rgb;
        Assert.Equal([0, 255], new[] { sharp[0], sharp[^1] });
        Assert.True(sharp.Count(v => v is 0 or 255) > sharp.Length * 0.95, "a cubic filter's overshoot is cut off, not wrapped around");
    }

    [Fact]
    public void Rectangles_outside_and_impossible_sizes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Resampling.Resize(Noise, 10, 10, Interpolation.Bilinear, window: new Rectangle(5, 5, 6, 1)));
        Assert.Throws<ArgumentException>(() => Resampling.Resize(Noise, 10, 10, Interpolation.Bilinear, window: new Rectangle(0.5f, 0, 1, 1)));
        Assert.Throws<ArgumentException>(() => Resampling.Resize(Noise, 10, 10, Interpolation.Bilinear, box: new Rectangle(-1, 0, 5, 5)));
        Assert.Throws<ArgumentException>(() => Resampling.Resize(Noise, 10, 10, Interpolation.Bilinear, box: new Rectangle(0, 0, 72, 5)));
        Assert.Throws<ArgumentException>(() => Resampling.Resize(Noise, 10, 10, Interpolation.Bilinear, box: new Rectangle(0, 0, float.NaN, 5)));
        Assert.Throws<ArgumentException>(() => Resampling.Resize(Noise, 10, 10, Interpolation.Bilinear, crop: new Rectangle(70, 0, 2, 5)));
        Assert.ThrowsAny<ArgumentException>(() => Resampling.Resize(Noise, 0, 10, Interpolation.Bilinear));
        Assert.ThrowsAny<ArgumentException>(() => new PixelImage(2, 2, new byte[11]));
    }
}
