namespace ModelZoo.Reference;

/// <summary>
/// Product of two arrays of one rank, dimensions of size 1 repeated: y = a · b. Squeeze-and-excitation scales maps (N,C,H,W) by weights (N,C,1,1):
/// Hu et al. 2017 (arXiv 1709.01507).
/// </summary>
public static class Multiply
{
    public static NdArray Forward(NdArray a, NdArray b)
    {
        int[] shape = Broadcasting.Shape(a, b);
        NdArray y = NdArray.Zeros(shape);
        for (int i = 0; i < y.Count; i++)
        {
            y.Data[i] = a.Data[Broadcasting.Place(a, shape, i)] * b.Data[Broadcasting.Place(b, shape, i)];
        }

        return y;
    }

    /// <summary>∂/∂a = Σ gradY·b and ∂/∂b = Σ gradY·a over the repeated dimensions.</summary>
    public static (Sums A, Sums B) Backward(NdArray a, NdArray b, NdArray gradY)
    {
        int[] shape = Broadcasting.Shape(a, b);
        Require.Shape(gradY, "The output gradient", shape);
        Sums gradA = Sums.ZerosLike(a), gradB = Sums.ZerosLike(b);
        for (int i = 0; i < gradY.Count; i++)
        {
            int placeA = Broadcasting.Place(a, shape, i), placeB = Broadcasting.Place(b, shape, i);
            gradA.Add(placeA, gradY.Data[i] * b.Data[placeB]);
            gradB.Add(placeB, gradY.Data[i] * a.Data[placeA]);
        }

        return (gradA, gradB);
    }
}
