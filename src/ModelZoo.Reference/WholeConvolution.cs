namespace ModelZoo.Reference;

/// <summary>
/// The formulas of <see cref="Convolution"/> for whole arrays, values only: each weight w[k,c,p,q] meets its row of x at once, so that the innermost loop runs
/// along a row.
/// </summary>
public static class WholeConvolution
{
    /// <summary>y (N,K,I,J).</summary>
    public static NdArray Forward(NdArray x, NdArray w, NdArray? bias, ConvolutionShape shape)
    {
        Convolution.Check(x, w, bias, shape);
        Pair size = shape.Output(x.Shape[2], x.Shape[3], w.Shape[2], w.Shape[3]);
        NdArray y = NdArray.Zeros(x.Shape[0], w.Shape[0], size.H, size.W);
        int plane = size.H * size.W, maps = w.Shape[0] / shape.Groups;
        Parallel.For(0, x.Shape[0] * w.Shape[0], map =>
        {
            (int n, int k) = (map / w.Shape[0], map % w.Shape[0]);
            Array.Fill(y.Data, bias?[k] ?? 0, map * plane, plane);
            for (int c = 0; c < w.Shape[1]; c++)
            {
                ForEachRow(x, w, size, shape, (n * x.Shape[1]) + (k / maps * w.Shape[1]) + c, (k * w.Shape[1]) + c, map, (weight, xs, ys, count) =>
                {
                    for (int j = 0; j < count; j++)
                    {
                        y.Data[ys + j] += weight * x.Data[xs + (j * shape.Stride.W)];
                    }
                });
            }
        });
        return y;
    }

    /// <summary>∂/∂x (N,C,H,W) of Σ gradY·y; x is needed for its shape only.</summary>
    public static NdArray GradInput(NdArray x, NdArray w, NdArray gradY, ConvolutionShape shape)
    {
        Convolution.Check(x, w, null, shape);
        Pair size = shape.Output(x.Shape[2], x.Shape[3], w.Shape[2], w.Shape[3]);
        Require.Shape(gradY, "The output gradient", x.Shape[0], w.Shape[0], size.H, size.W);
        NdArray gradX = NdArray.ZerosLike(x);
        int maps = w.Shape[0] / shape.Groups;
        Parallel.For(0, x.Shape[0] * x.Shape[1], input =>
        {
            (int n, int c) = (input / x.Shape[1], input % x.Shape[1]);
            int group = c / w.Shape[1];
            for (int k = group * maps; k < (group + 1) * maps; k++)
            {
                ForEachRow(x, w, size, shape, input, (k * w.Shape[1]) + c - (group * w.Shape[1]), (n * w.Shape[0]) + k, (weight, xs, ys, count) =>
                {
                    for (int j = 0; j < count; j++)
                    {
                        gradX.Data[xs + (j * shape.Stride.W)] += weight * gradY.Data[ys + j];
                    }
                });
            }
        });
        return gradX;
    }

    /// <summary>
    /// Visits, for each cell of one kernel and each row of y, the weight, the places of the first pixel of x and of y that meet through it, and how many do.
    /// </summary>
    private static void ForEachRow(NdArray x, NdArray w, Pair size, ConvolutionShape shape, int inputMap, int kernel, int outputMap, Action<double, int, int,
        int> visit)
    {
        (int height, int width, int cells) = (x.Shape[2], x.Shape[3], w.Shape[2] * w.Shape[3]);
        for (int cell = 0; cell < cells; cell++)
        {
            (int p, int q) = (cell / w.Shape[3], cell % w.Shape[3]);
            int first = 0, last = size.W - 1;
            while (first <= last && shape.Column(first, q) < 0)
            {
                first++;
            }

            while (last >= first && shape.Column(last, q) >= width)
            {
                last--;
            }

            for (int i = 0; i < size.H && first <= last; i++)
            {
                int row = shape.Row(i, p);
                if (row >= 0 && row < height)
                {
                    visit(w.Data[(kernel * cells) + cell], (((inputMap * height) + row) * width) + shape.Column(first, q), (((outputMap * size.H) + i) * size.W)
                        + first, last - first + 1);
                }
            }
        }
    }
}
