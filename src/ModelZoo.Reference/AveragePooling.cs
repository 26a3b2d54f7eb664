namespace ModelZoo.Reference;

/// <summary>
/// Average pooling, x (N,C,H,W), y (N,C,I,J): y[n,c,i,j] = (1/D) Σ_{p,q} x[n, c, i·s − pad + p, j·s − pad + q], padding counts as 0.
/// D is the number of window cells inside the padded input (count_include_pad) or inside the input itself, or the given divisor.
/// With ceil mode the last window may overhang the padded input; what overhangs is never counted. Source: PyTorch's AvgPool2d.
/// </summary>
public static class AveragePooling
{
    public static NdArray Forward(NdArray x, PoolingWindow window, bool countIncludePad = true, int? divisor = null) =>
        ForwardSums(x, window, countIncludePad, divisor).Value;

    public static Sums ForwardSums(NdArray x, PoolingWindow window, bool countIncludePad = true, int? divisor = null)
    {
        Pair y = Check(x, window, divisor);
        return Sums.Over(x.Shape[0], x.Shape[1], y.H, y.W, (n, c, i, j) => ForwardAt(x, window, countIncludePad, divisor, n, c, i, j));
    }

    /// <summary>One element y[n,c,i,j].</summary>
    public static Sum ForwardAt(NdArray x, PoolingWindow window, bool countIncludePad, int? divisor, int n, int c, int i, int j)
    {
        (Pair from, Pair to, int d) = Cells(x, window, countIncludePad, divisor, i, j);
        Sum sum = default;
        for (int h = from.H; h < to.H; h++)
        {
            for (int w = from.W; w < to.W; w++)
            {
                sum = sum.Plus(x[n, c, h, w]);
            }
        }

        return sum.Times(1.0 / d);
    }

    /// <summary>∂/∂x of one pixel: Σ of gradY/D over the windows that cover it.</summary>
    public static Sum GradInputAt(NdArray x, NdArray gradY, PoolingWindow window, bool countIncludePad, int? divisor, int n, int c, int h, int w)
    {
        Sum sum = default;
        for (int i = Math.Max(0, (h + window.Padding.H - window.Kernel.H) / window.Stride.H); i < gradY.Shape[2] && window.Row(i, 0) <= h; i++)
        {
            for (int j = Math.Max(0, (w + window.Padding.W - window.Kernel.W) / window.Stride.W); j < gradY.Shape[3] && window.Column(j, 0) <= w; j++)
            {
                (Pair from, Pair to, int d) = Cells(x, window, countIncludePad, divisor, i, j);
                if (h >= from.H && h < to.H && w >= from.W && w < to.W)
                {
                    sum = sum.Plus(gradY[n, c, i, j] / d);
                }
            }
        }

        return sum;
    }

    /// <summary>∂/∂x = Σ of gradY/D over the windows that cover the pixel; x is needed for its shape only.</summary>
    public static NdArray Backward(NdArray x, NdArray gradY, PoolingWindow window, bool countIncludePad = true, int? divisor = null) =>
        BackwardSums(x, gradY, window, countIncludePad, divisor).Value;

    public static Sums BackwardSums(NdArray x, NdArray gradY, PoolingWindow window, bool countIncludePad = true, int? divisor = null)
    {
        Pair y = Check(x, window, divisor);
        int channels = x.Shape[1], height = x.Shape[2], width = x.Shape[3];
        Require.Shape(gradY, "The output gradient", x.Shape[0], channels, y.H, y.W);
        Sums gradX = Sums.ZerosLike(x);
        for (int n = 0; n < x.Shape[0]; n++)
        {
            for (int c = 0; c < channels; c++)
            {
                for (int i = 0; i < y.H; i++)
                {
                    for (int j = 0; j < y.W; j++)
                    {
                        (Pair from, Pair to, int d) = Cells(x, window, countIncludePad, divisor, i, j);
                        for (int h = from.H; h < to.H; h++)
                        {
                            for (int w = from.W; w < to.W; w++)
                            {
                                gradX.Add((((((n * channels) + c) * height) + h) * width) + w, gradY[n, c, i, j] / d);
                            }
                        }
                    }
                }
            }
        }

        return gradX;
    }

    /// <summary>The input cells [from, to) of the window at (i,j) and its divisor.</summary>
    private static (Pair From, Pair To, int Divisor) Cells(NdArray x, PoolingWindow window, bool countIncludePad, int? divisor, int i, int j)
    {
        int height = x.Shape[2], width = x.Shape[3];
        int top = window.Row(i, 0), left = window.Column(j, 0);
        int bottom = Math.Min(top + window.Kernel.H, height + window.Padding.H), right = Math.Min(left + window.Kernel.W, width + window.Padding.W);
        int padded = (bottom - top) * (right - left);
        Pair from = (Math.Max(top, 0), Math.Max(left, 0)), to = (Math.Min(bottom, height), Math.Min(right, width));
        int inside = (to.H - from.H) * (to.W - from.W);
        return (from, to, divisor ?? (countIncludePad ? padded : inside));
    }

    /// <summary>The output size; bad settings throw.</summary>
    public static Pair Check(NdArray x, PoolingWindow window, int? divisor)
    {
        if (window.Dilation != new Pair(1, 1) || divisor == 0)
        {
            throw new ArgumentException("Average pooling knows no dilation, and its divisor cannot be zero.");
        }

        return window.Output(x);
    }
}
