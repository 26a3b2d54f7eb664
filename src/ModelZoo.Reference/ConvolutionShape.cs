namespace ModelZoo.Reference;

/// <summary>How a kernel moves over its input: stride, zero padding on each side, dilation (distance between kernel cells) and channel groups.</summary>
public sealed record ConvolutionShape
{
    public static ConvolutionShape Default { get; } = new();

    public Pair Stride { get; init; } = 1;

    public Pair Padding { get; init; } = 0;

    public Pair Dilation { get; init; } = 1;

    public int Groups { get; init; } = 1;

    /// <summary>The input row that kernel row p touches at output row i (outside the input it is padding).</summary>
    internal int Row(int i, int p) => (i * Stride.H) - Padding.H + (p * Dilation.H);

    /// <summary>The input column that kernel column q touches at output column j.</summary>
    internal int Column(int j, int q) => (j * Stride.W) - Padding.W + (q * Dilation.W);

    internal Pair Output(int height, int width, int kernelH, int kernelW) => new(
        OutputSize.Convolution(height, kernelH, Stride.H, Padding.H, Dilation.H),
        OutputSize.Convolution(width, kernelW, Stride.W, Padding.W, Dilation.W));
}
