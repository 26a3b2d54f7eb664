namespace ModelZoo.Reference;

/// <summary>
/// Two-dimensional convolution as neural networks mean it (cross-correlation), x (N,C,H,W), w (K,C/groups,R,S), bias (K), y (N,K,I,J):
/// y[n,k,i,j] = b[k] + Σ_{c,p,q} w[k,c,p,q] · x[n, first(k)+c, i·s − pad + p·d, j·s − pad + q·d], zero outside x,
/// where first(k) is the first input channel of k's group. Groups = C is depthwise, a 1×1 kernel pointwise, R×1 then 1×S spatially separable.
/// Source: LeCun et al. 1998 (IEEE 86:11); groups: Krizhevsky et al. 2012; dilation: Yu and Koltun 2016 (arXiv 1511.07122).
/// </summary>
public static class Convolution
{
    public static NdArray Forward(NdArray x, NdArray w, NdArray? bias, ConvolutionShape shape) => ForwardSums(x, w, bias, shape).Value;

    /// <summary>y with, for each element, Σ|w·x| + |b| and the number of terms inside the input.</summary>
    public static Sums ForwardSums(NdArray x, NdArray w, NdArray? bias, ConvolutionShape shape)
    {
        Check(x, w, bias, shape);
        Pair y = shape.Output(x.Shape[2], x.Shape[3], w.Shape[2], w.Shape[3]);
        return Sums.Over(x.Shape[0], w.Shape[0], y.H, y.W, (n, k, i, j) => ForwardAt(x, w, bias, shape, n, k, i, j));
    }

    /// <summary>One element y[n,k,i,j].</summary>
    public static Sum ForwardAt(NdArray x, NdArray w, NdArray? bias, ConvolutionShape shape, int n, int k, int i, int j)
    {
        Check(x, w, bias, shape);
        int height = x.Shape[2], width = x.Shape[3], kernelH = w.Shape[2], kernelW = w.Shape[3];
        if (n < 0 || n >= x.Shape[0] || k < 0 || k >= w.Shape[0] || i < 0 || j < 0 || shape.Row(i, kernelH - 1) >= height + shape.Padding.H
            || shape.Column(j, kernelW - 1) >= width + shape.Padding.W)
        {
            throw new ArgumentException($"The position ({i}, {j}) is outside the output of {x} and {w}.");
        }

        int channels = w.Shape[1];
        int first = k / (w.Shape[0] / shape.Groups) * channels;
        (double[] ws, double[] xs) = (w.Data, x.Data);
        Sum sum = default;
        for (int c = 0; c < channels; c++)
        {
            int kernel = ((k * channels) + c) * kernelH * kernelW, plane = ((n * x.Shape[1]) + first + c) * height * width;
            for (int p = 0; p < kernelH; p++)
            {
                int row = shape.Row(i, p);
                for (int q = 0; q < kernelW && row >= 0 && row < height; q++)
                {
                    int column = shape.Column(j, q);
                    if (column >= 0 && column < width)
                    {
                        sum = sum.Plus(ws[kernel + (p * kernelW) + q] * xs[plane + (row * width) + column]);
                    }
                }
            }
        }

        return bias is null ? sum : sum.Plus(bias[k]);
    }

    /// <summary>The gradients of Σ gradY·y with respect to x, w and bias; gradY (N,K,I,J).</summary>
    public static Gradients Backward(NdArray x, NdArray w, NdArray gradY, ConvolutionShape shape)
    {
        GradientSums sums = BackwardSums(x, w, gradY, shape);
        return new Gradients(sums.X.Value, sums.Weight.Value, sums.Bias.Value);
    }

