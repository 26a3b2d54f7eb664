namespace ModelZoo.Data.Augmentation;

/// <summary>
/// AlexNet's colour augmentation: along the principal components of ImageNet's RGB values, multiples of them are added to every pixel, each proportional to its eigenvalue times a
/// Gaussian number drawn once an image. A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet Classification with Deep Convolutional Neural Networks", NIPS 2012, section 4.1
/// (standard deviation 0.1).
/// </summary>
public static class PcaLighting
{
    // Of pixels in [0,1], as published with fb.resnet.torch, datasets/imagenet.lua; the paper does not print them. A row a channel, a column a component.
    private static readonly double[] Values = [0.2175, 0.0188, 0.0045];
    private static readonly double[] Vectors = [-0.5675, 0.7192, 0.4009, -0.5808, -0.0045, -0.8140, -0.5836, -0.6948, 0.4203];

    /// <summary>Draws what is added to the channels.</summary>
    /// <param name="deviation">The standard deviation; the paper's is 0.1.</param>
    /// <param name="random">Where the draws come from.</param>
    /// <returns>Red, green, blue, for pixels in [0,1].</returns>
    public static (float Red, float Green, float Blue) Draw(double deviation, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        Span<double> amounts = stackalloc double[3];
        for (int i = 0; i < 3; i++)
        {
            amounts[i] = deviation * random.NextGaussian() * Values[i];
        }

        return (Sum(amounts, 0), Sum(amounts, 1), Sum(amounts, 2));
    }

    private static float Sum(ReadOnlySpan<double> amounts, int channel)
    {
        double sum = 0;
        for (int i = 0; i < 3; i++)
        {
            sum += Vectors[3 * channel + i] * amounts[i];
        }

        return (float)sum;
    }
}
