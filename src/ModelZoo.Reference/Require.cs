namespace ModelZoo.Reference;

/// <summary>The checks of arguments that many operations share; each throws <see cref="ArgumentException"/>.</summary>
internal static class Require
{
    public static void Rank(NdArray a, int rank, string what)
    {
        if (a.Rank != rank)
        {
            throw new ArgumentException($"{what} must have {rank} dimensions, but is {a}.");
        }
    }

    public static void Shape(NdArray a, string what, params ReadOnlySpan<int> shape)
    {
        bool same = a.Rank == shape.Length;
        for (int axis = 0; same && axis < shape.Length; axis++)
        {
            same = a.Shape[axis] == shape[axis];
        }

        if (!same)
        {
            throw new ArgumentException($"{what} must have the shape [{string.Join(", ", shape.ToArray())}], but is {a}.");
        }
    }

    public static void SameShape(NdArray a, NdArray b, string what)
    {
        if (!a.Shape.SequenceEqual(b.Shape))
        {
            throw new ArgumentException($"{what} must have one shape, but are {a} and {b}.");
        }
    }

    public static void Axis(NdArray a, int axis)
    {
        if (axis < 0 || axis >= a.Rank)
        {
            throw new ArgumentException($"{a} has no axis {axis}.");
        }
    }

    public static void Positive(Pair pair, string what)
    {
        if (pair.H < 1 || pair.W < 1)
        {
            throw new ArgumentException($"{what} must be positive, but is {pair.H}x{pair.W}.");
        }
    }

    public static void NotNegative(Pair pair, string what)
    {
        if (pair.H < 0 || pair.W < 0)
        {
            throw new ArgumentException($"{what} must not be negative, but is {pair.H}x{pair.W}.");
        }
    }
}
