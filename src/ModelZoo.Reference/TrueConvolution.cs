namespace ModelZoo.Reference;

/// <summary>
/// Convolution in the mathematical sense: the kernel is turned by 180° before it slides, w'[k,c,p,q] = w[k,c,R−1−p,S−1−q].
/// Networks learn the same thing either way; signal processing and hand-made kernels mean this one. Shapes as in <see cref="Convolution"/>.
/// </summary>
public static class TrueConvolution
{
    public static NdArray Forward(NdArray x, NdArray w, NdArray? bias, ConvolutionShape shape) => Convolution.Forward(x, Flip(w), bias, shape);

    public static Gradients Backward(NdArray x, NdArray w, NdArray gradY, ConvolutionShape shape)
    {
        Gradients gradients = Convolution.Backward(x, Flip(w), gradY, shape);
        return gradients with { Weight = Flip(gradients.Weight) };
    }

    /// <summary>The kernel (K,C,R,S) turned by 180°.</summary>
    public static NdArray Flip(NdArray w)
    {
        Require.Rank(w, 4, "The weight of a convolution");
        NdArray flipped = NdArray.ZerosLike(w);
        for (int k = 0; k < w.Shape[0]; k++)
        {
            for (int c = 0; c < w.Shape[1]; c++)
            {
                for (int p = 0; p < w.Shape[2]; p++)
                {
                    for (int q = 0; q < w.Shape[3]; q++)
                    {
                        flipped[k, c, p, q] = w[k, c, w.Shape[2] - 1 - p, w.Shape[3] - 1 - q];
                    }
                }
            }
        }

        return flipped;
    }
}
