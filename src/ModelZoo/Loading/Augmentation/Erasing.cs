using ModelZoo.Data;

namespace ModelZoo.Loading.Augmentation;

/// <summary>Rectangles of an image that are set to zero after the normalization, and so to the mean color.</summary>
public static class Erasing
{
    private const int Attempts = 10;
    private const double MinArea = 0.02, MaxArea = 0.33, MaxAspect = 3.3, MinAspect = 0.3;

    /// <summary>
    /// Cutout: a square whose center is any pixel, cut off at the borders. T. DeVries, G. W. Taylor, "Improved Regularization of Convolutional Neural Networks
    /// with Cutout", arXiv:1708.04552, 2017, section 3.
    /// </summary>
    /// <param name="width">Columns of the image.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="side">Of the square, in pixels.</param>
    /// <param name="random">Where the draws come from.</param>
    public static (int Left, int Top, int Width, int Height) Cutout(int width, int height, int side, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        int y = random.Next(height), x = random.Next(width);
        (int top, int left) = (Math.Max(0, y - side / 2), Math.Max(0, x - side / 2));
        return (left, top, Math.Min(width, x - side / 2 + side) - left, Math.Min(height, y - side / 2 + side) - top);
    }

    /// <summary>
    /// Random erasing: a rectangle of 2 to 33 % of the area and of 0.3 to 3.3 times as many rows as columns. Z. Zhong et al., "Random Erasing Data
    /// Augmentation", arXiv:1708.04896, 2017, algorithm 1, with torchvision's defaults (the logarithm of the aspect is drawn evenly; of ten draws the first
    /// that fits).
    /// </summary>
    /// <returns>Null where none of the draws fits.</returns>
    public static (int Left, int Top, int Width, int Height)? Draw(int width, int height, SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        double area = (double)width * height, low = Math.Log(MinAspect), high = Math.Log(MaxAspect);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double erased = area * (MinArea + (MaxArea - MinArea) * random.NextDouble());
            double aspect = Math.Exp(low + (high - low) * random.NextDouble());
            int h = (int)Math.Round(Math.Sqrt(erased * aspect)), w = (int)Math.Round(Math.Sqrt(erased / aspect));
            if (h < height && w < width)
            {
                int top = random.Next(height - h + 1);
                return (random.Next(width - w + 1), top, w, h);
            }
        }

        return null;
    }

    /// <summary>Sets a rectangle of every channel to zero.</summary>
    /// <param name="image">[C,H,W], or [H,W,C] with <paramref name="channelsLast"/>.</param>
    /// <param name="shape">[C,H,W].</param>
    /// <param name="part">The rectangle; an empty one changes nothing.</param>
    /// <param name="channelsLast">Whether the channels of a pixel lie side by side.</param>
    public static void Apply(Span<float> image, ImageShape shape, (int Left, int Top, int Width, int Height) part, bool channelsLast = false)
    {
        (int planes, int values) = channelsLast ? (1, shape.Channels) : (shape.Channels, 1);
        for (int plane = 0; plane < planes; plane++)
        {
            for (int y = part.Top; y < part.Top + part.Height; y++)
            {
                image.Slice(((plane * shape.Height + y) * shape.Width + part.Left) * values, part.Width * values).Clear();
            }
        }
    }
}
