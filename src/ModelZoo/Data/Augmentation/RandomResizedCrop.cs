namespace ModelZoo.Data.Augmentation;

/// <summary>
/// A part of random area and aspect ratio, which is then resized to the input: C. Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, section 6, with torchvision's definition.
/// </summary>
public static class RandomResizedCrop
{
    private const int Attempts = 10;

    /// <summary>Draws the part.</summary>
    /// <param name="width">Columns of the picture.</param>
    /// <param name="height">Rows of the picture.</param>
    /// <param name="minScale">The least share of the picture's area, above 0, up to 1; the largest share is 1, and each between is equally likely.</param>
    /// <param name="maxRatio">The largest width per height, at least 1; the least is its inverse, and the logarithm is drawn evenly.</param>
    /// <param name="random">Where the draws come from.</param>
    /// <returns>A part in whole pixels. Where ten draws do not fit into the picture, its middle, as large as the ratios allow.</returns>
    public static (int Left, int Top, int Width, int Height) Draw(int width, int height, double minScale, double maxRatio, SeededRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentNullException.ThrowIfNull(random);
        double area = (double)width * height, logRatio = Math.Log(maxRatio);
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            double target = area * (minScale + (1 - minScale) * random.NextDouble());
            double ratio = Math.Exp(logRatio * (2 * random.NextDouble() - 1));
            int w = (int)Math.Round(Math.Sqrt(target * ratio)), h = (int)Math.Round(Math.Sqrt(target / ratio));
            if (w > 0 && h > 0 && w <= width && h <= height)
            {
                int top = random.Next(height - h + 1);
                return (random.Next(width - w + 1), top, w, h);
            }
        }

        double own = (double)width / height;
        int columns = own > maxRatio ? Math.Max(1, (int)Math.Round(height * maxRatio)) : width;
        int rows = own < 1 / maxRatio ? Math.Max(1, (int)Math.Round(width * maxRatio)) : height;
        return ((width - columns) / 2, (height - rows) / 2, columns, rows);
    }
}
