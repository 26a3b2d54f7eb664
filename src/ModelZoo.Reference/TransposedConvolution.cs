namespace ModelZoo.Reference;

/// <summary>
/// Transposed convolution, x (N,C,H,W), w (C,K/groups,R,S), bias (K), y (N,K,(H−1)s − 2·pad + d(R−1) + outputPadding + 1, …): every input pixel lays
/// its kernel, weighted, over the output: y[n,k,h,v] = b[k] + Σ x[n,c,i,j] · w[c,k,p,q] over all (c,i,j,p,q) with i·s − pad + p·d = h and
/// j·s − pad + q·d = v. That is the input gradient of the convolution with the same w, and its own gradients are that convolution's forward and
/// weight gradient. Source: Zeiler et al. 2010; Dumoulin and Visin (arXiv 1603.07285), chapter 4.
/// </summary>
public static class TransposedConvolution
{
    public static NdArray Forward(NdArray x, NdArray w, NdArray? bias, ConvolutionShape shape, Pair outputPadding = default) =>
        ForwardSums(x, w, bias, shape, outputPadding).Value;

    public static Sums ForwardSums(NdArray x, NdArray w, NdArray? bias, ConvolutionShape shape, Pair outputPadding = default)
    {
        int maps = Check(x, w, bias, shape, outputPadding);
        int height = OutputSize.TransposedConvolution(x.Shape[2], w.Shape[2], shape.Stride.H, shape.Padding.H, shape.Dilation.H, outputPadding.H);
        int width = OutputSize.TransposedConvolution(x.Shape[3], w.Shape[3], shape.Stride.W, shape.Padding.W, shape.Dilation.W, outputPadding.W);
        return Sums.Over(x.Shape[0], maps, height, width, (n, k, h, v) => ForwardAt(x, w, bias, shape, n, k, h, v));
    }

    /// <summary>One element y[n,k,h,v].</summary>
    public static Sum ForwardAt(NdArray x, NdArray w, NdArray? bias, ConvolutionShape shape, int n, int k, int h, int v)
    {
        Sum sum = Convolution.GradInputAt(w, x, shape, n, k, h, v);
        return bias is null ? sum : sum.Plus(bias[k]);
    }

    /// <summary>The gradients of Σ gradY·y with respect to x, w and bias.</summary>
    public static Gradients Backward(NdArray x, NdArray w, NdArray gradY, ConvolutionShape shape)
    {
        GradientSums sums = BackwardSums(x, w, gradY, shape);
        return new Gradients(sums.X.Value, sums.Weight.Value, sums.Bias.Value);
    }

    public static GradientSums BackwardSums(NdArray x, NdArray w, NdArray gradY, ConvolutionShape shape)
    {
        Require.Rank(x, 4, "The input of a transposed convolution");
        Require.Rank(w, 4, "The weight of a transposed convolution");
        Require.Rank(gradY, 4, "The output gradient");
        Pair outputPadding = (
            gradY.Shape[2] - (((x.Shape[2] - 1) * shape.Stride.H) - (2 * shape.Padding.H) + (shape.Dilation.H * (w.Shape[2] - 1)) + 1),
            gradY.Shape[3] - (((x.Shape[3] - 1) * shape.Stride.W) - (2 * shape.Padding.W) + (shape.Dilation.W * (w.Shape[3] - 1)) + 1));
        int maps = Check(x, w, null, shape, outputPadding);
        Require.Shape(gradY, "The output gradient", x.Shape[0], maps, gradY.Shape[2], gradY.Shape[3]);
        return new GradientSums(
            Sums.Over(x.Shape[0], x.Shape[1], x.Shape[2], x.Shape[3], (n, c, i, j) => Convolution.ForwardAt(gradY, w, null, shape, n, c, i, j)),
            Sums.Over(w.Shape[0], w.Shape[1], w.Shape[2], w.Shape[3], (c, k, p, q) => Convolution.GradWeightAt(gradY, x, shape, c, k, p, q)),
            Sums.Over(maps, k => Convolution.GradBiasAt(gradY, k)));
    }

    /// <summary>Checks the arguments and returns the number of output maps.</summary>
    private static int Check(NdArray x, NdArray w, NdArray? bias, ConvolutionShape shape, Pair outputPadding)
    {
        Require.Rank(x, 4, "The input of a transposed convolution");
        Require.Rank(w, 4, "The weight of a transposed convolution");
        Require.Positive(shape.Stride, "The stride");
        Require.Positive(shape.Dilation, "The dilation");
        Require.NotNegative(shape.Padding, "The padding");
        Require.NotNegative(outputPadding, "The output padding");
        if (shape.Groups < 1 || x.Shape[1] % shape.Groups != 0 || x.Shape[1] != w.Shape[0])
        {
            throw new ArgumentException(
                $"The weight {w} does not fit the input {x} in {shape.Groups} groups: it must be (C, K/groups, R, S) with C divisible by groups.");
        }

        if (outputPadding.H >= Math.Max(shape.Stride.H, shape.Dilation.H) || outputPadding.W >= Math.Max(shape.Stride.W, shape.Dilation.W))
        {
            throw new ArgumentException("The output padding must be smaller than the stride or the dilation.");
        }

        int maps = w.Shape[1] * shape.Groups;
        if (bias is not null)
        {
            Require.Shape(bias, "The bias", maps);
        }

        return maps;
    }
}
