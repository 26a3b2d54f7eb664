using ModelZoo.Layers;
using ModelZoo.Reference;

namespace ModelZoo.Verification.Checks;

/// <summary>
/// y = f(a, b), dimensions repeated: one operation, rounded once (a power: 2 ulp). A gradient is gradY times a slope as autograd forms it, summed where its
/// input was repeated: each term's own error, and γ_{n+1} of their magnitudes for the sum.
/// </summary>
/// <param name="How">What is done.</param>
internal sealed record ElementwiseCheck(Joining How) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        .. How is Joining.Subtract or Joining.Divide or Joining.Power ? new[] { new LayerVariant("the operands are exchanged", new Exchanged(this)) } : [],
        .. Enum.GetValues<Joining>().Where(other => other != How)
            .Select(other => new LayerVariant($"{Words.Of(other)} instead of {Words.Of(How)}", new ElementwiseCheck(other))),
        new("the first input is passed on alone", new IdentityCheck()),
    ];

    public static ElementwiseCheck Of(Layers.Elementwise module) => new(Words.Of(module.Operation));

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        (NdArray a, NdArray b) = (inputs[0], inputs[1]);
        NdArray y = NdArray.Zeros(Reference.Elementwise.Shape(a, b));
        return new(Quantity.Output, y.ShapeOf(), i =>
        {
            (int placeA, int placeB) = Reference.Elementwise.Places(a, b, y, i);
            return Value(rounding, a.Data[placeA], b.Data[placeB]);
        });
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        (NdArray a, NdArray b) = (inputs[0], inputs[1]);
        if (!gradY.Shape.SequenceEqual(Reference.Elementwise.Shape(a, b)))
        {
            throw new ArgumentException($"{gradY} is no gradient of {a} and {b} joined.");
        }

        BoundedSums gradA = new(a), gradB = new(b);
        for (int i = 0; i < gradY.Count; i++)
        {
            (int placeA, int placeB) = Reference.Elementwise.Places(a, b, gradY, i);
            (Bounded toA, Bounded toB) = Terms(rounding, a.Data[placeA], b.Data[placeB], gradY.Data[i]);
            gradA.Add(placeA, toA);
            gradB.Add(placeB, toB);
        }

        return [gradA.Quantity(Quantity.GradInput, rounding), gradB.Quantity($"{Quantity.GradInput} 1", rounding)];
    }

    private Bounded Value(Rounding r, double a, double b)
    {
        (Bounded x, Bounded z) = (Bounded.Exact(a), Bounded.Exact(b));
        return How switch
        {
            Joining.Add => r.Plus(x, z),
            Joining.Subtract => r.Minus(x, z),
            Joining.Multiply => r.Times(x, z),
            Joining.Divide => r.Over(x, z),
            Joining.Power => r.Function(value => Math.Pow(value, b), x),
            _ => Bounded.Exact(Reference.Elementwise.Value(How, a, b)),
        };
    }

    // The gradients of one element to its two operands.
    private (Bounded A, Bounded B) Terms(Rounding r, double a, double b, double g)
    {
        (Bounded x, Bounded z, Bounded grad) = (Bounded.Exact(a), Bounded.Exact(b), Bounded.Exact(g));
        (double slopeA, double slopeB) = Reference.Elementwise.Slopes(How, a, b);
        (Bounded A, Bounded B) terms = How switch
        {
            Joining.Multiply => (r.Times(grad, z), r.Times(grad, x)),
            Joining.Divide => (r.Over(grad, z), r.Times(Bounded.Exact(-g), r.Over(r.Over(x, z), z))),
            Joining.Power => (b == 0 ? Bounded.Exact(0) : r.Times(grad, r.Times(z, Lower(r, a, b))),
                a == 0 && b >= 0 ? Bounded.Exact(0) : r.Times(grad, r.Times(r.Function(value => Math.Pow(value, b), x), r.Function(Math.Log, x)))),
            _ => (Bounded.Exact(g * slopeA), Bounded.Exact(g * slopeB)),
        };
        return (terms.A.Around(g * slopeA), terms.B.Around(g * slopeB));
    }

    // a^(b − 1); the rounding of b − 1 is worth a factor of a^δ.
    private static Bounded Lower(Rounding r, double a, double b)
    {
        Bounded power = r.Function(value => Math.Pow(value, b - 1), Bounded.Exact(a));
        double exponent = a == 0 ? 0 : Math.Abs(power.Value * (b - 1) * Math.Log(Math.Abs(a))) * 2 * r.Unit;
        return power with { Error = power.Error + exponent };
    }

    private sealed record Exchanged(ElementwiseCheck Inner) : ILayerCheck
    {
        public long Parameters => 0;

        public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => Inner.Output([inputs[1], inputs[0]], rounding);

        public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding) =>
            Inner.Gradients([inputs[1], inputs[0]], gradY, rounding);
    }
}

