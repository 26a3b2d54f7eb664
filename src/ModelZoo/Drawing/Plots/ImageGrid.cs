namespace ModelZoo.Drawing.Plots;

/// <summary>Small images side by side, each pixel as a square.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Images">In rows.</param>
/// <param name="Columns">Images in a row.</param>
public sealed record ImageGrid(string Title, IReadOnlyList<PlotImage> Images, int Columns) : Figure(Title)
{
    /// <summary>A name over each row; null for none.</summary>
    public IReadOnlyList<string>? Rows { get; init; }
}

/// <summary>One image.</summary>
/// <param name="Label">Under it; may be empty.</param>
/// <param name="Width">Columns of pixels.</param>
/// <param name="Height">Rows of pixels.</param>
/// <param name="Channels">1 for grey, 3 for red, green, blue.</param>
/// <param name="Pixels">[H,W,C], 0 … 255.</param>
public sealed record PlotImage(string Label, int Width, int Height, int Channels, byte[] Pixels)
{
    /// <summary>A grey image of numbers: <paramref name="low"/> becomes black, <paramref name="high"/> white; null for the least and the greatest.</summary>
    /// <param name="label">Under it.</param>
    /// <param name="width">Columns.</param>
    /// <param name="height">Rows.</param>
    /// <param name="values">[H,W].</param>
    /// <param name="low">What is black.</param>
    /// <param name="high">What is white.</param>
    public static PlotImage Grey(string label, int width, int height, ReadOnlySpan<float> values, double? low = null, double? high = null)
    {
        (double least, double greatest) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (float value in values)
        {
            (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
        }

        (double from, double to) = (low ?? least, high ?? greatest);
        var pixels = new byte[values.Length];
        for (int i = 0; i < pixels.Length; i++)
        {
            double share = to > from ? (values[i] - from) / (to - from) : 0.5;
            pixels[i] = (byte)Math.Round(255 * Math.Clamp(double.IsFinite(share) ? share : 0, 0, 1));
        }

        return new(label, width, height, 1, pixels);
    }
}