    /// <summary>As <see cref="Backward"/>, with the magnitude and the number of terms of each element.</summary>
    public static GradientSums BackwardSums(NdArray x, NdArray w, NdArray gradY, ConvolutionShape shape)
    {
        Check(x, w, null, shape);
        Pair y = shape.Output(x.Shape[2], x.Shape[3], w.Shape[2], w.Shape[3]);
        Require.Shape(gradY, "The output gradient", x.Shape[0], w.Shape[0], y.H, y.W);
        return new GradientSums(
            Sums.Over(x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3], (n, c, h, v) => GradInputAt(w, gradY, shape, n, c, h, v)),
            Sums.Over(w.Shape[0], w.Shape[1], w.Shape[2], w.Shape[3], (k, c, p, q) => GradWeightAt(x, gradY, shape, k, c, p, q)),
            Sums.Over(w.Shape[0], k => GradBiasAt(gradY, k)));
    }

    /// <summary>∂/∂x[n,c,h,v] = Σ over all (k,i,j,p,q) whose window cell is that pixel of gradY[n,k,i,j] · w[k, c − first(k), p, q].</summary>
    public static Sum GradInputAt(NdArray w, NdArray gradY, ConvolutionShape shape, int n, int c, int h, int v)
    {
        int maps = w.Shape[0] / shape.Groups, channels = w.Shape[1], kernelH = w.Shape[2], kernelW = w.Shape[3];
        int outH = gradY.Shape[2], outW = gradY.Shape[3];
        int group = c / channels;
        (double[] ws, double[] gs) = (w.Data, gradY.Data);
        Sum sum = default;
        for (int p = 0; p < kernelH; p++)
        {
            for (int q = 0; q < kernelW; q++)
            {
                // Row(i, p) = h solved for i; only a whole i inside the output counts.
                int rows = h - shape.Row(0, p), columns = v - shape.Column(0, q);
                int i = rows / shape.Stride.H, j = columns / shape.Stride.W;
                if (i * shape.Stride.H != rows || j * shape.Stride.W != columns || i < 0 || i >= outH || j < 0 || j >= outW)
                {
                    continue;
                }

                for (int k = group * maps; k < (group + 1) * maps; k++)
                {
                    int output = (((n * gradY.Shape[1]) + k) * outH * outW) + (i * outW) + j;
                    sum = sum.Plus(gs[output] * ws[(((((k * channels) + c - (group * channels)) * kernelH) + p) * kernelW) + q]);
                }
            }
        }

        return sum;
    }

    /// <summary>∂/∂w[k,c,p,q] = Σ_{n,i,j} gradY[n,k,i,j] · x[n, first(k)+c, i·s − pad + p·d, j·s − pad + q·d].</summary>
    public static Sum GradWeightAt(NdArray x, NdArray gradY, ConvolutionShape shape, int k, int c, int p, int q)
    {
        int batch = x.Shape[0], height = x.Shape[2], width = x.Shape[3], outH = gradY.Shape[2], outW = gradY.Shape[3];
        int first = k / (gradY.Shape[1] / shape.Groups) * (x.Shape[1] / shape.Groups);
        (double[] xs, double[] gs) = (x.Data, gradY.Data);
        Sum sum = default;
        for (int n = 0; n < batch; n++)
        {
            int input = ((n * x.Shape[1]) + first + c) * height * width, output = ((n * gradY.Shape[1]) + k) * outH * outW;
            for (int i = 0; i < outH; i++)
            {
                int row = shape.Row(i, p);
                for (int j = 0; j < outW && row >= 0 && row < height; j++)
                {
                    int column = shape.Column(j, q);
                    if (column >= 0 && column < width)
                    {
                        sum = sum.Plus(gs[output + (i * outW) + j] * xs[input + (row * width) + column]);
                    }
                }
            }
        }

        return sum;
    }

    /// <summary>∂/∂b[k] = Σ_{n,i,j} gradY[n,k,i,j].</summary>
    public static Sum GradBiasAt(NdArray gradY, int k)
    {
        int batch = gradY.Shape[0], outH = gradY.Shape[2], outW = gradY.Shape[3];
        Sum sum = default;
        for (int n = 0; n < batch; n++)
        {
            for (int i = 0; i < outH; i++)
            {
                for (int j = 0; j < outW; j++)
                {
                    sum = sum.Plus(gradY[n, k, i, j]);
                }
            }
        }

        return sum;
    }

    internal static void Check(NdArray x, NdArray w, NdArray? bias, ConvolutionShape shape)
    {
        Require.Rank(x, 4, "The input of a convolution");
        Require.Rank(w, 4, "The weight of a convolution");
        Require.Positive(shape.Stride, "The stride");
        Require.Positive(shape.Dilation, "The dilation");
        Require.NotNegative(shape.Padding, "The padding");
        if (shape.Groups < 1 || w.Shape[0] % shape.Groups != 0 || x.Shape[1] != w.Shape[1] * shape.Groups)
        {
            throw new ArgumentException(
                $"The weight {w} does not fit the input {x} in {shape.Groups} groups: it must be (K, C/groups, R, S) with K divisible by groups.");
        }

        if (bias is not null)
        {
            Require.Shape(bias, "The bias", w.Shape[0]);
        }
    }
}
