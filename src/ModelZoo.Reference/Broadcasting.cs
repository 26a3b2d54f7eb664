namespace ModelZoo.Reference;

/// <summary>Which element of a smaller array meets each element of a larger one: a dimension of size 1 is repeated, ranks must agree.</summary>
internal static class Broadcasting
{
    public static int[] Shape(NdArray a, NdArray b)
    {
        bool fits = a.Rank == b.Rank;
        for (int axis = 0; fits && axis < a.Rank; axis++)
        {
            fits = a.Shape[axis] == b.Shape[axis] || a.Shape[axis] == 1 || b.Shape[axis] == 1;
        }

        return fits
            ? [.. a.Shape.Zip(b.Shape, Math.Max)]
            : throw new ArgumentException($"{a} and {b} do not fit: each dimension must agree or be 1.");
    }

    /// <summary>The place in a's data of the element that meets the given place of an array of the broadcast shape.</summary>
    public static int Place(NdArray a, int[] shape, int place)
    {
        int result = 0, step = 1;
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            int index = a.Shape[axis] == 1 ? 0 : place % shape[axis];
            result += index * step;
            step *= a.Shape[axis];
            place /= shape[axis];
        }

        return result;
    }
}
