namespace ModelZoo.Reference;

/// <summary>
/// LeNet-5's trainable subsampling (S2, S4), x (N,C,H,W), coefficient and bias (C), y (N,C,⌊H/k⌋,⌊W/k⌋):
/// y[n,c,i,j] = coefficient[c] · Σ_{p,q&lt;k} x[n, c, i·k+p, j·k+q] + bias[c]: the sum of the window, not its mean.
/// Source: LeCun et al. 1998, section II.B. Terms counts the window's cells and the bias.
/// </summary>
public static class Subsampling
{
    public static NdArray Forward(NdArray x, NdArray coefficient, NdArray bias, int window = 2) => ForwardSums(x, coefficient, bias, window).Value;

    public static Sums ForwardSums(NdArray x, NdArray coefficient, NdArray bias, int window = 2)
    {
        Check(x, coefficient, window);
        Require.Shape(bias, "The bias", x.Shape[1]);
        return Sums.Over(x.Shape[0], x.Shape[1], x.Shape[2] / window, x.Shape[3] / window, (n, c, i, j) =>
            WindowSum(x, window, n, c, i, j).Times(coefficient[c]).Plus(bias[c]));
    }

    /// <summary>The gradients of Σ gradY·y: X (N,C,H,W), Weight = the coefficients' (C), Bias (C).</summary>
    public static Gradients Backward(NdArray x, NdArray coefficient, NdArray gradY, int window = 2)
    {
        GradientSums sums = BackwardSums(x, coefficient, gradY, window);
        return new Gradients(sums.X.Value, sums.Weight.Value, sums.Bias.Value);
    }

    /// <summary>
    /// ∂/∂x[n,c,h,w] = coefficient[c] · gradY[n, c, ⌊h/k⌋, ⌊w/k⌋]; ∂/∂coefficient[c] = Σ_{n,i,j} gradY · (window sum); ∂/∂bias[c] = Σ gradY.
    /// Rows and columns that no whole window covers get 0.
    /// </summary>
    public static GradientSums BackwardSums(NdArray x, NdArray coefficient, NdArray gradY, int window = 2)
    {
        Check(x, coefficient, window);
        int batch = x.Shape[0], channels = x.Shape[1], outH = x.Shape[2] / window, outW = x.Shape[3] / window;
        Require.Shape(gradY, "The output gradient", batch, channels, outH, outW);
        Sums gradX = Sums.Over(batch, channels, x.Shape[2], x.Shape[3], (n, c, h, w) =>
            h / window < outH && w / window < outW ? default(Sum).Plus(coefficient[c] * gradY[n, c, h / window, w / window]) : default);
        Sums gradCoefficient = Sums.Zeros(channels), gradBias = Sums.Zeros(channels);
        for (int n = 0; n < batch; n++)
        {
            for (int c = 0; c < channels; c++)
            {
                for (int i = 0; i < outH; i++)
                {
                    for (int j = 0; j < outW; j++)
                    {
                        Sum part = WindowSum(x, window, n, c, i, j).Times(gradY[n, c, i, j]);
                        gradCoefficient.Set(c, gradCoefficient[c].Plus(part));
                        gradBias.Add(c, gradY[n, c, i, j]);
                    }
                }
            }
        }

        return new GradientSums(gradX, gradCoefficient, gradBias);
    }

    private static Sum WindowSum(NdArray x, int window, int n, int c, int i, int j)
    {
        Sum sum = default;
        for (int p = 0; p < window; p++)
        {
            for (int q = 0; q < window; q++)
            {
                sum = sum.Plus(x[n, c, (i * window) + p, (j * window) + q]);
            }
        }

        return sum;
    }

    private static void Check(NdArray x, NdArray coefficient, int window)
    {
        Require.Rank(x, 4, "The input of a subsampling");
        Require.Shape(coefficient, "The coefficient", x.Shape[1]);
        if (window < 1 || x.Shape[2] < window || x.Shape[3] < window)
        {
            throw new ArgumentException($"A window of {window}x{window} does not fit {x}.");
        }
    }
}
