using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading.Augmentation;
using ModelZoo.Tests.Data;
using Xunit;

namespace ModelZoo.Tests.Loading.Augmentation;

public class AugmentationTests
{
    private static readonly PixelImage Image = Pictures.Noise(13, 9);

    [Fact]
    public void Two_flips_give_the_picture_back_and_one_exchanges_the_edges()
    {
        Assert.Equal(Image.Rgb, Flip.Horizontal(Flip.Horizontal(Image)).Rgb);
        Assert.Equal(Image.Rgb, Flip.Vertical(Flip.Vertical(Image)).Rgb);
        Assert.Equal(Image.Crop(12, 0, 1, 9).Rgb, Flip.Horizontal(Image).Crop(0, 0, 1, 9).Rgb);
        Assert.Equal(Image.Crop(0, 8, 13, 1).Rgb, Flip.Vertical(Image).Crop(0, 0, 13, 1).Rgb);
    }

    [Fact]
    public void A_padded_crop_is_the_picture_moved()
    {
        Assert.Equal(Image.Rgb, PaddedCrop.Apply(Image, 4, 4, 4).Rgb);
        PixelImage moved = PaddedCrop.Apply(Image, 4, 6, 1); // two to the left, three down
        Assert.Equal(Image.Crop(2, 0, 11, 6).Rgb, moved.Crop(0, 3, 11, 6).Rgb);
        Assert.All(moved.Crop(11, 0, 2, 9).Rgb.Concat(moved.Crop(0, 0, 13, 3).Rgb), value => Assert.Equal(0, value));
        Assert.All(PaddedCrop.Apply(Image, 20, 40, 0).Rgb, value => Assert.Equal(0, value));
        Assert.All(PaddedCrop.Apply(Image, 20, 40, 20).Rgb, value => Assert.Equal(0, value));
        Assert.All(PaddedCrop.Apply(Image, 20, 0, 20).Rgb, value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_reflected_crop_mirrors_without_repeating_the_border()
    {
        PixelImage moved = PaddedCrop.Apply(Image, 4, 2, 7, PaddingMode.Reflect); // two to the right, three up
        Assert.Equal(Image.Crop(0, 3, 11, 6).Rgb, moved.Crop(2, 0, 11, 6).Rgb);
        Assert.Equal(Image.Crop(2, 4, 1, 1).Rgb, moved.Crop(0, 1, 1, 1).Rgb);
        Assert.Equal(Image.Crop(1, 4, 1, 1).Rgb, moved.Crop(1, 1, 1, 1).Rgb);
        Assert.Equal(Image.Crop(5, 7, 1, 1).Rgb, moved.Crop(7, 6, 1, 1).Rgb);
        Assert.Throws<ArgumentException>(() => PaddedCrop.Apply(Image, 9, 0, 0, PaddingMode.Reflect));
    }

    [Fact]
    public void Factors_of_one_change_nothing()
    {
        Assert.Equal(Image.Rgb, ColorJitter.Brightness(Image, 1).Rgb);
        Assert.Equal(Image.Rgb, ColorJitter.Contrast(Image, 1).Rgb);
        Assert.Equal(Image.Rgb, ColorJitter.Saturation(Image, 1).Rgb);
        Assert.All(ColorJitter.Brightness(Image, 0).Rgb, value => Assert.Equal(0, value));
        Assert.Single(ColorJitter.Contrast(Image, 0).Rgb.Distinct());
        Assert.Equal(Image.Rgb, Affine.Apply(Image, 0, 1, 0, 0).Rgb);
    }

    [Fact]
    public void A_turn_by_a_right_angle_and_a_move_by_whole_pixels_are_exact()
    {
        PixelImage square = Pictures.Noise(8, 8), turned = square;
        for (int i = 0; i < 4; i++)
        {
            turned = Affine.Apply(turned, 90, 1, 0, 0);
            Assert.Equal(i == 3, turned.Rgb.SequenceEqual(square.Rgb));
        }

        Assert.Equal(PaddedCrop.Apply(square, 3, 1, 4).Rgb, Affine.Apply(square, 0, 1, 2, -1).Rgb);
    }

    [Fact]
    public void Random_parts_lie_within_the_picture_with_areas_and_ratios_as_asked()
    {
        var random = new SeededRandom(1);
        var parts = Enumerable.Range(0, 4000).Select(_ => RandomResizedCrop.Draw(500, 500, 0.25, 4.0 / 3, random)).ToList();
        Assert.All(parts, p => Assert.True(p.Left >= 0 && p.Top >= 0 && p.Left + p.Width <= 500 && p.Top + p.Height <= 500));
        double[] areas = [.. parts.Select(p => p.Width * p.Height / 250_000.0).Order()];
        Assert.InRange(areas[0], 0.24, 0.27);
        Assert.InRange(areas[^1], 0.95, 1);

        // Of an area a the share min(1, −ln a / ln 4/3) fits: the mean is (∫ a·share) / (∫ share) from 0.25 to 1 = 0.564.
        Assert.InRange(areas.Average(), 0.552, 0.576);
        Assert.All(parts, p => Assert.InRange((double)p.Width / p.Height, 0.74, 1.35));
        Assert.InRange(parts.Average(p => Math.Log((double)p.Width / p.Height)), -0.02, 0.02);
        Assert.InRange(parts.Where(p => p.Width < 400).Average(p => p.Left / (500.0 - p.Width)), 0.45, 0.55);
    }

    [Theory]
    [InlineData(100, 10, 13, 10)]
    [InlineData(10, 100, 10, 13)]
    [InlineData(1, 1, 1, 1)]
    public void Where_no_part_fits_it_is_the_middle(int width, int height, int w, int h)
    {
        (int left, int top, int gotWidth, int gotHeight) = RandomResizedCrop.Draw(width, height, 1, 4.0 / 3, new SeededRandom(3));
        Assert.Equal(((width - w) / 2, (height - h) / 2, w, h), (left, top, gotWidth, gotHeight));
    }

    [Fact]
    public void Erased_rectangles_have_the_papers_areas_and_ratios()
    {
        var random = new SeededRandom(2);
        var parts = Enumerable.Range(0, 3000).Select(_ => Erasing.Draw(224, 224, random)!.Value).ToList();
        double[] areas = [.. parts.Select(p => p.Width * p.Height / 50_176.0)];
        Assert.InRange(areas.Min(), 0.018, 0.025);
        Assert.InRange(areas.Max(), 0.32, 0.34);
        Assert.All(parts, p => Assert.InRange((double)p.Height / p.Width, 0.28, 3.6));
        Assert.All(parts, p => Assert.True(p.Left + p.Width <= 224 && p.Top + p.Height <= 224));
    }

    [Fact]
    public void A_cutout_is_a_square_cut_off_at_the_borders()
    {
        var random = new SeededRandom(3);
        var parts = Enumerable.Range(0, 3000).Select(_ => Erasing.Cutout(32, 32, 16, random)).ToList();
        Assert.All(parts, p => Assert.True(p is { Width: >= 8 and <= 16, Height: >= 8 and <= 16 } && p.Left >= 0 && p.Left + p.Width <= 32));
        Assert.InRange(parts.Average(p => p.Width), 13.9, 14.1); // by hand: 17 places of 16, 8 of 8 … 15 and 7 of 15 … 9
        float[] ones = [.. Enumerable.Repeat(1f, 2 * 3 * 4)], last = [.. ones];
        Erasing.Apply(ones, new ImageShape(2, 3, 4), (1, 0, 2, 2));
        Assert.Equal([1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 1, 1, 1], ones);
        Erasing.Apply(last, new ImageShape(2, 3, 4), (1, 0, 2, 2), channelsLast: true);
        Assert.Equal([1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], last);
    }

    [Fact]
    public void Lighting_has_the_covariance_of_the_components()
    {
        var random = new SeededRandom(4);
        var draws = Enumerable.Range(0, 20_000).Select(_ => PcaLighting.Draw(0.1, random)).ToList();
        Assert.InRange(draws.Average(d => d.Red), -3e-4, 3e-4);

        // Σ over the components of (deviation · eigenvalue · component)²: nearly all in the first, which is nearly gray.
        Assert.InRange(Math.Sqrt(draws.Average(d => d.Red * d.Red)), 0.0121, 0.0127);
        Assert.InRange(Math.Sqrt(draws.Average(d => d.Blue * d.Blue)), 0.0125, 0.0131);
        Assert.InRange(draws.Average(d => d.Red * d.Green) / draws.Average(d => d.Red * d.Red), 0.98, 1.04);
    }

    [Fact]
    public void Draws_of_the_normal_and_beta_distributions_have_their_moments()
    {
        var random = new SeededRandom(5);
        double[] normal = [.. Enumerable.Range(0, 50_000).Select(_ => random.NextGaussian())];
        Assert.InRange(normal.Average(), -0.02, 0.02);
        Assert.InRange(normal.Average(x => x * x), 0.97, 1.03);
        foreach (double alpha in (double[])[0.1, 0.4, 1, 3])
        {
            double[] beta = [.. Enumerable.Range(0, 20_000).Select(_ => Mixing.NextBeta(alpha, random))];
            Assert.All(beta, x => Assert.InRange(x, 0, 1));
            Assert.InRange(beta.Average(), 0.48, 0.52);
            double variance = 1 / (4 * (2 * alpha + 1));
            Assert.InRange(beta.Average(x => (x - 0.5) * (x - 0.5)), 0.95 * variance, 1.05 * variance);
        }

        Assert.All(Enumerable.Range(0, 200), _ => Assert.InRange(Mixing.NextBeta(1e-4, random), 0, 1));
    }
}
