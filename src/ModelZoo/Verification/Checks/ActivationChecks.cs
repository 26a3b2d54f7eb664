using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// A function of each element. The value is the reference's; the bound comes from running error analysis of the steps that the library takes, forward and in
/// its backward formula (which starts from the rounded output where PyTorch's does): see each function.
/// </summary>
/// <param name="Formula">The reference's f and f'.</param>
/// <param name="Forward">y of x; null where y is exact.</param>
/// <param name="Backward">gradX of x and gradY; null where that is exact.</param>
internal sealed record ActivationCheck(Activation Formula, Func<Rounding, double, Bounded>? Forward, Func<Rounding, double, double, Bounded>? Backward)
    : ILayerCheck
{
    private static readonly Bounded One = Bounded.Exact(1);

    /// <summary>max(0, x) selects and so does its gradient: exact.</summary>
    public static ActivationCheck Relu { get; } = new(Activation.Relu, null, null);

    /// <summary>min(max(0, x), 6): exact.</summary>
    public static ActivationCheck Relu6 { get; } = new(Activation.Relu6, null, null);

    /// <summary>
    /// tanh x: 2 ulp. Backward gradY·(1 − y·y) from the rounded y, so near ±1, where 1 − y² cancels, the bound is wide in relative terms, as it must be.
    /// </summary>
    public static ActivationCheck Tanh { get; } = new(
        Activation.Tanh,
        static (r, x) => r.Function(Math.Tanh, Bounded.Exact(x)),
        static (r, x, g) => TanhGradient(r, r.Function(Math.Tanh, Bounded.Exact(x)), Bounded.Exact(g)));

    /// <summary>1/(1 + e^−x): an exponential (2 ulp), a sum, a quotient. Backward gradY·((1 − y)·y) from the rounded y.</summary>
    public static ActivationCheck Sigmoid { get; } = new(
        Activation.Sigmoid,
        static (r, x) => Logistic(r, x),
        static (r, x, g) => r.Times(Bounded.Exact(g), r.Times(r.Minus(One, Logistic(r, x)), Logistic(r, x))));

    /// <summary>x/(1 + e^−x), a product more than the logistic function. Backward gradY·(σ·(1 + x·(1 − σ))).</summary>
    public static ActivationCheck Silu { get; } = new(
        Activation.Silu,
        static (r, x) => r.Times(Bounded.Exact(x), Logistic(r, x)),
        static (r, x, g) =>
        {
            Bounded sigma = Logistic(r, x);
            Bounded slope = r.Times(sigma, r.Plus(One, r.Times(Bounded.Exact(x), r.Minus(One, sigma))));
            return r.Times(Bounded.Exact(g), slope);
        });

    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("the function is not applied", new IdentityCheck())];

    /// <summary>slope·x below zero: the slope is rounded to the stored format, then the product. Above zero exact.</summary>
    public static ActivationCheck LeakyRelu(double slope) => new(
        Activation.LeakyRelu(slope),
        (r, x) => x > 0 ? Bounded.Exact(x) : r.Times(r.Constant(slope), Bounded.Exact(x)),
        (r, x, g) => x > 0 ? Bounded.Exact(g) : r.Times(r.Constant(slope), Bounded.Exact(g)));

    /// <summary>
    /// A·tanh(S·x) in three kernels: both constants are rounded to the stored format, the two products round, tanh has 2 ulp and receives the error of S·x
    /// through its own slope. Backward ((gradY·A)·(1 − t·t))·S from the rounded t = tanh(S·x).
    /// </summary>
    public static ActivationCheck ScaledTanh(double amplitude, double slope) => new(
        Activation.ScaledTanh(amplitude, slope),
        (r, x) => r.Times(r.Constant(amplitude), r.Function(Math.Tanh, r.Times(r.Constant(slope), Bounded.Exact(x)))),
        (r, x, g) =>
        {
            Bounded t = r.Function(Math.Tanh, r.Times(r.Constant(slope), Bounded.Exact(x)));
            return r.Times(TanhGradient(r, t, r.Times(r.Constant(amplitude), Bounded.Exact(g))), r.Constant(slope));
        });

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0];
        return new(Quantity.Output, x.ShapeOf(), i =>
        {
            double y = Formula.Value(x.Data[i]);
            return Forward is null ? Bounded.Exact(y) : Forward(rounding, x.Data[i]).Around(y);
        });
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        NdArray x = inputs[0];
        yield return new(Quantity.GradInput, x.ShapeOf(), i =>
        {
            double gradX = gradY.Data[i] * Formula.Slope(x.Data[i]);
            return Backward is null ? Bounded.Exact(gradX) : Backward(rounding, x.Data[i], gradY.Data[i]).Around(gradX);
        });
    }

    private static Bounded TanhGradient(Rounding r, Bounded t, Bounded g) => r.Times(g, r.Minus(One, r.Times(t, t)));

    private static Bounded Logistic(Rounding r, double x) => r.Over(One, r.Plus(One, r.Function(Math.Exp, Bounded.Exact(-x))));
}

/// <summary>y = x: dropout in evaluation, and <c>Identity</c>. Exact.</summary>
internal sealed record IdentityCheck : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public ITrainingCheck? Training { get; init; }

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, inputs[0]);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) => [Quantity.Exact(Quantity.GradInput, gradY)];
}

/// <summary>y = −x and gradX = −gradY, any shape. A sign changes exactly.</summary>
internal sealed record NegateCheck : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [new("the sign is not changed", new IdentityCheck())];

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Quantity.Exact(Quantity.Output, inputs[0].Map(x => -x));

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
        [Quantity.Exact(Quantity.GradInput, gradY.Map(g => -g))];
}

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
/// Dropout and stochastic depth in training. What was kept is read off the output (off the gradient where the input is zero anyway); then all of it must be
/// x/(1 − p), and the gradient gradY/(1 − p) through the same mask: the reciprocal and the product, three roundings with 1 − p's own. The number of dropped
/// units is binomial: within 6 standard deviations, which chance leaves once in 10⁹ runs.
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
    public IEnumerable<TrainingVariant> Variants => [
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
        bool[] kept = [.. Enumerable.Range(0, run.Input.Count / size).Select(unit => Survives(run, unit * size, size))];
        Bounded scale = Unscaled || Probability >= 1 ? Bounded.Exact(1) : rounding.Over(Bounded.Exact(1), rounding.Constant(1 - Probability));
        yield return (new(Quantity.Output, shape, i => Of(run.Input.Data[i], i), 1), null);
        yield return (new(Quantity.GradInput, shape, i => Of(run.GradY.Data[i], i), 1), null);

        double expected = kept.Length * Probability, deviation = Math.Sqrt(expected * (1 - Probability));
        yield return (new("dropped", [], _ => new Bounded(expected, Deviations * deviation), 1), new NdArray([kept.Count(k => !k)]));

        Bounded Of(double value, int i) => kept[i / size] ? rounding.Times(Bounded.Exact(value), scale) : Bounded.Exact(0);
    }

    private static bool Survives(TrainingValues run, int from, int size) =>
        Any(run.Output, from, size) || (!Any(run.Input, from, size) && run.GradInput is { } gradient && Any(gradient, from, size));

    private static bool Any(NdArray values, int from, int size) => Array.FindIndex(values.Data, from, size, value => value != 0) >= 0;
}
