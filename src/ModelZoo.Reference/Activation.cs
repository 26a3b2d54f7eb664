namespace ModelZoo.Reference;

/// <summary>
/// A function of one number applied to each element: y = f(x), gradX = gradY · f'(x). At a kink f' takes the side that PyTorch takes,
/// named with each function. Arrays may have any shape.
/// </summary>
public sealed class Activation
{
    private Activation(string name, Func<double, double> value, Func<double, double> slope)
    {
        Name = name;
        Value = value;
        Slope = slope;
    }

    /// <summary>max(0, x); f'(0) = 0. Nair and Hinton 2010.</summary>
    public static Activation Relu { get; } = new("relu", x => double.IsNaN(x) || x > 0 ? x : 0, x => x > 0 ? 1 : 0);

    /// <summary>min(max(0, x), 6); f'(0) = f'(6) = 0. Howard et al. 2017 (arXiv 1704.04861).</summary>
    public static Activation Relu6 { get; } = new("relu6", x => Math.Clamp(x, 0, 6), x => x > 0 && x < 6 ? 1 : 0);

    /// <summary>1 / (1 + e^−x); f' = f(1 − f).</summary>
    public static Activation Sigmoid { get; } = new("sigmoid", Logistic, x => Logistic(x) * Logistic(-x));

    /// <summary>tanh x; f' = 1 − tanh² x.</summary>
    public static Activation Tanh { get; } = new("tanh", Math.Tanh, TanhSlope);

    /// <summary>x·σ(x), also called swish; f' = σ(x)(1 + x·(1 − σ(x))). Elfwing et al. 2017 (arXiv 1702.03118).</summary>
    public static Activation Silu { get; } = new("silu", x => x * Logistic(x), x => Logistic(x) * (1 + (x * Logistic(-x))));

    /// <summary>min(max(0, x + 3), 6)/6; f'(±3) = 0. Howard et al. 2019 (arXiv 1905.02244).</summary>
    public static Activation HardSigmoid { get; } = new("hardsigmoid", x => Math.Clamp(x + 3, 0, 6) / 6, x => x > -3 && x < 3 ? 1.0 / 6 : 0);

    /// <summary>x·min(max(0, x + 3), 6)/6; f' = 0 below −3, x/3 + ½ from −3 to 3, else 1. Howard et al. 2019 (arXiv 1905.02244).</summary>
    public static Activation HardSwish { get; } = new(
        "hardswish", x => x * Math.Clamp(x + 3, 0, 6) / 6, x => x < -3 ? 0 : x <= 3 ? (x / 3) + 0.5 : 1);

    /// <summary>e^x; f' = f.</summary>
    public static Activation Exp { get; } = new("exp", Math.Exp, Math.Exp);

    /// <summary>ln x; f' = 1/x.</summary>
    public static Activation Log { get; } = new("log", Math.Log, x => 1 / x);

    /// <summary>√x; f' = 1/(2√x).</summary>
    public static Activation Sqrt { get; } = new("sqrt", Math.Sqrt, x => 1 / (2 * Math.Sqrt(x)));

    /// <summary>|x|; f'(0) = 0.</summary>
    public static Activation Abs { get; } = new("abs", Math.Abs, x => x > 0 ? 1 : x < 0 ? -1 : 0);

    /// <summary>1/x; f' = −1/x².</summary>
    public static Activation Reciprocal { get; } = new("reciprocal", x => 1 / x, x => -1 / x / x);

    /// <summary>The error function (2/√π)·∫₀ˣ e^(−t²) dt; f' = (2/√π)·e^(−x²).</summary>
    public static Activation Erf { get; } = new("erf", ErrorFunction.Of, ErrorFunction.Slope);

    /// <summary>The largest whole number up to x; f' = 0 everywhere.</summary>
    public static Activation Floor { get; } = new("floor", Math.Floor, _ => 0);

    /// <summary>The smallest whole number from x on; f' = 0 everywhere.</summary>
    public static Activation Ceil { get; } = new("ceil", Math.Ceiling, _ => 0);

