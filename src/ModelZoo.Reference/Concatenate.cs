namespace ModelZoo.Reference;

/// <summary>Arrays that agree in all dimensions but one, laid one after the other along that axis (1: channels).</summary>
public static class Concatenate
{
    public static NdArray Forward(IReadOnlyList<NdArray> parts, int axis = 1)
    {
        int[] shape = Shape(parts, axis);
        NdArray y = NdArray.Zeros(shape);
        ForEach(parts, axis, shape, (part, from, to, count) => Array.Copy(parts[part].Data, from, y.Data, to, count));
        return y;
    }

    /// <summary>Each part's gradient is its own piece of gradY; the parts are needed for their shapes only.</summary>
    public static NdArray[] Backward(IReadOnlyList<NdArray> parts, NdArray gradY, int axis = 1)
    {
        int[] shape = Shape(parts, axis);
        Require.Shape(gradY, "The output gradient", shape);
        NdArray[] gradients = [.. parts.Select(NdArray.ZerosLike)];
        ForEach(parts, axis, shape, (part, from, to, count) => Array.Copy(gradY.Data, to, gradients[part].Data, from, count));
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

    /// <summary>Visits every run of neighboring elements: the part, its place there, its place in the whole, and its length.</summary>
    private static void ForEach(IReadOnlyList<NdArray> parts, int axis, int[] shape, Action<int, int, int, int> visit)
    {
        int inner = shape.Skip(axis + 1).Aggregate(1, (product, size) => product * size),
            outer = shape.Take(axis).Aggregate(1, (product, size) => product * size);
        int start = 0;
        for (int part = 0; part < parts.Count; part++)
        {
            int length = parts[part].Shape[axis];
            for (int o = 0; o < outer; o++)
            {
                visit(part, o * length * inner, ((o * shape[axis]) + start) * inner, length * inner);
            }

            start += length;
        }
    }
}