/// <summary>An input joined with a tensor of the layer's own, which gets a gradient where it is learned; bounds as in <see cref="ElementwiseCheck"/>.</summary>
/// <param name="How">What is done.</param>
/// <param name="Value">The own tensor.</param>
/// <param name="First">Whether it is the first operand.</param>
/// <param name="Learned">Whether it is a parameter.</param>
internal sealed record ConstantOperandCheck(ElementwiseCheck How, NdArray Value, bool First, bool Learned) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => Learned ? Value.Count : 0;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        .. How.How is Joining.Subtract or Joining.Divide or Joining.Power
            ? new[] { new LayerVariant("the operands are exchanged", this with { First = !First }) }
            : [],
        .. Enum.GetValues<Joining>().Where(other => other != How.How)
            .Select(other => new LayerVariant($"{Words.Of(other)} instead of {Words.Of(How.How)}", this with { How = new(other) })),
        new("the constant is left out", new IdentityCheck()),
    ];

    public static ConstantOperandCheck Of(ConstantOperand module) =>
        new(new(Words.Of(module.Operation)), module.Value.ToNdArray(), module.First, module.parameters(recurse: false).Any());

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding) => How.Output(Both(inputs[0]), rounding);

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        Quantity[] both = [.. How.Gradients(Both(inputs[0]), gradY, rounding)];
        (Quantity toInput, Quantity toValue) = First ? (both[1], both[0]) : (both[0], both[1]);
        return [toInput with { Name = Quantity.GradInput }, .. Learned ? new[] { toValue with { Name = $"{Quantity.Grad}value" } } : []];
    }

    private NdArray[] Both(NdArray x) => First ? [Value, x] : [x, Value];
}

/// <summary>max(0, x) + slope·min(0, x) with learned slopes: a product below 0; the slopes' gradients are sums of gradY·x there.</summary>
/// <param name="Slope">One for all, or one for each channel.</param>
internal sealed record PReluCheck(NdArray Slope) : ILayerCheck
{
    /// <inheritdoc/>
    public long Parameters => Slope.Count;

    /// <inheritdoc/>
    public IEnumerable<LayerVariant> Variants => [
        new("the slopes are missing", ActivationCheck.Relu),
        new("the first slope is taken for all", this with { Slope = Slope.Map(_ => Slope.Data[0]) }),
    ];

    /// <inheritdoc/>
    public Quantity Output(IReadOnlyList<NdArray> inputs, Rounding rounding)
    {
        NdArray x = inputs[0], y = PRelu.Forward(x, Slope);
        return new(Quantity.Output, x.ShapeOf(), i => x.Data[i] > 0 ? Bounded.Exact(x.Data[i]) : rounding.Constant(y.Data[i]));
    }

    /// <inheritdoc/>
    public IEnumerable<Quantity> Gradients(IReadOnlyList<NdArray> inputs, NdArray gradY, Rounding rounding)
    {
        (NdArray gradX, Sums gradSlope) = PRelu.Backward(inputs[0], Slope, gradY);
        yield return new(Quantity.GradInput, gradX.ShapeOf(), i =>
            inputs[0].Data[i] > 0 ? Bounded.Exact(gradY.Data[i]) : rounding.Constant(gradX.Data[i]));
        yield return Quantity.Of($"{Quantity.Grad}weight", gradSlope, rounding, stores: 2);
    }
}

/// <summary>Numbers with errors that are added up at the places of an array, in any order.</summary>
internal sealed class BoundedSums(NdArray like)
{
    private readonly double[] values = new double[like.Count], errors = new double[like.Count], magnitudes = new double[like.Count];
    private readonly int[] counts = new int[like.Count];

    /// <summary>Adds a term.</summary>
    public void Add(int place, Bounded term)
    {
        values[place] += term.Value;
        errors[place] += term.Error;
        magnitudes[place] += Math.Abs(term.Value) + term.Error;
        counts[place]++;
    }

    /// <summary>A single term is what it is; a sum has the errors of its terms and those of its additions.</summary>
    public Quantity Quantity(string name, Rounding rounding) => new(name, like.ShapeOf(), i =>
    {
        if (counts[i] <= 1)
        {
            return new(values[i], errors[i]);
        }

        Bounded sum = rounding.Of(new Sum(values[i], magnitudes[i], counts[i]));
        return sum with { Error = sum.Error + errors[i] };
    });
}

/// <summary>The library's and the reference's names for what is done with two numbers.</summary>
internal static class Words
{
    public static Joining Of(BinaryOperation operation) => operation switch
    {
        BinaryOperation.Add => Joining.Add,
        BinaryOperation.Subtract => Joining.Subtract,
        BinaryOperation.Multiply => Joining.Multiply,
        BinaryOperation.Divide => Joining.Divide,
        BinaryOperation.Power => Joining.Power,
        BinaryOperation.Maximum => Joining.Maximum,
        _ => Joining.Minimum,
    };

    public static string Of(Joining how) => how switch
    {
        Joining.Add => "added",
        Joining.Subtract => "subtracted",
        Joining.Multiply => "multiplied",
        Joining.Divide => "divided",
        Joining.Power => "a power",
        Joining.Maximum => "the larger one",
        _ => "the smaller one",
    };
}
