using static TorchSharp.torch;

namespace ModelZoo.Tracing;

/// <summary>One call of a leaf module: a node of the data-flow graph.</summary>
public sealed class TraceNode
{
    /// <summary>Position in the order of execution.</summary>
    public required int Index { get; init; }

    /// <summary>The module's path in the model ("layer1.0"); a second call of the same module has "#2" after it.</summary>
    public required string Name { get; init; }

    /// <summary>The leaf itself: its type and public properties are the hyper-parameters.</summary>
    public required nn.Module Module { get; init; }

    /// <summary>The module's type, without namespace ("Conv2d").</summary>
    public string Op => Module.GetType().Name;

    /// <summary>Where each input comes from: the index of a node, or <see cref="Trace.ModelInput"/>.</summary>
    public required IReadOnlyList<int> Inputs { get; init; }

    /// <summary>Which output of its node each input is: 0, or 1 for the second output of a leaf that has two.</summary>
    public IReadOnlyList<int> InputSlots { get; init; } = [];

    /// <summary>The shapes of the inputs.</summary>
    public required IReadOnlyList<long[]> InputShapes { get; init; }

    /// <summary>The shape of the output, of several the first's.</summary>
    public required long[] OutputShape { get; init; }

    /// <summary>The element type of the output.</summary>
    public required ScalarType DType { get; init; }

    /// <summary>Copies of the inputs as the leaf saw them (before an in-place leaf changed them), where the trace was asked to keep values.</summary>
    public IReadOnlyList<Tensor> InputValues { get; init; } = [];

    /// <summary>A copy of the (first) output, where the trace was asked to keep values.</summary>
    public Tensor? OutputValue { get; init; }

    /// <summary>Copies of the outputs after the first, where the trace was asked to keep values.</summary>
    public IReadOnlyList<Tensor> FurtherOutputValues { get; internal set; } = [];

    /// <summary>The node's own parameters (weight, bias, …).</summary>
    public long ParameterCount => Module.parameters(recurse: false).Sum(p => p.numel());

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Op}) [{string.Join(",", OutputShape)}]";
}
