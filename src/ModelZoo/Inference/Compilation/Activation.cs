using System.Runtime.CompilerServices;

namespace ModelZoo.Inference.Compilation;

/// <summary>What a kernel of the zoo's own does with its sums: a lower limit as they leave the registers, and the rest in a pass behind.</summary>
/// <param name="Kind">Which function.</param>
/// <param name="Least">The lower limit; −∞ for none.</param>
/// <param name="Most">The upper limit; +∞ for none.</param>
internal readonly unsafe record struct Activation(ActivationKind Kind, float Least, float Most)
{
    /// <summary>Whether there is something to be done behind.</summary>
    public bool IsBehind => Kind != ActivationKind.Limits || !float.IsPositiveInfinity(Most);

    /// <summary>How a kernel computes a function; null where it cannot.</summary>
    /// <param name="function">The function; null for none.</param>
    public static Activation? Of(PointwiseFunction? function) => function switch
    {
        null => new(ActivationKind.Limits, float.NegativeInfinity, float.PositiveInfinity),
        { Name: "relu" } => new(ActivationKind.Limits, 0, float.PositiveInfinity),
        { Name: "hardtanh", Scalars: [var least, var most] } => new(ActivationKind.Limits, (float)least, (float)most),
        { Name: "swish" } => new(ActivationKind.Swish, float.NegativeInfinity, float.PositiveInfinity),
        { Name: "sigmoid" } => new(ActivationKind.Logistic, float.NegativeInfinity, float.PositiveInfinity),
        { Name: "hardswish" } => new(ActivationKind.HardSwish, float.NegativeInfinity, float.PositiveInfinity),
        { Name: "hardsigmoid" } => new(ActivationKind.HardLogistic, float.NegativeInfinity, float.PositiveInfinity),
        _ => null,
    };

    /// <summary>What is behind, in place, of some rows.</summary>
    /// <param name="y">The first element.</param>
    /// <param name="step">From row to row.</param>
    /// <param name="rows">How many.</param>
    /// <param name="count">Elements of a row.</param>
    public void Apply<TLanes, TVector>(float* y, long step, long rows, long count) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        switch (Kind)
        {
            case ActivationKind.Swish: Rows<TLanes, TVector, Swish<TLanes, TVector>>(y, step, rows, count, default); break;
            case ActivationKind.Logistic: Rows<TLanes, TVector, Logistic<TLanes, TVector>>(y, step, rows, count, default); break;
            case ActivationKind.HardSwish: Rows<TLanes, TVector, HardSwish<TLanes, TVector>>(y, step, rows, count, default); break;
            case ActivationKind.HardLogistic: Rows<TLanes, TVector, HardLogistic<TLanes, TVector>>(y, step, rows, count, default); break;
            default: Rows<TLanes, TVector, Limit<TLanes, TVector>>(y, step, rows, count, Most); break;
        }
    }

    /// <summary>What is behind, of one vector.</summary>
    public TVector Of<TLanes, TVector>(TVector x) where TLanes : struct, ILanes<TVector> where TVector : struct => Kind switch
    {
        ActivationKind.Swish => Swish<TLanes, TVector>.Of(x, default),
        ActivationKind.Logistic => Logistic<TLanes, TVector>.Of(x, default),
        ActivationKind.HardSwish => HardSwish<TLanes, TVector>.Of(x, default),
        ActivationKind.HardLogistic => HardLogistic<TLanes, TVector>.Of(x, default),
        _ => Limit<TLanes, TVector>.Of(x, Most),
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows<TLanes, TVector, TFunction>(float* y, long step, long rows, long count, float most)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TFunction : struct, IFunction<TVector>
    {
        if (step == count)
        {
            (rows, count) = (1, rows * count);
        }

        long whole = count / TLanes.Count * TLanes.Count;
        for (; rows > 0; rows--, y += step)
        {
            for (long i = 0; i < whole; i += TLanes.Count)
            {
                TLanes.Store(y + i, TFunction.Of(TLanes.Load(y + i), most));
            }

            if (whole < count)
            {
                Rest<TLanes, TVector, TFunction>(y + whole, (int)(count - whole), most);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Rest<TLanes, TVector, TFunction>(float* y, int count, float most)
        where TLanes : struct, ILanes<TVector> where TVector : struct where TFunction : struct, IFunction<TVector>
    {
        float* rest = stackalloc float[TLanes.Count];
        new Span<float>(y, count).CopyTo(new Span<float>(rest, TLanes.Count));
        TLanes.Store(rest, TFunction.Of(TLanes.Load(rest), most));
        new Span<float>(rest, count).CopyTo(new Span<float>(y, count));
    }

    private interface IFunction<TVector>
    {
        static abstract TVector Of(TVector x, float most);
    }

    private readonly struct Swish<TLanes, TVector> : IFunction<TVector> where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, float most) => TLanes.Multiply(x, Logistic<TLanes, TVector>.Of(x, most));
    }

    private readonly struct Logistic<TLanes, TVector> : IFunction<TVector> where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, float most) =>
            TLanes.Reciprocal(TLanes.Add(TLanes.Spread(1), LaneFunctions.Exp<TLanes, TVector>(TLanes.Multiply(x, TLanes.Spread(-1)))));
    }

    private readonly struct HardSwish<TLanes, TVector> : IFunction<TVector> where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, float most) => TLanes.Multiply(x, HardLogistic<TLanes, TVector>.Of(x, most));
    }

    private readonly struct HardLogistic<TLanes, TVector> : IFunction<TVector> where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, float most) =>
            TLanes.Divide(TLanes.Min(TLanes.Spread(6), TLanes.Max(TLanes.Spread(0), TLanes.Add(x, TLanes.Spread(3)))), TLanes.Spread(6));
    }

    private readonly struct Limit<TLanes, TVector> : IFunction<TVector> where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TVector Of(TVector x, float most) => TLanes.Min(TLanes.Spread(most), x);
    }
}

/// <summary>A function of <see cref="Activation"/>.</summary>
internal enum ActivationKind
{
    /// <summary>Its limits, and nothing else.</summary>
    Limits,

    /// <summary>x / (1 + e^−x).</summary>
    Swish,

    /// <summary>1 / (1 + e^−x).</summary>
    Logistic,

    /// <summary>x · min(max(x + 3, 0), 6) / 6.</summary>
    HardSwish,

    /// <summary>min(max(x + 3, 0), 6) / 6.</summary>
    HardLogistic,
}
