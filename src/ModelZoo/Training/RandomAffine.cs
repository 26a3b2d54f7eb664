using ModelZoo.Data;
using static TorchSharp.torch;

namespace ModelZoo.Training;

/// <summary>
/// Augmentation: every image of a batch is turned, scaled and moved by amounts of its own, with bilinear sampling and zeros coming in.
/// The amounts come from a <see cref="SeededRandom"/>, so that the same seed gives the same images.
/// </summary>
internal sealed class RandomAffine(Recipe recipe, SeededRandom random)
{
    /// <param name="images">[N,C,H,W], pixels not yet normalised (zero is background).</param>
    /// <returns>A new tensor of the same shape.</returns>
    public Tensor Apply(Tensor images)
    {
        (int count, long height, long width) = ((int)images.shape[0], images.shape[2], images.shape[3]);
        var theta = new float[count * 6];
        for (int n = 0; n < count; n++)
        {
            double angle = Within(recipe.RandomRotation) * Math.PI / 180;
            double scale = 1 / (1 + Within(recipe.RandomScale));
            (double x, double y) = (Within(recipe.RandomShift), Within(recipe.RandomShift));
            (double sin, double cos) = (Math.Sin(angle) * scale, Math.Cos(angle) * scale);

            // From output to input coordinates in [−1,1]: one pixel is 2/width wide. Rotation is in pixels, hence the ratio of the sides.
            float[] rows = [(float)cos, (float)(-sin * height / width), (float)(2 * x / width), (float)(sin * width / height), (float)cos, (float)(2 * y / height)];
            rows.CopyTo(theta, n * 6);
        }

        using Tensor matrices = tensor(theta, [count, 2, 3], device: images.device);
        using Tensor grid = nn.functional.affine_grid(matrices, images.shape, align_corners: false);
        return nn.functional.grid_sample(images, grid, align_corners: false);
    }

    private double Within(float most) => most == 0 ? 0 : (2 * random.NextDouble() - 1) * most;
}
