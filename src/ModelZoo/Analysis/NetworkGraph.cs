using ModelZoo.Tracing;

namespace ModelZoo.Analysis;

/// <summary>One call of a leaf in words: what a drawing needs of a <see cref="TraceNode"/>, without the module and its tensors.</summary>
/// <param name="Name">The leaf's path in the model ("layer1.0.conv1"); a second call of the same leaf has "#2" after it.</param>
/// <param name="Op">Its type ("Conv2d").</param>
/// <param name="Settings">Its hyper-parameters as short text ("k3 s2 p1").</param>
/// <param name="Inputs">Where each input comes from: the index of a node, or <see cref="Trace.ModelInput"/>.</param>
/// <param name="OutputShape">Batch included.</param>
public sealed record GraphNode(string Name, string Op, string Settings, IReadOnlyList<int> Inputs, IReadOnlyList<long> OutputShape);

/// <summary>A network's data flow in words, which outlives the trace that it was read from.</summary>
/// <param name="Nodes">The leaves' calls, in the order of execution: inputs come before what takes them.</param>
/// <param name="InputShape">The model's input, batch included.</param>
public sealed record NetworkGraph(IReadOnlyList<GraphNode> Nodes, IReadOnlyList<long> InputShape)
{
    /// <summary>No network.</summary>
    public static NetworkGraph Empty { get; } = new([], []);

    /// <summary>Reads a trace off.</summary>
    public static NetworkGraph Of(Trace trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        return new([.. trace.Nodes.Select(node => new GraphNode(node.Name, node.Op, LayerFacts.Describe(node.Module), node.Inputs, node.OutputShape))],
            trace.InputShape);
    }
}
