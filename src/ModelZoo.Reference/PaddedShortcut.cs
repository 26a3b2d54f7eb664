namespace ModelZoo.Reference;

/// <summary>
/// The shortcut without parameters, x (N,C,H,W), y (N,K,⌈H/s⌉,⌈W/s⌉), K ≥ C: y[n,k,i,j] = x[n,k,s·i,s·j] for k &lt; C, and 0 in the other channels.
/// Source: He, Zhang, Ren and Sun 2015 (arXiv 1512.03385), section 3.3, option A.
/// </summary>
public static class PaddedShortcut
{
    public static NdArray Forward(NdArray x, int channels, int stride)
    {
        Check(x, channels, stride);
        NdArray y = NdArray.Zeros(x.Shape[0], channels, (x.Shape[2] + stride - 1) / stride, (x.Shape[3] + stride - 1) / stride);
        Visit(x, y, stride, (n, c, i, j) => y[n, c, i, j] = x[n, c, stride * i, stride * j]);
        return y;
    }

    /// <summary>∂/∂x: gradY where a pixel was kept, 0 elsewhere; x is needed for its shape only.</summary>
    public static NdArray Backward(NdArray x, NdArray gradY, int stride)
    {
        Require.Rank(gradY, 4, "The output gradient");
        Check(x, gradY.Shape[1], stride);
        Require.Shape(gradY, "The output gradient", x.Shape[0], gradY.Shape[1], (x.Shape[2] + stride - 1) / stride, (x.Shape[3] + stride - 1) / stride);
        NdArray gradX = NdArray.ZerosLike(x);
        Visit(x, gradY, stride, (n, c, i, j) => gradX[n, c, stride * i, stride * j] = gradY[n, c, i, j]);
        return gradX;
    }

    private static void Visit(NdArray x, NdArray y, int stride, Action<int, int, int, int> visit)
    {
        for (int n = 0; n < x.Shape[0]; n++)
        {
            for (int c = 0; c < x.Shape[1]; c++)
            {
                for (int i = 0; i < y.Shape[2]; i++)
                {
                    for (int j = 0; j < y.Shape[3]; j++)
                    {
                        visit(n, c, i, j);
                    }
                }
            }
        }
    }

    private static void Check(NdArray x, int channels, int stride)
    {
        Require.Rank(x, 4, "The input of a padded shortcut");
        if (channels < x.Shape[1] || stride < 1)
        {
            throw new ArgumentException($"A padded shortcut cannot give {channels} channels at stride {stride} for {x}.");
        }
    }
}
