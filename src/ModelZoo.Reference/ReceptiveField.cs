namespace ModelZoo.Reference;

/// <summary>
/// What one position of a feature map sees of the input along one axis, in pixels: Jump is the distance between what two neighbors see,
/// Size how much one sees, Start the center of what the first sees (the first pixel's center is 0.5; padding can put it below 0).
/// Source: Dumoulin and Visin (arXiv 1603.07285); Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", Distill (2019).
/// </summary>
public readonly record struct ReceptiveField(int Jump, int Size, double Start)
{
    /// <summary>The input itself: each pixel sees itself.</summary>
    public static ReceptiveField Input { get; } = new(1, 1, 0.5);

    /// <summary>After a convolution or pooling: jump' = j·s, size' = r + d(F−1)·j, start' = start + (d(F−1)/2 − p)·j.</summary>
    public ReceptiveField Then(int kernel, int stride = 1, int padding = 0, int dilation = 1)
    {
        if (kernel < 1 || stride < 1 || padding < 0 || dilation < 1)
        {
            throw new ArgumentException($"No window has kernel {kernel}, stride {stride}, padding {padding} and dilation {dilation}.");
        }

        int span = dilation * (kernel - 1);
        return new ReceptiveField(Jump * stride, Size + (span * Jump), Start + (((span / 2.0) - padding) * Jump));
    }

    /// <summary>Where branches meet (add, concatenate): the smallest field that holds both. Their jumps must agree.</summary>
    public ReceptiveField Join(ReceptiveField other)
    {
        if (Jump != other.Jump)
        {
            throw new ArgumentException($"Branches that meet must have one jump, but have {Jump} and {other.Jump}.");
        }

        double left = Math.Min(Start - (Size / 2.0), other.Start - (other.Size / 2.0));
        double right = Math.Max(Start + (Size / 2.0), other.Start + (other.Size / 2.0));
        return new ReceptiveField(Jump, (int)Math.Round(right - left), (left + right) / 2);
    }
}
