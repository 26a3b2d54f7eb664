namespace ModelZoo.Reference;

/// <summary>
/// Max pooling, x (N,C,H,W), y (N,C,I,J): y[n,c,i,j] = max_{p,q} x[n, c, i·s − pad + p·d, j·s − pad + q·d]; padding counts as −∞.
/// Of equal values the first in row-major order wins, a NaN beats everything (both as in PyTorch); the winner alone gets the gradient.
/// </summary>
public static class MaxPooling
{
    /// <summary>y, and for each element the place h·W + w of its winner in the input plane.</summary>
    public static Pooled Forward(NdArray x, PoolingWindow window)
    {
        Pair size = window.Output(x);
        NdArray y = NdArray.Zeros(x.Shape[0], x.Shape[1], size.H, size.W);
        int[] indices = new int[y.Count];
        int at = 0;
        for (int n = 0; n < x.Shape[0]; n++)
        {
            for (int c = 0; c < x.Shape[1]; c++)
            {
                for (int i = 0; i < size.H; i++)
                {
                    for (int j = 0; j < size.W; j++)
                    {
                        (y.Data[at], indices[at]) = Winner(x, window, n, c, i, j);
                        at++;
                    }
                }
            }
        }

        return new Pooled(y, indices);
    }

    /// <summary>One element y[n,c,i,j].</summary>
    public static double ForwardAt(NdArray x, PoolingWindow window, int n, int c, int i, int j) => Winner(x, window, n, c, i, j).Value;

    /// <summary>∂/∂x of one pixel: Σ of gradY over those of the windows above it that it won.</summary>
    public static Sum GradInputAt(NdArray x, NdArray gradY, PoolingWindow window, int n, int c, int h, int w)
    {
        int place = (h * x.Shape[3]) + w;
        Sum sum = default;
        for (int p = window.Kernel.H - 1; p >= 0; p--)
        {
            for (int q = window.Kernel.W - 1; q >= 0; q--)
            {
                // Row(i, p) = h solved for i; only a whole i inside the output counts.
                int rows = h - window.Row(0, p), columns = w - window.Column(0, q);
                int i = rows / window.Stride.H, j = columns / window.Stride.W;
                bool covers = i * window.Stride.H == rows && j * window.Stride.W == columns && i >= 0 && i < gradY.Shape[2] && j >= 0 && j < gradY.Shape[3];
                if (covers && Winner(x, window, n, c, i, j).Index == place)
                {
                    sum = sum.Plus(gradY[n, c, i, j]);
                }
            }
        }

        return sum;
    }

    /// <summary>∂/∂x = Σ of gradY over the windows that the pixel won; gradY (N,C,I,J), x's gradient (N,C,H,W).</summary>
    public static NdArray Backward(NdArray x, NdArray gradY, PoolingWindow window) => BackwardSums(x, gradY, window).Value;

    public static Sums BackwardSums(NdArray x, NdArray gradY, PoolingWindow window) => Forward(x, window).Scatter(x, gradY);

    private static (double Value, int Index) Winner(NdArray x, PoolingWindow window, int n, int c, int i, int j)
    {
        double best = double.NegativeInfinity;
        int index = -1;
        for (int p = 0; p < window.Kernel.H; p++)
        {
            for (int q = 0; q < window.Kernel.W; q++)
            {
                int row = window.Row(i, p), column = window.Column(j, q);
                if (row < 0 || row >= x.Shape[2] || column < 0 || column >= x.Shape[3])
                {
                    continue;
                }

                double value = x[n, c, row, column];
                if (index < 0 || value > best || double.IsNaN(value))
                {
                    best = value;
                    index = (row * x.Shape[3]) + column;
                }
            }
        }

        return index >= 0 ? (best, index) : throw new ArgumentException($"The pooling window at ({i}, {j}) covers nothing of {x}.");
    }
}

/// <summary>The output (N,C,I,J) of a max pooling and, for each element in row-major order, the place h·W + w of its winner.</summary>
public sealed record Pooled(NdArray Y, int[] Indices)
{
    /// <summary>Adds each element of gradY to its winner's place in an array of x's shape (N,C,H,W).</summary>
    internal Sums Scatter(NdArray x, NdArray gradY)
    {
        Require.SameShape(gradY, Y, "The output and its gradient");
        int plane = x.Shape[2] * x.Shape[3], outPlane = Y.Shape[2] * Y.Shape[3];
        Sums gradX = Sums.ZerosLike(x);
        for (int at = 0; at < gradY.Count; at++)
        {
            gradX.Add((at / outPlane * plane) + Indices[at], gradY.Data[at]);
        }

        return gradX;
    }
}
