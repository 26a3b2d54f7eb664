namespace ModelZoo.Reference;

/// <summary>
/// Average pooling, x (N,C,H,W), with any border around it, which does not count: the sum of a window divided by the number of its cells that lie in the image.
/// </summary>
public static class BorderedAveragePooling
{
    /// <param name="x">The images.</param>
    /// <param name="window">Kernel, stride and ceil mode; its padding must be 0.</param>
    /// <param name="border">Widths of the border.</param>
    public static Sums ForwardSums(NdArray x, PoolingWindow window, Border border)
    {
        Sums sums = AveragePooling.ForwardSums(border.Forward(x), window, divisor: 1);
        NdArray cells = Cells(x, window, border);
        return new(sums.Value.Zip(cells, (sum, n) => sum / n), sums.Magnitude.Zip(cells, (sum, n) => sum / n), sums.Terms);
    }

    /// <summary>∂/∂x = Σ of gradY / (cells in the image) over the windows that cover a pixel; x is needed for its shape only.</summary>
    public static Sums Backward(NdArray x, NdArray gradY, PoolingWindow window, Border border)
    {
        NdArray each = gradY.Zip(Cells(x, window, border), (g, n) => g / n);
        Sums sums = AveragePooling.BackwardSums(border.Forward(x), each, window, divisor: 1);
        return new(border.Backward(sums.Value), border.Backward(sums.Magnitude), border.Backward(sums.Terms));
    }

    // How many cells of each window lie in the image.
    private static NdArray Cells(NdArray x, PoolingWindow window, Border border) =>
        AveragePooling.Forward(border.Forward(x.Map(_ => 1)), window, divisor: 1);
}
