namespace ModelZoo.Reference;

/// <summary>The sum over some dimensions of an array of any shape, which stay with size 1 or go.</summary>
public static class Total
{
    public static Sums ForwardSums(NdArray x, IReadOnlyList<int> axes, bool keep)
    {
        (int[] shape, int[] places) = Plan(x, axes);
        Sums y = Sums.Zeros(shape);
        for (int i = 0; i < x.Count; i++)
        {
            y.Add(places[i], x.Data[i]);
        }

        int[] kept = keep ? shape : [.. shape.Where((_, axis) => !axes.Contains(axis))];
        return new(new(y.Value.Data, kept), new(y.Magnitude.Data, kept), new(y.Terms.Data, kept));
    }

    /// <summary>∂/∂x = gradY of the sum that an element is in; x is needed for its shape only.</summary>
    public static NdArray Backward(NdArray x, IReadOnlyList<int> axes, NdArray gradY)
    {
        (int[] shape, int[] places) = Plan(x, axes);
        if (gradY.Count != shape.Aggregate(1, (a, b) => a * b))
        {
            throw new ArgumentException($"{gradY} is no gradient of a sum over {x}.");
        }

        NdArray gradX = NdArray.ZerosLike(x);
        for (int i = 0; i < x.Count; i++)
        {
            gradX.Data[i] = gradY.Data[places[i]];
        }

        return gradX;
    }

    /// <summary>How many elements one sum has.</summary>
    internal static int Count(NdArray x, IReadOnlyList<int> axes) => axes.Distinct().Aggregate(1, (count, axis) => count * x.Shape[axis]);

    private static (int[] Shape, int[] Places) Plan(NdArray x, IReadOnlyList<int> axes)
    {
        foreach (int axis in axes)
        {
            Require.Axis(x, axis);
        }

        NdArray y = NdArray.Zeros([.. x.Shape.Select((size, axis) => axes.Contains(axis) ? 1 : size)]);
        return ([.. y.Shape], [.. Enumerable.Range(0, x.Count).Select(i => Broadcasting.Place(y, [.. x.Shape], i))]);
    }
}
