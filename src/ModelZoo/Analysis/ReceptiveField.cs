namespace ModelZoo.Analysis;

/// <summary>
/// What one output element sees of the model's input along one axis: its extent, the distance between neighbours, and the centre of the first,
/// all in input pixels.
/// </summary>
/// <param name="Size">Extent, r.</param>
/// <param name="Jump">Distance between the fields of neighbouring elements, j.</param>
/// <param name="Start">Centre of the first element's field, counted from the centre of the first pixel.</param>
public readonly record struct ReceptiveField(double Size, double Jump, double Start)
{
    /// <summary>A pixel of the input sees itself.</summary>
    public static ReceptiveField Pixel => new(1, 1, 0);

    /// <summary>After a window of <paramref name="kernel"/> taps: r += (k−1)·d·j; start += ((k−1)·d/2 − p)·j; j *= s.</summary>
    public ReceptiveField Through(long kernel, long stride, long padding, long dilation)
    {
        long reach = (kernel - 1) * dilation;
        return new(Size + reach * Jump, Jump * stride, Start + (reach / 2.0 - padding) * Jump);
    }

    /// <summary>
    /// After laying kernels at every <paramref name="stride"/>-th place of a finer plane (transposed convolution, unpooling): an output sees at most ⌈k/s⌉ inputs,
    /// r += (⌈k/s⌉−1)·j; j /= s; start += (p − (k−1)/2)·j of the finer plane.
    /// </summary>
    public ReceptiveField Spread(long kernel, long stride, long padding)
    {
        double jump = Jump / stride;
        return new(Size + (((kernel + stride - 1) / stride - 1) * Jump), jump, Start + ((padding - ((kernel - 1) / 2.0)) * jump));
    }

    /// <summary>Of two branches that meet: the larger field counts.</summary>
    public static ReceptiveField Join(ReceptiveField a, ReceptiveField b) => a.Size >= b.Size ? a : b;
}
