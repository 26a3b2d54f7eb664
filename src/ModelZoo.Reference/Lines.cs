namespace ModelZoo.Reference;

/// <summary>The lines of an array along one axis, each as the places of its elements in the row-major data.</summary>
internal static class Lines
{
    public static IEnumerable<int[]> Along(NdArray x, int axis)
    {
        Require.Axis(x, axis);
        int length = x.Shape[axis];
        int inner = x.Shape.Skip(axis + 1).Aggregate(1, (product, size) => product * size);
        for (int outer = 0; outer < x.Count / (length * inner); outer++)
        {
            for (int i = 0; i < inner; i++)
            {
                yield return [.. Enumerable.Range(0, length).Select(l => (((outer * length) + l) * inner) + i)];
            }
        }
    }
}
