namespace ModelZoo.Reference.Tests;

/// <summary>Functions of one number. Their inputs are odd multiples of 0.05 and so keep that far from the kinks at 0, ±3 and 6.</summary>
internal static class ActivationOperations
{
    public static IEnumerable<Operation> All => [
        Of("Relu", "passed everywhere", Activation.Relu, (_, _) => 1),
        Of("LeakyRelu", "nothing passed below 0", Activation.LeakyRelu(0.2), (x, _) => x > 0 ? 1 : 0),
        Of("Relu6", "passed above 6", Activation.Relu6, (x, _) => x > 0 ? 1 : 0),
        Of("Sigmoid", "1 − σ forgotten", Activation.Sigmoid, (_, y) => y),
        Of("Tanh", "input taken for the output", Activation.Tanh, (x, _) => 1 - (x * x)),
        Of("Silu", "x·σ' forgotten", Activation.Silu, (x, _) => Activation.Sigmoid.Value(x)),
        Of("HardSigmoid", "a sixth everywhere", Activation.HardSigmoid, (_, _) => 1.0 / 6),
        Of("HardSwish", "x/3 + ½ everywhere", Activation.HardSwish, (x, _) => (x / 3) + 0.5),
        Of("ScaledTanh", "inner scale forgotten", Activation.ScaledTanh(), (_, y) => 1.7159 - (y * y / 1.7159)),
        Of("Exp", "passed as it is", Activation.Exp, (_, _) => 1),
        Of("Log", "output taken for the input", Activation.Log, (_, y) => 1 / y, positive: true),
        Of("Sqrt", "half forgotten", Activation.Sqrt, (_, y) => 1 / y, positive: true),
        Of("Abs", "sign forgotten", Activation.Abs, (_, _) => 1),
        Of("Reciprocal", "sign forgotten", Activation.Reciprocal, (_, y) => y * y, positive: true),
        Of("Erf", "2/√π forgotten", Activation.Erf, (x, _) => Math.Exp(-x * x)),
        Of("Floor", "passed straight through", Activation.Floor, (_, _) => 1),
        Of("Ceil", "passed straight through", Activation.Ceil, (_, _) => 1),
        Of("Gelu", "density forgotten", Activation.Gelu, (x, y) => y / x),
        Of("Softplus", "passed everywhere", Activation.Softplus, (_, _) => 1),
        Of("Softsign", "not squared", Activation.Softsign, (x, _) => 1 / (1 + Math.Abs(x))),
        Of("Mish", "x·t' forgotten", Activation.Mish, (x, y) => y / x),
        Of("Selu", "scale forgotten below 0", Activation.Selu, (x, _) => x > 0 ? Activation.SeluScale : Activation.SeluAlpha * Math.Exp(x)),
        Of("Elu", "output taken for its slope", Activation.Elu(0.7), (x, y) => x > 0 ? 1 : y),
        Of("Clip", "passed below", Activation.Clip(-0.4, 1.2), (x, _) => x <= 1.2 ? 1 : 0),
        Of("HardLogistic", "a fifth everywhere", Activation.HardLogistic(), (_, _) => 0.2),
    ];

    /// <summary>The functions themselves, by their golden names.</summary>
    public static IReadOnlyDictionary<string, Activation> Functions { get; } = new Activation[]
    {
        Activation.Relu, Activation.LeakyRelu(0.2), Activation.Relu6, Activation.Sigmoid, Activation.Tanh, Activation.Silu, Activation.HardSigmoid,
        Activation.HardSwish, Activation.ScaledTanh(), Activation.Exp, Activation.Log, Activation.Sqrt, Activation.Abs, Activation.Reciprocal, Activation.Erf,
        Activation.Floor, Activation.Ceil, Activation.Gelu, Activation.Softplus, Activation.Softsign, Activation.Mish, Activation.Selu, Activation.Elu(0.7),
        Activation.Clip(-0.4, 1.2), Activation.HardLogistic(),
    }.ToDictionary(activation => activation.Name);

    private static Operation Of(string member, string mistake, Activation activation, Func<double, double, double> mistakenSlope,
        bool positive = false)
    {
        OperationCase Case(NdArray x) => new(
            $"{activation} of {x}",
            [("x", x)],
            () => OperationCase.Rounded(activation.Forward(x), x),
            gradY => [activation.Backward(x, gradY)],
            gradY => [gradY.Zip(x.Zip(activation.Forward(x), mistakenSlope), (g, slope) => g * slope)]);

        return new Operation(
            activation.Name.Replace('_', ' '), $"Activation.{member}", mistake,
            c => Case(c.Distinct(c.From(1, 3), c.From(1, 60)).Map(x => positive ? Math.Abs(x) + 0.5 : x)), c => Case(c.X));
    }
}
