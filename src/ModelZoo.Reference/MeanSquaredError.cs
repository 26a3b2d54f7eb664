namespace ModelZoo.Reference;

/// <summary>Mean squared error of two arrays of one shape: loss = (1/M) Σ (x − target)² over all M elements.</summary>
public static class MeanSquaredError
{
    public static double Forward(NdArray x, NdArray target) => x.Zip(target, (a, b) => (a - b) * (a - b)).Data.Average();

    /// <summary>∂/∂x = 2(x − target)/M.</summary>
    public static NdArray Backward(NdArray x, NdArray target) => x.Zip(target, (a, b) => 2 * (a - b) / x.Count);
}
