namespace ModelZoo.Reference;

/// <summary>What <see cref="Elementwise"/> makes of two numbers.</summary>
public enum Joining
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a − b.</summary>
    Subtract,

    /// <summary>a·b.</summary>
    Multiply,

    /// <summary>a/b.</summary>
    Divide,

    /// <summary>a^b.</summary>
    Power,

    /// <summary>The larger one.</summary>
    Maximum,

    /// <summary>The smaller one.</summary>
    Minimum,
}

/// <summary>
/// Two arrays joined element by element, y = f(a, b); dimensions of size 1, and leading ones that one of them lacks, are repeated. Where two values are equal,
/// half of the gradient of a maximum or a minimum goes to each, as in PyTorch.
/// </summary>
public static class Elementwise
{
    /// <summary>f(a, b).</summary>
    public static double Value(Joining how, double a, double b) => how switch
    {
        Joining.Add => a + b,
        Joining.Subtract => a - b,
        Joining.Multiply => a * b,
        Joining.Divide => a / b,
        Joining.Power => Math.Pow(a, b),
        Joining.Maximum => Math.Max(a, b),
        _ => Math.Min(a, b),
    };

    /// <summary>∂f/∂a and ∂f/∂b.</summary>
    public static (double A, double B) Slopes(Joining how, double a, double b) => how switch
    {
        Joining.Add => (1, 1),
        Joining.Subtract => (1, -1),
        Joining.Multiply => (b, a),
        Joining.Divide => (1 / b, -a / b / b),
        Joining.Power => (b == 0 ? 0 : b * Math.Pow(a, b - 1), a == 0 && b >= 0 ? 0 : Math.Pow(a, b) * Math.Log(a)),
        Joining.Maximum => a == b ? (0.5, 0.5) : a > b ? (1, 0) : (0, 1),
        _ => a == b ? (0.5, 0.5) : a < b ? (1, 0) : (0, 1),
    };

    public static NdArray Forward(Joining how, NdArray a, NdArray b)
    {
        NdArray y = NdArray.Zeros(Shape(a, b));
        for (int i = 0; i < y.Count; i++)
        {
            (int placeA, int placeB) = Places(a, b, y, i);
            y.Data[i] = Value(how, a.Data[placeA], b.Data[placeB]);
        }

        return y;
    }

    /// <summary>∂/∂a = Σ gradY·∂f/∂a and ∂/∂b = Σ gradY·∂f/∂b over the repeated dimensions.</summary>
    public static (Sums A, Sums B) Backward(Joining how, NdArray a, NdArray b, NdArray gradY)
    {
        Require.Shape(gradY, "The output gradient", Shape(a, b));
        Sums gradA = Sums.ZerosLike(a), gradB = Sums.ZerosLike(b);
        for (int i = 0; i < gradY.Count; i++)
        {
            (int placeA, int placeB) = Places(a, b, gradY, i);
            (double slopeA, double slopeB) = Slopes(how, a.Data[placeA], b.Data[placeB]);
            gradA.Add(placeA, gradY.Data[i] * slopeA);
            gradB.Add(placeB, gradY.Data[i] * slopeB);
        }

        return (gradA, gradB);
    }

    /// <summary>The shape of y.</summary>
    public static int[] Shape(NdArray a, NdArray b)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        return Broadcasting.Shape(Widened(a, rank), Widened(b, rank));
    }

    /// <summary>The places of the two elements that are joined at a place of y, or of what has its shape.</summary>
    public static (int A, int B) Places(NdArray a, NdArray b, NdArray y, int place)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(y);
        return (Place(a, y, place), Place(b, y, place));
    }

    private static int Place(NdArray a, NdArray y, int place)
    {
        int result = 0, step = 1;
        for (int axis = 1; axis <= a.Rank; axis++)
        {
            (int own, int size) = (a.Shape[^axis], y.Shape[^axis]);
            result += own == 1 ? 0 : place % size * step;
            step *= own;
            place /= size;
        }

        return result;
    }

    private static NdArray Widened(NdArray a, int rank) => new(a.Data, [.. Enumerable.Repeat(1, rank - a.Rank), .. a.Shape]);
}
