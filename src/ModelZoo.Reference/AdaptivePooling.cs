namespace ModelZoo.Reference;

/// <summary>
/// Pooling to a given size, x (N,C,H,W), y (N,C,I,J): y[n,c,i,j] is the average or the maximum of the rows ⌊i·H/I⌋ … ⌈(i+1)·H/I⌉ − 1
/// and likewise of the columns. Size 1 is global pooling. Source: PyTorch's AdaptiveAvgPool2d; global: Lin et al. 2013 (arXiv 1312.4400).
/// </summary>
public static class AdaptivePooling
{
    public static NdArray Average(NdArray x, Pair size) => AverageSums(x, size).Value;

    public static Sums AverageSums(NdArray x, Pair size)
    {
        Check(x, size);
        return Sums.Over(x.Shape[0], x.Shape[1], size.H, size.W, (n, c, i, j) => AverageAt(x, size, n, c, i, j));
    }

    /// <summary>One element y[n,c,i,j] of the average.</summary>
    public static Sum AverageAt(NdArray x, Pair size, int n, int c, int i, int j)
    {
        Sum sum = default;
        ForEach(x, size, i, j, (h, w) => sum = sum.Plus(x[n, c, h, w]));
        return sum.Times(1.0 / sum.Terms);
    }

    /// <summary>∂/∂x of one pixel: Σ of gradY / (number of cells of the window) over the windows that cover it.</summary>
    public static Sum AverageGradInputAt(NdArray x, NdArray gradY, int n, int c, int h, int w)
    {
        (int rows, int columns) = (gradY.Shape[2], gradY.Shape[3]);
        Sum sum = default;
        for (int i = Math.Max(0, (h * rows / x.Shape[2]) - 1); i < rows && i * x.Shape[2] / rows <= h; i++)
        {
            (int top, int bottom) = (i * x.Shape[2] / rows, (((i + 1) * x.Shape[2]) + rows - 1) / rows);
            for (int j = Math.Max(0, (w * columns / x.Shape[3]) - 1); h < bottom && j < columns && j * x.Shape[3] / columns <= w; j++)
            {
                (int left, int right) = (j * x.Shape[3] / columns, (((j + 1) * x.Shape[3]) + columns - 1) / columns);
                if (w < right)
                {
                    sum = sum.Plus(gradY[n, c, i, j] / ((bottom - top) * (right - left)));
                }
            }
        }

        return sum;
    }

    /// <summary>∂/∂x = Σ of gradY / (number of cells of the window) over the windows that cover the pixel; x is needed for its shape only.</summary>
    public static NdArray AverageBackward(NdArray x, NdArray gradY) => AverageBackwardSums(x, gradY).Value;

    public static Sums AverageBackwardSums(NdArray x, NdArray gradY)
    {
        Pair size = CheckGradient(x, gradY);
        int plane = x.Shape[2] * x.Shape[3];
        Sums gradX = Sums.ZerosLike(x);
        for (int at = 0; at < gradY.Count; at++)
        {
            int map = at / (size.H * size.W), i = at / size.W % size.H, j = at % size.W;
            int cells = 0;
            ForEach(x, size, i, j, (_, _) => cells++);
            ForEach(x, size, i, j, (h, w) => gradX.Add((map * plane) + (h * x.Shape[3]) + w, gradY.Data[at] / cells));
        }

        return gradX;
    }

    /// <summary>The maxima and the places h·W + w of the winners; the first of equal values wins.</summary>
    public static Pooled Max(NdArray x, Pair size)
    {
        Check(x, size);
        NdArray y = NdArray.Zeros(x.Shape[0], x.Shape[1], size.H, size.W);
        int[] indices = new int[y.Count];
        for (int at = 0; at < y.Count; at++)
        {
            int map = at / (size.H * size.W), i = at / size.W % size.H, j = at % size.W;
            indices[at] = -1;
            ForEach(x, size, i, j, (h, w) =>
            {
                double value = x[map / x.Shape[1], map % x.Shape[1], h, w];
                if (indices[at] < 0 || value > y.Data[at] || double.IsNaN(value))
                {
                    (y.Data[at], indices[at]) = (value, (h * x.Shape[3]) + w);
                }
            });
        }

        return new Pooled(y, indices);
    }

    /// <summary>∂/∂x = Σ of gradY over the windows that the pixel won.</summary>
    public static NdArray MaxBackward(NdArray x, NdArray gradY) => MaxBackwardSums(x, gradY).Value;

    public static Sums MaxBackwardSums(NdArray x, NdArray gradY) => Max(x, CheckGradient(x, gradY)).Scatter(x, gradY);

    private static void ForEach(NdArray x, Pair size, int i, int j, Action<int, int> visit)
    {
        int height = x.Shape[2], width = x.Shape[3];
        for (int h = i * height / size.H; h < (((i + 1) * height) + size.H - 1) / size.H; h++)
        {
            for (int w = j * width / size.W; w < (((j + 1) * width) + size.W - 1) / size.W; w++)
            {
                visit(h, w);
            }
        }
    }

    private static void Check(NdArray x, Pair size)
    {
        Require.Rank(x, 4, "The input of a pooling");
        Require.Positive(size, "The output size");
    }

    private static Pair CheckGradient(NdArray x, NdArray gradY)
    {
        Require.Rank(x, 4, "The input of a pooling");
        Require.Rank(gradY, 4, "The output gradient");
        Require.Shape(gradY, "The output gradient", x.Shape[0], x.Shape[1], gradY.Shape[2], gradY.Shape[3]);
        return (gradY.Shape[2], gradY.Shape[3]);
    }
}
