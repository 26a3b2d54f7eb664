using ModelZoo.Layers;
using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// More functions of each element for <see cref="ActivationCheck"/>: running error analysis of the steps that ATen's kernels take, forward and in their
/// backward formulas, which start from the rounded output where PyTorch's do.
/// </summary>
internal static class FunctionChecks
{
    private const double SingleUnit = 1.0 / (1 << 24);

    // ATen's vector code takes formula 7.1.26 of Abramowitz and Stegun for single precision, which is off by up to 1.5e-7, and rounds in it.
    private const double VectorErf = 3e-7;

    // What the reference's series and fraction may be off in double precision.
    private const double ReferenceErf = 16.0 / (1L << 53);

    private static readonly Bounded One = Bounded.Exact(1), Two = Bounded.Exact(2);

    /// <summary>y = e^x, 2 ulp; backward gradY·y.</summary>
    public static ActivationCheck Exp { get; } = new(Activation.Exp, Exponential, static (r, x, g) => r.Times(Bounded.Exact(g), Exponential(r, x)));

    /// <summary>y = ln x, 2 ulp; backward gradY/x.</summary>
    public static ActivationCheck Log { get; } = new(
        Activation.Log, static (r, x) => r.Function(Math.Log, Bounded.Exact(x)), static (r, x, g) => r.Over(Bounded.Exact(g), Bounded.Exact(x)));

    /// <summary>y = √x, which vector libraries do not round rightly: 2 ulp; backward gradY/(2y).</summary>
    public static ActivationCheck Sqrt { get; } = new(
        Activation.Sqrt,
        static (r, x) => r.Function(Math.Sqrt, Bounded.Exact(x)),
        static (r, x, g) => r.Over(Bounded.Exact(g), r.Times(Two, r.Function(Math.Sqrt, Bounded.Exact(x)))));

    /// <summary>|x|: only signs change, exact.</summary>
    public static ActivationCheck Abs { get; } = new(Activation.Abs, null, null);

    /// <summary>y = 1/x, rounded once; backward −gradY·(y·y).</summary>
    public static ActivationCheck Reciprocal { get; } = new(
        Activation.Reciprocal,
        static (r, x) => r.Over(One, Bounded.Exact(x)),
        static (r, x, g) => r.Times(Bounded.Exact(-g), r.Times(r.Over(One, Bounded.Exact(x)), r.Over(One, Bounded.Exact(x)))));

    /// <summary>erf x; backward (2/√π·e^(−x·x))·gradY.</summary>
    public static ActivationCheck Erf { get; } = new(
        Activation.Erf,
        static (r, x) => ErrorFunctionOf(r, Bounded.Exact(x)),
        static (r, x, g) => r.Times(r.Times(r.Constant(2 / Math.Sqrt(Math.PI)), Bell(r, r.Times(Bounded.Exact(x), Bounded.Exact(x)))), Bounded.Exact(g)));

    /// <summary>The next whole number below: exact, and no gradient.</summary>
    public static ActivationCheck Floor { get; } = new(Activation.Floor, null, null);

    /// <summary>The next whole number above: exact, and no gradient.</summary>
    public static ActivationCheck Ceil { get; } = new(Activation.Ceil, null, null);

    /// <summary>(x/2)·(1 + erf(x·√½)); backward gradY·(Φ + x·φ), Φ as forward and φ = e^(−x²/2)/√(2π).</summary>
    public static ActivationCheck Gelu { get; } = new(
        Activation.Gelu,
        static (r, x) => r.Times(Bounded.Exact(x), Normal(r, x)),
        static (r, x, g) =>
        {
            Bounded square = r.Times(r.Times(Bounded.Exact(x), Bounded.Exact(x)), Bounded.Exact(0.5));
            Bounded density = r.Times(Bell(r, square), r.Constant(1 / Math.Sqrt(2 * Math.PI)));
            return r.Times(Bounded.Exact(g), r.Plus(Normal(r, x), r.Times(Bounded.Exact(x), density)));
        });

