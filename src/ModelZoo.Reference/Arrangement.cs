namespace ModelZoo.Reference;

/// <summary>What lies around an array that is given a border.</summary>
public enum Surrounding
{
    /// <summary>One value.</summary>
    Constant,

    /// <summary>The array mirrored at its outermost elements, which are not repeated.</summary>
    Reflected,

    /// <summary>Its outermost elements.</summary>
    Repeated,
}

/// <summary>
/// Values that move: y[i] = x[place of i] in row-major data, or a constant where the place is −1. The gradient goes back where each value came from, and adds
/// up where one was taken several times.
/// </summary>
/// <param name="From">The shape of x.</param>
/// <param name="To">The shape of y.</param>
/// <param name="Places">For each element of y the place in x.</param>
/// <param name="Constant">What stands where the place is −1.</param>
public sealed record Arrangement(int[] From, int[] To, int[] Places, double Constant = 0)
{
    /// <summary>Another shape of as many elements.</summary>
    public static Arrangement Reshape(int[] from, params int[] to) => Count(from) == Count(to)
        ? new(from, to, [.. Enumerable.Range(0, Count(from))])
        : throw new ArgumentException($"[{string.Join(", ", from)}] and [{string.Join(", ", to)}] hold different numbers of elements.");

    /// <summary>Dimension i of y is dimension order[i] of x.</summary>
    public static Arrangement Permute(int[] from, params int[] order) => order.Order().SequenceEqual(Enumerable.Range(0, from.Length))
        ? Of(from, [.. order.Select(axis => from[axis])], to =>
        {
            int[] index = new int[from.Length];
            for (int axis = 0; axis < order.Length; axis++)
            {
                index[order[axis]] = to[axis];
            }

            return index;
        })
        : throw new ArgumentException($"[{string.Join(", ", order)}] is no order of {from.Length} dimensions.");

    /// <summary>Chosen indices of one dimension, in their order; one may be taken several times.</summary>
    public static Arrangement Select(int[] from, int axis, params int[] indices)
    {
        int[] shape = [.. from];
        shape[axis] = indices.Length;
        return Array.TrueForAll(indices, i => i >= 0 && i < from[axis])
            ? Of(from, shape, to => [.. to.Select((i, a) => a == axis ? indices[i] : i)])
            : throw new ArgumentException($"An index lies outside dimension {axis} of [{string.Join(", ", from)}].");
    }

    /// <summary>Elements before and after each dimension; a negative number cuts, which goes with <see cref="Surrounding.Constant"/> alone.</summary>
    public static Arrangement Border(int[] from, int[] before, int[] after, Surrounding surrounding, double constant = 0) =>
        Of(from, [.. from.Select((size, axis) => size + before[axis] + after[axis])], to =>
        {
            int[] index = [.. to.Select((i, axis) => i - before[axis])];
            for (int axis = 0; axis < index.Length; axis++)
            {
                (int i, int last) = (index[axis], from[axis] - 1);
                index[axis] = surrounding switch
                {
                    Surrounding.Reflected => i < 0 ? -i : i > last ? (2 * last) - i : i,
                    Surrounding.Repeated => Math.Clamp(i, 0, last),
                    _ => i,
                };
            }

            return index;
        }) with
        { Constant = constant };

    public NdArray Forward(NdArray x)
    {
        Require.Shape(x, "What is arranged", From);
        NdArray y = NdArray.Zeros(To);
        for (int i = 0; i < y.Count; i++)
        {
            y.Data[i] = Places[i] < 0 ? Constant : x.Data[Places[i]];
        }

        return y;
    }

    /// <summary>∂/∂x = Σ of gradY over the elements that were taken from there.</summary>
    public Sums Backward(NdArray gradY)
    {
        Require.Shape(gradY, "The output gradient", To);
        Sums gradX = Sums.Zeros(From);
        for (int i = 0; i < gradY.Count; i++)
        {
            if (Places[i] >= 0)
            {
                gradX.Add(Places[i], gradY.Data[i]);
            }
        }

        return gradX;
    }

    // An index outside x has no place.
    private static Arrangement Of(int[] from, int[] to, Func<int[], int[]> source)
    {
        if (Array.Exists(to, size => size < 1))
        {
            throw new ArgumentException($"Nothing is left of [{string.Join(", ", from)}].");
        }

        int[] places = new int[Count(to)], index = new int[to.Length];
        for (int i = 0; i < places.Length; i++)
        {
            int place = 0;
            int[] at = source(index);
            for (int axis = 0; axis < from.Length && place >= 0; axis++)
            {
                place = at[axis] >= 0 && at[axis] < from[axis] ? (place * from[axis]) + at[axis] : -1;
            }

            places[i] = place;
            for (int axis = to.Length - 1; axis >= 0 && ++index[axis] == to[axis]; axis--)
            {
                index[axis] = 0;
            }
        }

        return new(from, to, places);
    }

    private static int Count(int[] shape) => shape.Aggregate(1, (a, b) => checked(a * b));
}
