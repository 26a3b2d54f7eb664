using ModelZoo.Reference;
using static TorchSharp.torch;

namespace ModelZoo.Verification;

/// <summary>
/// Rounding-error analysis for one floating-point format, after N. J. Higham, "Accuracy and Stability of Numerical Algorithms", 2nd ed., 2002.
/// Every basic operation returns its exact result times (1 + δ), |δ| ≤ u; n such factors together stay within 1 ± γ_n, γ_n = n·u/(1 − n·u) (lemma 3.1).
/// </summary>
/// <remarks>
/// Two precisions: u of the format in which tensors are <em>stored</em>, and that in which a kernel <em>accumulates</em> a sum. Usually they are the same; for
/// bfloat16 and float16 oneDNN, cuDNN and cuBLAS accumulate in float32 and round once at the end, but ATen's own kernels do not always (libtorch 1.13 on the
/// CPU adds up small matrix products and the sums of broadcast gradients in bfloat16), so that is assumed on request only. Methods on <see cref="Bounded"/> are
/// running error analysis: each adds its own rounding to the errors that its operands bring. A fused multiply-add leaves roundings out and is covered.
/// </remarks>
public sealed class Rounding
{
    private const double DoubleUnit = 1.0 / (1L << 53);

    private Rounding(double unit, double accumulator, double tiny)
    {
        Unit = unit;
        Accumulator = accumulator;
        Tiny = tiny;
    }

    /// <summary>u of stored values: half the distance from 1 to the next number. 2⁻²⁴ float32, 2⁻⁸ bfloat16, 2⁻¹¹ float16, 2⁻⁵³ float64.</summary>
    public double Unit { get; }

    /// <summary>u of the format in which sums are accumulated.</summary>
    public double Accumulator { get; }

    /// <summary>
    /// What one operation may lose by underflow: the smallest normal number, because a kernel may flush what lies below to zero; for float16, whose subnormal
    /// range is wide and in use, the smallest subnormal one.
    /// </summary>
    public double Tiny { get; }

    /// <summary>The analysis for tensors of one element type.</summary>
    /// <param name="type">The type of the tensors.</param>
    /// <param name="wideAccumulation">Whether sums of bfloat16 and float16 are taken to be accumulated in float32: a much tighter bound, where it is
    /// true.</param>
    /// <exception cref="ZooException">The type is no real floating-point format.</exception>
    public static Rounding Of(ScalarType type, bool wideAccumulation = false) => type switch
    {
        ScalarType.Float32 => new(Math.ScaleB(1, -24), Math.ScaleB(1, -24), Math.ScaleB(1, -126)),
        ScalarType.Float64 => new(DoubleUnit, DoubleUnit, Math.ScaleB(1, -1022)),
        ScalarType.BFloat16 => new(Math.ScaleB(1, -8), Math.ScaleB(1, wideAccumulation ? -24 : -8), Math.ScaleB(1, -126)),
        ScalarType.Float16 => new(Math.ScaleB(1, -11), Math.ScaleB(1, wideAccumulation ? -24 : -11), Math.ScaleB(1, -24)),
        _ => throw new ZooException($"Rounding errors of {type} are not known: verification takes float32, float64, bfloat16 or float16."),
    };

    /// <summary>
    /// γ_n for the unit roundoff <paramref name="u"/>; where n·u passes ½, (1 − u)⁻ⁿ − 1, which it bounds from above and which knows no limit of n.
    /// </summary>
    public static double Gamma(double n, double u) => n * u < 0.5 ? n * u / (1 - (n * u)) : Math.Pow(1 - u, -n) - 1;

    /// <summary>
    /// A sum Σt of <see cref="Sum.Terms"/> = n numbers or products formed in any order: |computed − exact| ≤ γ_{n+1}·Σ|t| (Higham, eq. 3.5; n − 1 additions,
    /// at most one rounding of a product, one of the result), plus n underflows. What the double-precision reference itself may be off, n·2⁻⁵³·Σ|t|, is added.
    /// </summary>
    /// <param name="sum">Value, magnitude Σ|t| and number of terms; the terms count further roundings of composite layers.</param>
    /// <param name="stores">
    /// How many tensors between a term and the result are rounded to the stored format; it matters only where that is coarser than the accumulator's.
    /// The last store rounds the result, the others each term: u·(|Σt| + e) or γ_stores·(Σ|t| + e).
    /// </param>
    public Bounded Of(Sum sum, int stores = 1)
    {
        if (sum.Terms == 0)
        {
            return Bounded.Exact(sum.Value);
        }

        double n = sum.Terms + 1;
        double error = ((Gamma(n, Accumulator) + (n * DoubleUnit)) * sum.Magnitude) + (sum.Terms * Tiny);
        if (Unit > Accumulator)
        {
            error += stores == 1 ? Unit * (Math.Abs(sum.Value) + error) : Gamma(stores, Unit) * (sum.Magnitude + error);
        }

        return new Bounded(sum.Value, error);
    }

