using ModelZoo.Loading.Augmentation;
using ModelZoo.Tests.Training;
using ModelZoo.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Loading.Augmentation;

[Collection(TorchCollection.Name)]
public class RandomAffineTests
{
    private static readonly Recipe Recipe = new() { RandomRotation = 25, RandomScale = 0.2f, RandomShift = 3 };

    [Theory]
    [InlineData(1, 32, 32)]
    [InlineData(3, 11, 20)]
    [InlineData(1, 28, 1)]
    public void Places_are_affine_grids(int channels, int height, int width)
    {
        manual_seed(1);
        using DisposeScope scope = NewDisposeScope();
        Tensor images = rand(9, channels, height, width);
        var random = new SeededRandom(8);
        var theta = new float[9 * 6];
        for (int n = 0; n < 9; n++)
        {
            double angle = Draw(Recipe.RandomRotation) * Math.PI / 180, scale = 1 / (1 + Draw(Recipe.RandomScale));
            double x = Draw(Recipe.RandomShift), y = Draw(Recipe.RandomShift);
            (double sin, double cos) = (Math.Sin(angle) * scale, Math.Cos(angle) * scale);
            float[] rows =
            [
                (float)cos, (float)(-sin * height / width), (float)(2 * x / width),
                (float)(sin * width / height), (float)cos, (float)(2 * y / height),
            ];
            rows.CopyTo(theta, 6 * n);
        }

        Tensor grid = nn.functional.affine_grid(tensor(theta, [9, 2, 3]), images.shape, align_corners: false);
        Tensor expected = nn.functional.grid_sample(images, grid, align_corners: false);
        Tensor actual = new RandomAffine(Recipe, new SeededRandom(8)).Apply(images);
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, 1e-5f); // the places are the same to a bit or two of single precision, on each machine
        Assert.False(actual.equal(images).all().item<bool>());
        Assert.True(actual.eq(new RandomAffine(Recipe, new SeededRandom(8)).Apply(images)).all().item<bool>());

        double Draw(float most) => (2 * random.NextDouble() - 1) * most;
    }
}
