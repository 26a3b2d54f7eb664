using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>What <see cref="Elementwise"/> and <see cref="ConstantOperand"/> do with two numbers.</summary>
public enum BinaryOperation
{
    /// <summary>a + b.</summary>
    Add,

    /// <summary>a − b.</summary>
    Subtract,

    /// <summary>a·b.</summary>
    Multiply,

    /// <summary>a/b.</summary>
    Divide,

    /// <summary>a to the power of b.</summary>
    Power,

    /// <summary>The larger of a and b.</summary>
    Maximum,

    /// <summary>The smaller of a and b.</summary>
    Minimum,
}

/// <summary>Joins two tensors element by element; dimensions of size 1, and leading ones that one of them lacks, are repeated.</summary>
/// <param name="operation">What is done.</param>
public sealed class Elementwise(BinaryOperation operation) : nn.Module<Tensor, Tensor, Tensor>(nameof(Elementwise))
{
    /// <summary>What is done.</summary>
    public BinaryOperation Operation { get; } = operation;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input1, Tensor input2) => Apply(Operation, input1, input2);

    internal static Tensor Apply(BinaryOperation operation, Tensor a, Tensor b) => operation switch
    {
        BinaryOperation.Add => a.add(b),
        BinaryOperation.Subtract => a.sub(b),
        BinaryOperation.Multiply => a.mul(b),
        BinaryOperation.Divide => a.div(b),
        BinaryOperation.Power => a.pow(b),
        BinaryOperation.Maximum => maximum(a, b),
        _ => minimum(a, b),
    };
}

/// <summary>Joins a tensor with a constant or learned one of its own, element by element: biases, scales, means to subtract.</summary>
public sealed class ConstantOperand : nn.Module<Tensor, Tensor>
{
#pragma warning disable IDE1006 // The names are the checkpoint's keys.
    private readonly Parameter? value;
    private readonly Tensor? constant;
#pragma warning restore IDE1006

    /// <param name="operation">What is done.</param>
    /// <param name="value">The other operand, whose shape fits the input's with dimensions repeated; it belongs to this layer then.</param>
    /// <param name="first">Whether it is the first operand.</param>
    /// <param name="learned">Whether it is a parameter; else a buffer.</param>
    public ConstantOperand(BinaryOperation operation, Tensor value, bool first, bool learned) : base(nameof(ConstantOperand))
    {
        (Operation, First) = (operation, first);
        if (learned)
        {
            this.value = new Parameter(value);
            this.value.DetachFromDisposeScope();
        }
        else
        {
            constant = value.DetachFromDisposeScope();
        }

        RegisterComponents();
    }

    /// <summary>What is done.</summary>
    public BinaryOperation Operation { get; }

    /// <summary>Whether the own tensor is the first operand.</summary>
    public bool First { get; }

    /// <summary>The other operand.</summary>
    public Tensor Value => value ?? constant!;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => First ? Elementwise.Apply(Operation, Value, input) : Elementwise.Apply(Operation, input, Value);
}

/// <summary>Cuts values off below and above.</summary>
/// <param name="least">The smallest value; −∞ for none.</param>
/// <param name="most">The largest; ∞ for none.</param>
public sealed class Clip(double least, double most) : nn.Module<Tensor, Tensor>(nameof(Clip))
{
    /// <summary>The smallest value.</summary>
    public double Least { get; } = least;

    /// <summary>The largest.</summary>
    public double Most { get; } = most;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input.clamp(Least, Most);
}

/// <summary>max(0, min(1, alpha·x + beta)).</summary>
/// <param name="alpha">The slope.</param>
/// <param name="beta">The value at 0.</param>
public sealed class HardLogistic(double alpha, double beta) : nn.Module<Tensor, Tensor>(nameof(HardLogistic))
{
    /// <summary>The slope.</summary>
    public double Alpha { get; } = alpha;

    /// <summary>The value at 0.</summary>
    public double Beta { get; } = beta;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using Tensor scaled = input.mul(Alpha);
        using Tensor shifted = scaled.add(Beta);
        return shifted.clamp(0, 1);
    }
}

/// <summary>The functions of <see cref="ElementFunction"/>.</summary>
public enum ElementFunctionKind
{
    /// <summary>e^x.</summary>
    Exp,

    /// <summary>The natural logarithm.</summary>
    Log,

    /// <summary>√x.</summary>
    Sqrt,

    /// <summary>|x|.</summary>
    Abs,

    /// <summary>1/x.</summary>
    Reciprocal,

    /// <summary>The error function.</summary>
    Erf,

    /// <summary>The next whole number below.</summary>
    Floor,

    /// <summary>The next whole number above.</summary>
    Ceil,
}

/// <summary>A function of each element.</summary>
/// <param name="kind">Which.</param>
public sealed class ElementFunction(ElementFunctionKind kind) : nn.Module<Tensor, Tensor>(nameof(ElementFunction))
{
    /// <summary>Which.</summary>
    public ElementFunctionKind Kind { get; } = kind;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => Kind switch
    {
        ElementFunctionKind.Exp => input.exp(),
        ElementFunctionKind.Log => input.log(),
        ElementFunctionKind.Sqrt => input.sqrt(),
        ElementFunctionKind.Abs => input.abs(),
        ElementFunctionKind.Reciprocal => input.reciprocal(),
        ElementFunctionKind.Erf => input.erf(),
        ElementFunctionKind.Floor => input.floor(),
        _ => input.ceil(),
    };
}
