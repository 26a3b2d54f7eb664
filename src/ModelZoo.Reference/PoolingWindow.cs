namespace ModelZoo.Reference;

/// <summary>A pooling window: kernel, stride (the kernel where not given), padding on each side, dilation, and whether the output size is rounded up.</summary>
public sealed record PoolingWindow(Pair Kernel)
{
    private readonly Pair? stride;

    public Pair Stride
    {
        get => stride ?? Kernel;
        init => stride = value;
    }

    public Pair Padding { get; init; } = 0;

    public Pair Dilation { get; init; } = 1;

    /// <summary>Rounds the output size up; a window that would start in the right padding is dropped (<see cref="OutputSize.Pooling"/>).</summary>
    public bool CeilMode { get; init; }

    /// <summary>The input row that window cell p touches at output row i.</summary>
    internal int Row(int i, int p) => (i * Stride.H) - Padding.H + (p * Dilation.H);

    /// <summary>The input column that window cell q touches at output column j.</summary>
    internal int Column(int j, int q) => (j * Stride.W) - Padding.W + (q * Dilation.W);

    /// <summary>The output size for an input (N,C,H,W); bad windows throw.</summary>
    public Pair Output(NdArray x)
    {
        Require.Rank(x, 4, "The input of a pooling");
        return new Pair(
            OutputSize.Pooling(x.Shape[2], Kernel.H, Stride.H, Padding.H, Dilation.H, CeilMode),
            OutputSize.Pooling(x.Shape[3], Kernel.W, Stride.W, Padding.W, Dilation.W, CeilMode));
    }
}
