namespace ModelZoo.Reference;

/// <summary>Arrays that agree in all dimensions but one, laid one after the other along that axis (1: channels).</summary>
public static class Concatenate
{
    public static NdArray Forward(IReadOnlyList<NdArray> parts, int axis = 1)
    {
        int[] shape = Shape(parts, axis);
        NdArray y = NdArray.Zeros(shape);
        ForEach(parts, axis, shape, (part, from, to) => y.Data[to] = parts[part].Data[from]);
        return y;
    }

    /// <summary>Each part's gradient is its own piece of gradY; the parts are needed for their shapes only.</summary>
    public static NdArray[] Backward(IReadOnlyList<NdArray> parts, NdArray gradY, int axis = 1)
    {
        int[] shape = Shape(parts, axis);
        Require.Shape(gradY, "The output gradient", shape);
        NdArray[] gradients = [.. parts.Select(NdArray.ZerosLike)];
        ForEach(parts, axis, shape, (part, from, to) => gradients[part].Data[from] = gradY.Data[to]);
        return gradients;
    }

    private static int[] Shape(IReadOnlyList<NdArray> parts, int axis)
    {
        if (parts.Count == 0)
        {
            throw new ArgumentException("Nothing to concatenate.");
        }

        Require.Axis(parts[0], axis);
        int[] shape = [.. parts[0].Shape];
        shape[axis] = 0;
        foreach (NdArray part in parts)
        {
            int[] rest = [.. part.Shape];
            if (rest.Length != shape.Length || rest.Where((size, a) => a != axis && size != shape[a]).Any())
            {
                throw new ArgumentException($"{parts[0]} and {part} differ in more than axis {axis}.");
            }

            shape[axis] += rest[axis];
        }

        return shape;
    }

    /// <summary>Visits every element: the part, its place there and its place in the whole.</summary>
    private static void ForEach(IReadOnlyList<NdArray> parts, int axis, int[] shape, Action<int, int, int> visit)
    {
        int inner = shape.Skip(axis + 1).Aggregate(1, (product, size) => product * size);
        int start = 0;
        for (int part = 0; part < parts.Count; part++)
        {
            int length = parts[part].Shape[axis];
            for (int from = 0; from < parts[part].Count; from++)
            {
                int outer = from / (length * inner), rest = from % (length * inner);
                visit(part, from, (((outer * shape[axis]) + start) * inner) + rest);
            }

            start += length;
        }
    }
}
