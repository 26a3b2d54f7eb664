namespace ModelZoo.Reference;

/// <summary>
/// Ways back from a pooled (N,C,I,J) to a larger plane (N,C,H,W). Nearest repeats each value over its k×k block; bed of nails sets it in the block's
/// upper left corner and 0 elsewhere; max unpooling sets it where the max pooling had found it and 0 elsewhere.
/// Source: Zeiler and Fergus 2013 (arXiv 1311.2901) for max; nearest as PyTorch's Upsample with a whole scale.
/// </summary>
public static class Unpooling
{
    /// <summary>y[n,c,h,w] = x[n, c, ⌊h/k⌋, ⌊w/k⌋].</summary>
    public static NdArray Nearest(NdArray x, Pair scale) => Spread(x, scale, (_, _) => true);

    /// <summary>∂/∂x = Σ of gradY over the block.</summary>
    public static Sums NearestBackward(NdArray gradY, Pair scale) => Gather(gradY, scale, (_, _) => true);

    /// <summary>y[n,c,i·k,j·k] = x[n,c,i,j], else 0.</summary>
    public static NdArray BedOfNails(NdArray x, Pair scale) => Spread(x, scale, (p, q) => p == 0 && q == 0);

    /// <summary>∂/∂x[n,c,i,j] = gradY[n,c,i·k,j·k].</summary>
    public static Sums BedOfNailsBackward(NdArray gradY, Pair scale) => Gather(gradY, scale, (p, q) => p == 0 && q == 0);

    /// <summary>y[n,c] at place indices[…] = x[n,c,i,j], else 0; the indices h·W + w are <see cref="Pooled.Indices"/>. A place named twice throws.</summary>
    public static NdArray Max(NdArray x, int[] indices, Pair size)
    {
        int plane = Check(x, indices, size);
        NdArray y = NdArray.Zeros(x.Shape[0], x.Shape[1], size.H, size.W);
        HashSet<int> taken = [];
        for (int at = 0; at < x.Count; at++)
        {
            int place = (at / plane * size.H * size.W) + indices[at];
            if (!taken.Add(place))
            {
                throw new ArgumentException($"Two values would be set at place {indices[at]} of one map; max unpooling needs windows that do not overlap.");
            }

            y.Data[place] = x.Data[at];
        }

        return y;
    }

    /// <summary>∂/∂x = gradY at the place of each value; x is needed for its shape only.</summary>
    public static NdArray MaxBackward(NdArray x, int[] indices, NdArray gradY)
    {
        Require.Rank(gradY, 4, "The output gradient");
        Pair size = (gradY.Shape[2], gradY.Shape[3]);
        int plane = Check(x, indices, size);
        Require.Shape(gradY, "The output gradient", x.Shape[0], x.Shape[1], size.H, size.W);
        NdArray gradX = NdArray.ZerosLike(x);
        for (int at = 0; at < x.Count; at++)
        {
            gradX.Data[at] = gradY.Data[(at / plane * size.H * size.W) + indices[at]];
        }

        return gradX;
    }

    private static NdArray Spread(NdArray x, Pair scale, Func<int, int, bool> set)
    {
        Require.Rank(x, 4, "The input of an unpooling");
        Require.Positive(scale, "The scale");
        return Sums.Over(x.Shape[0], x.Shape[1], x.Shape[2] * scale.H, x.Shape[3] * scale.W, (n, c, h, w) =>
            set(h % scale.H, w % scale.W) ? default(Sum).Plus(x[n, c, h / scale.H, w / scale.W]) : default).Value;
    }

    private static Sums Gather(NdArray gradY, Pair scale, Func<int, int, bool> set)
    {
        Require.Rank(gradY, 4, "The output gradient");
        Require.Positive(scale, "The scale");
        if (gradY.Shape[2] % scale.H != 0 || gradY.Shape[3] % scale.W != 0)
        {
            throw new ArgumentException($"{gradY} is not made of whole {scale.H}x{scale.W} blocks.");
        }

        return Sums.Over(gradY.Shape[0], gradY.Shape[1], gradY.Shape[2] / scale.H, gradY.Shape[3] / scale.W, (n, c, i, j) =>
        {
            Sum sum = default;
            for (int p = 0; p < scale.H; p++)
            {
                for (int q = 0; q < scale.W; q++)
                {
                    sum = set(p, q) ? sum.Plus(gradY[n, c, (i * scale.H) + p, (j * scale.W) + q]) : sum;
                }
            }

            return sum;
        });
    }

    private static int Check(NdArray x, int[] indices, Pair size)
    {
        Require.Rank(x, 4, "The input of an unpooling");
        Require.Positive(size, "The output size");
        if (indices.Length != x.Count || indices.Any(index => index < 0 || index >= size.H * size.W))
        {
            throw new ArgumentException($"{x} needs {x.Count} indices between 0 and {(size.H * size.W) - 1}.");
        }

        return x.Shape[2] * x.Shape[3];
    }
}