    /// <summary>ln(1 + e^x), 2 ulp each; backward gradY·z/(z + 1) with z = e^x. Above 20 both are exact.</summary>
    public static ActivationCheck Softplus { get; } = new(
        Activation.Softplus,
        static (r, x) => x > 20 ? Bounded.Exact(x) : SoftplusOf(r, x),
        static (r, x, g) => x > 20 ? Bounded.Exact(g) : r.Over(r.Times(Bounded.Exact(g), Exponential(r, x)), r.Plus(Exponential(r, x), One)));

    /// <summary>x/(|x| + 1), a sum and a quotient; backward gradY/d, less |x|/d/d of gradY, which flows back through the divisor d.</summary>
    public static ActivationCheck Softsign { get; } = new(
        Activation.Softsign,
        static (r, x) => r.Over(Bounded.Exact(x), r.Plus(One, Bounded.Exact(Math.Abs(x)))),
        static (r, x, g) =>
        {
            Bounded divisor = r.Plus(One, Bounded.Exact(Math.Abs(x)));
            Bounded through = r.Times(Bounded.Exact(g), r.Over(r.Over(Bounded.Exact(Math.Abs(x)), divisor), divisor));
            return r.Minus(r.Over(Bounded.Exact(g), divisor), through);
        });

    /// <summary>x·tanh(ln(1 + e^x)); backward gradY·(t + x·σ·(1 − t·t)).</summary>
    public static ActivationCheck Mish { get; } = new(
        Activation.Mish,
        static (r, x) => r.Times(Bounded.Exact(x), r.Function(Math.Tanh, SoftplusOf(r, x))),
        static (r, x, g) =>
        {
            Bounded t = r.Function(Math.Tanh, SoftplusOf(r, x)), sigma = r.Over(One, r.Plus(One, Exponential(r, -x)));
            Bounded rest = r.Times(r.Times(Bounded.Exact(x), sigma), r.Minus(One, r.Times(t, t)));
            return r.Times(Bounded.Exact(g), r.Plus(t, rest));
        });

    /// <summary>λ·x above 0, below it λα·(e^x − 1): both constants are rounded, and e^x − 1 may be formed as that difference.</summary>
    public static ActivationCheck Selu { get; } = Exponential(Activation.Selu, Activation.SeluAlpha, Activation.SeluScale);

    /// <summary>(x + 3, cut to [0, 6])/6; backward a sixth of gradY between the kinks, which is a float32 sixth in float64 too.</summary>
    public static ActivationCheck HardSigmoid { get; } = new(
        Activation.HardSigmoid,
        static (r, x) => x <= -3 ? Bounded.Exact(0) : r.Times(Cut(r, x), r.Constant(1.0 / 6)),
        static (r, x, g) => x is > -3 and < 3
            ? r.Times(Bounded.Exact(g), new Bounded(1.0 / 6, Math.Max(r.Constant(1.0 / 6).Error, Math.Abs((1f / 6) - (1.0 / 6)))))
            : Bounded.Exact(0));

    /// <summary>
    /// x·(x + 3, cut to [0, 6])/6; backward gradY·(x/3 + ½) between the kinks, 0 below, gradY above; at a kink either, for PyTorch has changed sides.
    /// </summary>
    public static ActivationCheck HardSwish { get; } = new(
        Activation.HardSwish,
        static (r, x) => r.Times(r.Times(Bounded.Exact(x), Cut(r, x)), r.Constant(1.0 / 6)),
        static (r, x, g) => Math.Abs(x) == 3 ? new(g * Activation.HardSwish.Slope(x), Math.Abs(g) / 2)
            : x < -3 ? Bounded.Exact(0)
            : x > 3 ? Bounded.Exact(g)
            : r.Times(Bounded.Exact(g), r.Plus(r.Times(Bounded.Exact(x), r.Constant(1.0 / 3)), Bounded.Exact(0.5))));

    /// <summary>x above 0, below it α·(e^x − 1), backward α·e^x·gradY.</summary>
    public static ActivationCheck Elu(double alpha) => Exponential(Activation.Elu(alpha), alpha, 1);

    /// <summary>
    /// Cut off below and above: exact where both ends are numbers of the stored format; else an end is rounded, and the gradient at it may be either.
    /// </summary>
    public static ActivationCheck Clip(double least, double most) => new(
        Activation.Clip(least, most),
        (r, x) => x < least ? End(r, least) : x > most ? End(r, most) : Bounded.Exact(x),
        (r, x, g) => new(g * Activation.Clip(least, most).Slope(x), Near(r, x, least) || Near(r, x, most) ? Math.Abs(g) : 0));

