namespace ModelZoo.Reference;

/// <summary>Sum of two arrays of one rank, dimensions of size 1 repeated: y = a + b. The residual connection: He et al. 2015 (arXiv 1512.03385).</summary>
public static class Add
{
    public static NdArray Forward(NdArray a, NdArray b) => ForwardSums(a, b).Value;

    public static Sums ForwardSums(NdArray a, NdArray b)
    {
        int[] shape = Broadcasting.Shape(a, b);
        Sums y = Sums.Zeros(shape);
        for (int i = 0; i < y.Value.Count; i++)
        {
            y.Add(i, a.Data[Broadcasting.Place(a, shape, i)]);
            y.Add(i, b.Data[Broadcasting.Place(b, shape, i)]);
        }

        return y;
    }

    /// <summary>∂/∂a and ∂/∂b are gradY, summed over repeated dimensions; a and b are needed for their shapes only.</summary>
    public static (Sums A, Sums B) Backward(NdArray a, NdArray b, NdArray gradY)
    {
        int[] shape = Broadcasting.Shape(a, b);
        Require.Shape(gradY, "The output gradient", shape);
        Sums gradA = Sums.ZerosLike(a), gradB = Sums.ZerosLike(b);
        for (int i = 0; i < gradY.Count; i++)
        {
            gradA.Add(Broadcasting.Place(a, shape, i), gradY.Data[i]);
            gradB.Add(Broadcasting.Place(b, shape, i), gradY.Data[i]);
        }

        return (gradA, gradB);
    }
}
