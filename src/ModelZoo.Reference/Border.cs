namespace ModelZoo.Reference;

/// <summary>
/// A border of zeros around each plane of x (N,C,H,W): y (N,C,H + top + bottom, W + left + right), y[n,c,h,w] = x[n, c, h − top, w − left] where that exists,
/// else 0. A negative width cuts so many rows or columns off. It is linear, and its gradient is the border of the opposite widths around gradY.
/// </summary>
public readonly record struct Border(int Left, int Right, int Top, int Bottom)
{
    /// <summary>y.</summary>
    public NdArray Forward(NdArray x)
    {
        Require.Rank(x, 4, "What gets a border");
        (int rows, int columns) = (x.Shape[2] + Top + Bottom, x.Shape[3] + Left + Right);
        if (rows < 1 || columns < 1)
        {
            throw new ArgumentException($"Nothing is left of {x} within a border of {Left}, {Right}, {Top} and {Bottom}.");
        }

        NdArray y = NdArray.Zeros(x.Shape[0], x.Shape[1], rows, columns);
        for (int n = 0; n < x.Shape[0]; n++)
        {
            for (int c = 0; c < x.Shape[1]; c++)
            {
                for (int h = Math.Max(0, Top); h < rows && h - Top < x.Shape[2]; h++)
                {
                    for (int w = Math.Max(0, Left); w < columns && w - Left < x.Shape[3]; w++)
                    {
                        y[n, c, h, w] = x[n, c, h - Top, w - Left];
                    }
                }
            }
        }

        return y;
    }

    /// <summary>∂/∂x of Σ gradY·y.</summary>
    public NdArray Backward(NdArray gradY) => new Border(-Left, -Right, -Top, -Bottom).Forward(gradY);
}
