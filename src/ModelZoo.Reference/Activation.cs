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

    public string Name { get; }

    /// <summary>f.</summary>
    public Func<double, double> Value { get; }

    /// <summary>f'.</summary>
    public Func<double, double> Slope { get; }

    /// <summary>x where positive, else slope·x; f'(0) = slope. Maas et al. 2013.</summary>
    public static Activation LeakyRelu(double slope = 0.01) => new("leaky_relu", x => x > 0 ? x : slope * x, x => x > 0 ? 1 : slope);

    /// <summary>A·tanh(S·x), with A = 1.7159 and S = 2/3 the squashing of LeNet-5; f' = A·S·(1 − tanh²(S·x)). LeCun et al. 1998, appendix A.</summary>
    public static Activation ScaledTanh(double amplitude = 1.7159, double scale = 2.0 / 3) =>
        new("scaled_tanh", x => amplitude * Math.Tanh(scale * x), x => amplitude * scale * TanhSlope(scale * x));

    public NdArray Forward(NdArray x) => x.Map(Value);

    public NdArray Backward(NdArray x, NdArray gradY) => x.Zip(gradY, (value, g) => g * Slope(value));

    public override string ToString() => Name;

    private static double Logistic(double x) => 1 / (1 + Math.Exp(-x));

    private static double TanhSlope(double x) => 1 - (Math.Tanh(x) * Math.Tanh(x));
}
