namespace ModelZoo.Reference;

/// <summary>The mean over some dimensions of an array of any shape, which stay with size 1 or go.</summary>
public static class Mean
{
    public static Sums ForwardSums(NdArray x, IReadOnlyList<int> axes, bool keep)
    {
        Sums sums = Total.ForwardSums(x, axes, keep);
        double count = Total.Count(x, axes);
        return sums with { Value = sums.Value.Map(sum => sum / count), Magnitude = sums.Magnitude.Map(sum => sum / count) };
    }

    /// <summary>∂/∂x = gradY / (number of elements that the mean is of); x is needed for its shape only.</summary>
    public static NdArray Backward(NdArray x, IReadOnlyList<int> axes, NdArray gradY)
    {
        double count = Total.Count(x, axes);
        return Total.Backward(x, axes, gradY).Map(g => g / count);
    }
}
