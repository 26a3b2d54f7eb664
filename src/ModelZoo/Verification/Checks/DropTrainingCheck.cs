using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>What falls away together.</summary>
internal enum Dropped
{
    /// <summary>Each element for itself.</summary>
    Elements,

    /// <summary>The channels of an image.</summary>
    Channels,

    /// <summary>Whole images.</summary>
    Rows,
}

/// <summary>
/// Dropout and stochastic depth in training. What was kept is read off the output (off the gradient where the input is zero anyway); then all of it must be x/(1 − p), and the gradient gradY/(1 − p)
/// through the same mask: the reciprocal and the product, three roundings with 1 − p's own. The number of dropped units is binomial: within 6 standard deviations, which chance leaves
/// once in 10⁹ runs.
/// </summary>
/// <param name="Probability">Of dropping a unit.</param>
/// <param name="Unit">What falls away together.</param>
internal sealed record DropTrainingCheck(double Probability, Dropped Unit) : ITrainingCheck
{
    private const double Deviations = 6;

    // A mistake, for Variants.
    private bool Unscaled { get; init; }

    /// <inheritdoc/>
    public int Rows => Unit == Dropped.Rows ? 512 : 0;

    /// <inheritdoc/>
    public IEnumerable<TrainingVariant> Variants =>
    [
        new("what is kept is not divided by 1 − p", this with { Unscaled = true }),
        .. new[] { 1 - Probability, 0.1, 0.2, 0.25, 0.5 }.Where(p => Math.Abs(p - Probability) > 1e-9).Distinct()
            .Select(p => new TrainingVariant(FormattableString.Invariant($"probability {p:g3} instead of {Probability:g3}"), this with { Probability = p })),
        .. Unit == Dropped.Elements ? [] : new[] { new TrainingVariant("each element is dropped for itself", this with { Unit = Dropped.Elements }) },
        new("nothing is dropped", this with { Probability = 0 }),
    ];

    /// <inheritdoc/>
    public IEnumerable<(Quantity Expected, NdArray? Measured)> Quantities(TrainingValues run, Rounding rounding)
    {
        int[] shape = run.Input.ShapeOf();
        int size = Unit == Dropped.Elements ? 1 : shape.Skip(Unit == Dropped.Channels ? 2 : 1).Aggregate(1, (a, b) => a * b);
        bool[] kept = [.. Enumerable.Range(0, run.Input.Count / size).Select(unit => Kept(run, unit * size, size))];
        Bounded scale = Unscaled || Probability >= 1 ? Bounded.Exact(1) : rounding.Over(Bounded.Exact(1), rounding.Constant(1 - Probability));
        yield return (new(Quantity.Output, shape, i => Of(run.Input.Data[i], i), 1), null);
        yield return (new(Quantity.GradInput, shape, i => Of(run.GradY.Data[i], i), 1), null);

        double expected = kept.Length * Probability, deviation = Math.Sqrt(expected * (1 - Probability));
        yield return (new("dropped", [], _ => new Bounded(expected, Deviations * deviation), 1), new NdArray([kept.Count(k => !k)]));

        Bounded Of(double value, int i) => kept[i / size] ? rounding.Times(Bounded.Exact(value), scale) : Bounded.Exact(0);
    }

    private static bool Kept(TrainingValues run, int from, int size) => Any(run.Output, from, size) || (!Any(run.Input, from, size) && run.GradInput is { } gradient && Any(gradient, from, size));

    private static bool Any(NdArray values, int from, int size) => Array.FindIndex(values.Data, from, size, value => value != 0) >= 0;
}
