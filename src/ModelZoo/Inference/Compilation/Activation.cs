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

    /// <summary>What is behind, in place.</summary>
    /// <param name="y">The first element.</param>
    /// <param name="count">How many.</param>
    public void Apply<TLanes, TVector>(float* y, long count) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        long i = 0;
        for (; i <= count - TLanes.Count; i += TLanes.Count)
        {
            TLanes.Store(y + i, Of<TLanes, TVector>(TLanes.Load(y + i)));
        }

        if (i < count)
        {
            float* rest = stackalloc float[TLanes.Count];
            new Span<float>(y + i, (int)(count - i)).CopyTo(new Span<float>(rest, TLanes.Count));
            TLanes.Store(rest, Of<TLanes, TVector>(TLanes.Load(rest)));
            new Span<float>(rest, (int)(count - i)).CopyTo(new Span<float>(y + i, (int)(count - i)));
        }
    }

    /// <summary>What is behind, of one vector.</summary>
    public TVector Of<TLanes, TVector>(TVector x) where TLanes : struct, ILanes<TVector> where TVector : struct
    {
        TVector one = TLanes.Spread(1);
        switch (Kind)
        {
            case ActivationKind.Swish:
                return TLanes.Divide(x, TLanes.Add(one, TLanes.Exp(TLanes.Multiply(x, TLanes.Spread(-1)))));
            case ActivationKind.Logistic:
                return TLanes.Divide(one, TLanes.Add(one, TLanes.Exp(TLanes.Multiply(x, TLanes.Spread(-1)))));
            case ActivationKind.HardSwish or ActivationKind.HardLogistic:
                TVector gate = TLanes.Min(TLanes.Spread(6), TLanes.Max(TLanes.Spread(0), TLanes.Add(x, TLanes.Spread(3))));
                gate = TLanes.Divide(gate, TLanes.Spread(6));
                return Kind == ActivationKind.HardSwish ? TLanes.Multiply(x, gate) : gate;
            default:
                return TLanes.Min(TLanes.Spread(Most), x);
        }
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