    /// <summary>x/2·(1 + erf(x/√2)); f' = (1 + erf(x/√2))/2 + x·e^(−x²/2)/√(2π). Hendrycks and Gimpel 2016 (arXiv 1606.08415).</summary>
    public static Activation Gelu { get; } = new(
        "gelu", x => x * ErrorFunction.Normal(x), x => ErrorFunction.Normal(x) + (x * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI)));

    /// <summary>ln(1 + e^x), above 20 x itself as in PyTorch; f' = σ(x). Dugas et al. 2000.</summary>
    public static Activation Softplus { get; } = new("softplus", x => x > 20 ? x : Accurate.LogOnePlus(Math.Exp(x)), x => x > 20 ? 1 : Logistic(x));

    /// <summary>x/(1 + |x|); f' = 1/(1 + |x|)².</summary>
    public static Activation Softsign { get; } = new("softsign", x => x / (1 + Math.Abs(x)), x => 1 / (1 + Math.Abs(x)) / (1 + Math.Abs(x)));

    /// <summary>x·tanh(ln(1 + e^x)); with t the tanh f' = t + x·σ(x)·(1 − t²). Misra 2019 (arXiv 1908.08681).</summary>
    public static Activation Mish { get; } = new(
        "mish",
        x => x * Math.Tanh(Accurate.LogOnePlus(Math.Exp(x))),
        x => Math.Tanh(Accurate.LogOnePlus(Math.Exp(x))) + (x * Logistic(x) * TanhSlope(Accurate.LogOnePlus(Math.Exp(x)))));

    /// <summary>λx above 0, else λα(e^x − 1), with λ = 1.0507… and α = 1.6733…; f'(0) = λα. Klambauer et al. 2017 (arXiv 1706.02515).</summary>
    public static Activation Selu { get; } = new(
        "selu", x => SeluScale * (x > 0 ? x : SeluAlpha * Accurate.ExpMinusOne(x)), x => SeluScale * (x > 0 ? 1 : SeluAlpha * Math.Exp(x)));

    public string Name { get; }

    /// <summary>α of <see cref="Selu"/>.</summary>
    public const double SeluAlpha = 1.6732632423543772848170429916717;

    /// <summary>λ of <see cref="Selu"/>.</summary>
    public const double SeluScale = 1.0507009873554804934193349852946;

    /// <summary>f.</summary>
    public Func<double, double> Value { get; }

    /// <summary>f'.</summary>
    public Func<double, double> Slope { get; }

    /// <summary>x where positive, else slope·x; f'(0) = slope. Maas et al. 2013.</summary>
    public static Activation LeakyRelu(double slope = 0.01) => new("leaky_relu", x => x > 0 ? x : slope * x, x => x > 0 ? 1 : slope);

    /// <summary>A·tanh(S·x), with A = 1.7159 and S = 2/3 the squashing of LeNet-5; f' = A·S·(1 − tanh²(S·x)). LeCun et al. 1998, appendix A.</summary>
    public static Activation ScaledTanh(double amplitude = 1.7159, double scale = 2.0 / 3) =>
        new("scaled_tanh", x => amplitude * Math.Tanh(scale * x), x => amplitude * scale * TanhSlope(scale * x));

    /// <summary>x above 0, else α(e^x − 1); f'(0) = α. Clevert et al. 2015 (arXiv 1511.07289).</summary>
    public static Activation Elu(double alpha = 1) => new("elu", x => x > 0 ? x : alpha * Accurate.ExpMinusOne(x), x => x > 0 ? 1 : alpha * Math.Exp(x));

    /// <summary>min(max(least, x), most); f' is 1 at both ends.</summary>
    public static Activation Clip(double least, double most) =>
        new("clip", x => x < least ? least : x > most ? most : x, x => x >= least && x <= most ? 1 : 0);

    /// <summary>min(max(0, αx + β), 1); f' is α at both ends. ONNX's HardSigmoid.</summary>
    public static Activation HardLogistic(double alpha = 0.2, double beta = 0.5) => new(
        "hard_logistic", x => Math.Clamp((alpha * x) + beta, 0, 1), x => (alpha * x) + beta is >= 0 and <= 1 ? alpha : 0);

    public NdArray Forward(NdArray x) => x.Map(Value);

    public NdArray Backward(NdArray x, NdArray gradY) => x.Zip(gradY, (value, g) => g * Slope(value));

    public override string ToString() => Name;

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));

    private static double TanhSlope(double x) => 1 - (Math.Tanh(x) * Math.Tanh(x));
}