    /// <summary>A constant that the library converts to the stored format first.</summary>
    public Bounded Constant(double value) => Rounded(value, 0);

    /// <summary>a + b.</summary>
    public Bounded Plus(Bounded a, Bounded b) => Rounded(a.Value + b.Value, a.Error + b.Error);

    /// <summary>a − b.</summary>
    public Bounded Minus(Bounded a, Bounded b) => Rounded(a.Value - b.Value, a.Error + b.Error);

    /// <summary>a · b: |a|·e_b + |b|·e_a + e_a·e_b.</summary>
    public Bounded Times(Bounded a, Bounded b) =>
        Rounded(a.Value * b.Value, (Math.Abs(a.Value) * b.Error) + (Math.Abs(b.Value) * a.Error) + (a.Error * b.Error));

    /// <summary>a / b: (e_a + |a/b|·e_b)/(|b| − e_b); b must stay away from zero.</summary>
    public Bounded Over(Bounded a, Bounded b)
    {
        double quotient = a.Value / b.Value, room = Math.Abs(b.Value) - b.Error;
        return Rounded(quotient, double.IsInfinity(b.Value) ? 0 : room > 0 ? (a.Error + (Math.Abs(quotient) * b.Error)) / room : double.PositiveInfinity);
    }

    /// <summary>
    /// A monotone function of the mathematical library (exp, log, tanh): the operand's error goes through f itself, at both ends of its interval; the library's
    /// own error is taken as 2 ulp ≤ 4u·|f|. SLEEF's "u10" functions promise 1.0 ulp, MKL's high-accuracy mode less than 1, CUDA's expf, tanhf and logf up to
    /// 2.
    /// </summary>
    public Bounded Function(Func<double, double> f, Bounded a)
    {
        ArgumentNullException.ThrowIfNull(f);
        double value = f(a.Value);
        double spread = a.Error == 0 ? 0 : Math.Max(Math.Abs(f(a.Value + a.Error) - value), Math.Abs(f(a.Value - a.Error) - value));
        return new Bounded(value, spread + (4 * Unit * (Math.Abs(value) + spread)) + Tiny);
    }

    // One more rounding, of a result that carries an error already; 2⁻⁵² for the composition's own double arithmetic.
    private Bounded Rounded(double value, double error) =>
        new(value, error + (Unit * (Math.Abs(value) + error)) + (2 * DoubleUnit * Math.Abs(value)) + Tiny);
}

/// <summary>What a number must be, and how far a correct computation in the network's precision may lie from it.</summary>
/// <param name="Value">The exact result, as the reference gives it in double.</param>
/// <param name="Error">A bound on |computed − Value|; 0 where the computation must be exact.</param>
public readonly record struct Bounded(double Value, double Error)
{
    /// <summary>A number that carries no error.</summary>
    public static Bounded Exact(double value) => new(value, 0);

    /// <summary>The same bound around another value of the same quantity (the reference's own instead of a composed one).</summary>
    public Bounded Around(double value) => new(value, Error + Math.Abs(value - Value));
}

/// <summary>An array that a layer computed, read where it is compared: of a sample of positions only those are converted to double.</summary>
/// <param name="Shape">Its shape.</param>
/// <param name="Read">The values at some places of the row-major data, or at all.</param>
internal sealed record ActualValues(int[] Shape, Func<int[]?, double[]> Read)
{
    /// <summary>How many elements there are.</summary>
    public int Count => Shape.Aggregate(1, (a, b) => checked(a * b));

    public static ActualValues Of(NdArray array) =>
        new([.. array.Shape], places => places is null ? array.Data : Array.ConvertAll(places, place => array.Data[place]));

    /// <summary>The tensor must live as long as this.</summary>
    public static ActualValues Of(Tensor tensor) => new(tensor.Sizes(), places => TensorValues.ValuesAt(tensor, places));
}
