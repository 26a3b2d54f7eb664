namespace ModelZoo.Reference;

/// <summary>Flattening, x (N,C,H,W) to y (N, C·H·W) in the order channel, row, column; the gradient takes x's shape again.</summary>
public static class Flatten
{
    public static NdArray Forward(NdArray x)
    {
        if (x.Rank < 1)
        {
            throw new ArgumentException("A single number has no batch to keep when flattening.");
        }

        return x.Reshape(x.Shape[0], x.Count / x.Shape[0]);
    }

    /// <summary>∂/∂x = gradY in x's shape; x is needed for its shape only.</summary>
    public static NdArray Backward(NdArray x, NdArray gradY) => gradY.Reshape([.. x.Shape]);
}
