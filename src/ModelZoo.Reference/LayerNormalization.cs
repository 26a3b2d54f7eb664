namespace ModelZoo.Reference;

/// <summary>
/// Layer normalization: each sample is normalized over its last <c>axes</c> dimensions, in training and evaluation alike; γ and β have those
/// dimensions' shape. For x (N,C,H,W) and 3 axes that is over (C,H,W). Source: Ba, Kiros and Hinton 2016 (arXiv 1607.06450).
/// </summary>
public static class LayerNormalization
{
    public static Normalized Forward(NdArray x, int axes, NdArray? gamma, NdArray? beta, double eps = 1e-5) =>
        Normalization.Forward(x, LastAxes(x, axes), gamma, beta, eps);

    /// <summary>X, Weight = γ's, Bias = β's.</summary>
    public static GradientSums Backward(NdArray x, int axes, NdArray? gamma, NdArray gradY, double eps = 1e-5) =>
        Normalization.Backward(x, LastAxes(x, axes), gamma, gradY, eps);

    private static Grouping LastAxes(NdArray x, int axes)
    {
        if (axes < 1 || axes > x.Rank)
        {
            throw new ArgumentException($"{x} cannot be normalized over its last {axes} dimensions.");
        }

        int[] shape = [.. x.Shape.TakeLast(axes)];
        int size = shape.Aggregate(1, (product, length) => product * length);
        return new Grouping(x.Count / size, i => i / size, i => i % size, shape);
    }
}
