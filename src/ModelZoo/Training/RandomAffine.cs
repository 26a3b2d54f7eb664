using System.Runtime.InteropServices;
using ModelZoo.Data;
using TorchSharp;
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
        (int count, int height, int width) = ((int)images.shape[0], (int)images.shape[2], (int)images.shape[3]);
        (float[] columns, float[] rows) = (Centers(width), Centers(height));
        using Tensor places = empty([count, height, width, 2], ScalarType.Float32);
        Span<float> all = MemoryMarshal.Cast<byte, float>(places.bytes);
        for (int n = 0; n < count; n++)
        {
            double angle = Within(recipe.RandomRotation) * Math.PI / 180;
            double scale = 1 / (1 + Within(recipe.RandomScale));
            (double x, double y) = (Within(recipe.RandomShift), Within(recipe.RandomShift));
            (double sin, double cos) = (Math.Sin(angle) * scale, Math.Cos(angle) * scale);

            // From output to input coordinates in [−1,1]: one pixel is 2/width wide. Rotation is in pixels, hence the ratio of the sides.
            (float, float, float) left = ((float)cos, (float)(-sin * height / width), (float)(2 * x / width));
            (float, float, float) top = ((float)(sin * width / height), (float)cos, (float)(2 * y / height));
            Fill(all.Slice(n * height * width * 2, height * width * 2), columns, rows, left, top);
        }

        using Tensor grid = places.to(images.device); // [N,H,W,2]
        return nn.functional.grid_sample(images, grid, align_corners: false);
    }

    // What affine_grid gives, to the bit; its product of many small matrices takes six times as long as the sampling.
    private static void Fill(Span<float> places, float[] columns, float[] rows, (float X, float Y, float One) left, (float X, float Y, float One) top)
    {
        int at = 0;
        foreach (float y in rows)
        {
            foreach (float x in columns)
            {
                places[at++] = x * left.X + y * left.Y + left.One;
                places[at++] = x * top.X + y * top.Y + top.One;
            }
        }
    }

    // The centers of the pixels, as affine_grid rounds them.
    private static float[] Centers(int count)
    {
        using DisposeScope scope = NewDisposeScope();
        return linspace(-1, 1, count, dtype: ScalarType.Float32).mul_((float)(count - 1)).div_((float)count).data<float>().ToArray();
    }

    private double Within(float most) => most == 0 ? 0 : (2 * random.NextDouble() - 1) * most;
}