    /// <summary>max(0, min(1, αx + β)): a product and a sum with rounded constants; the gradient α·gradY, or none, within the sum's error of a kink.</summary>
    public static ActivationCheck HardLogistic(double alpha, double beta)
    {
        return new(
            Activation.HardLogistic(alpha, beta),
            (r, x) => Line(r, x) is var y && (y.Value + y.Error < 0 || y.Value - y.Error > 1) ? Bounded.Exact(Math.Clamp(y.Value, 0, 1)) : y,
            (r, x, g) =>
            {
                Bounded y = Line(r, x), slope = r.Times(r.Constant(alpha), Bounded.Exact(g));
                bool kink = Math.Abs(y.Value) <= y.Error || Math.Abs(y.Value - 1) <= y.Error;
                return kink ? new(slope.Value, Math.Abs(slope.Value) + slope.Error) : y.Value is >= 0 and <= 1 ? slope : Bounded.Exact(0);
            });

        Bounded Line(Rounding r, double x) => r.Plus(r.Times(r.Constant(alpha), Bounded.Exact(x)), r.Constant(beta));
    }

    /// <summary>The function of an <see cref="ElementFunction"/>.</summary>
    public static ActivationCheck Of(ElementFunction function) => function.Kind switch
    {
        ElementFunctionKind.Exp => Exp,
        ElementFunctionKind.Log => Log,
        ElementFunctionKind.Sqrt => Sqrt,
        ElementFunctionKind.Abs => Abs,
        ElementFunctionKind.Reciprocal => Reciprocal,
        ElementFunctionKind.Erf => Erf,
        ElementFunctionKind.Floor => Floor,
        _ => Ceil,
    };

    private static ActivationCheck Exponential(Activation formula, double alpha, double scale)
    {
        return new(
            formula,
            (r, x) => x > 0 ? Scaled(r, x) : r.Times(r.Constant(alpha * scale), r.Minus(Exponential(r, x), One)),
            (r, x, g) => x > 0 ? Scaled(r, g) : r.Times(Bounded.Exact(g), r.Times(r.Constant(alpha * scale), Exponential(r, x))));

        Bounded Scaled(Rounding r, double value) => scale == 1 ? Bounded.Exact(value) : r.Times(r.Constant(scale), Bounded.Exact(value));
    }

    private static Bounded Exponential(Rounding r, double x) => r.Function(Math.Exp, Bounded.Exact(x));

    private static Bounded SoftplusOf(Rounding r, double x) => r.Function(Accurate.LogOnePlus, Exponential(r, x));

    private static Bounded Bell(Rounding r, Bounded exponent) => r.Function(static e => Math.Exp(-e), exponent);

    private static Bounded ErrorFunctionOf(Rounding r, Bounded x)
    {
        Bounded y = r.Function(ErrorFunction.Of, x);
        return y with { Error = y.Error + (ReferenceErf * Math.Abs(y.Value)) + (r.Unit >= SingleUnit ? VectorErf : 0) };
    }

    private static Bounded Normal(Rounding r, double x)
    {
        Bounded inner = r.Times(Bounded.Exact(x), r.Constant(Math.Sqrt(0.5)));
        return r.Times(r.Plus(One, ErrorFunctionOf(r, inner)), Bounded.Exact(0.5));
    }

    private static Bounded Cut(Rounding r, double x) => x <= -3 ? Bounded.Exact(0) : x >= 3 ? Bounded.Exact(6) : r.Plus(Bounded.Exact(x), Bounded.Exact(3));

    private static Bounded End(Rounding r, double value) => Fits(r, value) ? Bounded.Exact(value) : r.Constant(value);

    private static bool Near(Rounding r, double x, double end) => !Fits(r, end) && Math.Abs(x - end) <= r.Constant(end).Error;

    private static bool Fits(Rounding r, double value) => double.IsInfinity(value) || value == 0 || (r.Unit <= SingleUnit && (float)value == value);
}
