namespace ModelZoo.Reference;

/// <summary>
/// Convolution with a partial connection table, as LeNet-5's C3 has: x (N,C,H,W), packed kernels w (Kernels,R,S), bias (M), y (N,M,H−R+1,W−S+1).
/// y[n,m,i,j] = b[m] + Σ_t Σ_{p,q} w[first(m)+t, p, q] · x[n, inputs(m)[t], i+p, j+q]. Stride 1, no padding.
/// Source: LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86:11 (1998), section II.B.
/// </summary>
public static class TableConvolution
{
    public static NdArray Forward(NdArray x, NdArray w, NdArray bias, ConnectionTable table) => ForwardSums(x, w, bias, table).Value;

    public static Sums ForwardSums(NdArray x, NdArray w, NdArray bias, ConnectionTable table)
    {
        Pair y = Check(x, w, table);
        Require.Shape(bias, "The bias", table.OutputMaps);
        return Sums.Over(x.Shape[0], table.OutputMaps, y.H, y.W, (n, m, i, j) => ForwardAt(x, w, bias, table, n, m, i, j));
    }

    /// <summary>One element y[n,m,i,j].</summary>
    public static Sum ForwardAt(NdArray x, NdArray w, NdArray bias, ConnectionTable table, int n, int m, int i, int j)
    {
        Sum sum = default;
        for (int t = 0; t < table.Inputs(m).Count; t++)
        {
            for (int p = 0; p < w.Shape[1]; p++)
            {
                for (int q = 0; q < w.Shape[2]; q++)
                {
                    sum = sum.Plus(w[table.FirstKernel(m) + t, p, q] * x[n, table.Inputs(m)[t], i + p, j + q]);
                }
            }
        }

        return sum.Plus(bias[m]);
    }

    /// <summary>The gradients of Σ gradY·y: X (N,C,H,W), Weight (Kernels,R,S), Bias (M).</summary>
    public static Gradients Backward(NdArray x, NdArray w, NdArray gradY, ConnectionTable table)
    {
        GradientSums sums = BackwardSums(x, w, gradY, table);
        return new Gradients(sums.X.Value, sums.Weight.Value, sums.Bias.Value);
    }

    /// <summary>Each product w·x of the forward sum hands gradY·w to its pixel and gradY·x to its kernel cell; each y hands gradY to its bias.</summary>
    public static GradientSums BackwardSums(NdArray x, NdArray w, NdArray gradY, ConnectionTable table)
    {
        Pair y = Check(x, w, table);
        Require.Shape(gradY, "The output gradient", x.Shape[0], table.OutputMaps, y.H, y.W);
        int channels = x.Shape[1], height = x.Shape[2], width = x.Shape[3], kernelH = w.Shape[1], kernelW = w.Shape[2];
        GradientSums sums = new(Sums.ZerosLike(x), Sums.ZerosLike(w), Sums.Zeros(table.OutputMaps));
        for (int n = 0; n < x.Shape[0]; n++)
        {
            for (int m = 0; m < table.OutputMaps; m++)
            {
                for (int i = 0; i < y.H; i++)
                {
                    for (int j = 0; j < y.W; j++)
                    {
                        double g = gradY[n, m, i, j];
                        sums.Bias.Add(m, g);
                        for (int t = 0; t < table.Inputs(m).Count; t++)
                        {
                            int c = table.Inputs(m)[t], kernel = table.FirstKernel(m) + t;
                            for (int p = 0; p < kernelH; p++)
                            {
                                for (int q = 0; q < kernelW; q++)
                                {
                                    sums.X.Add((((((n * channels) + c) * height) + i + p) * width) + j + q, g * w[kernel, p, q]);
                                    sums.Weight.Add((((kernel * kernelH) + p) * kernelW) + q, g * x[n, c, i + p, j + q]);
                                }
                            }
                        }
                    }
                }
            }
        }

        return sums;
    }

    private static Pair Check(NdArray x, NdArray w, ConnectionTable table)
    {
        Require.Rank(x, 4, "The input of a convolution");
        Require.Shape(x, "The input of a convolution", x.Shape[0], table.InputMaps, x.Shape[2], x.Shape[3]);
        Require.Rank(w, 3, "The packed kernels");
        Require.Shape(w, "The packed kernels", table.Kernels, w.Shape[1], w.Shape[2]);
        return ConvolutionShape.Default.Output(x.Shape[2], x.Shape[3], w.Shape[1], w.Shape[2]);
    }
}
