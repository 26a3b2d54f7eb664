using static TorchSharp.torch;

namespace ModelZoo.Onnx;

/// <summary>One call of a layer in a forward.</summary>
/// <param name="Module">The layer.</param>
/// <param name="Path">Its path in the network.</param>
/// <param name="Node">The node that it was made of.</param>
/// <param name="Takes">Which values it takes; 0 is the network's input.</param>
/// <param name="Shape">What it makes, as in <see cref="GraphValue.Shape"/>; the value's number is its own place plus one.</param>
internal sealed record GraphStep(nn.Module Module, string Path, int Node, int[] Takes, long[] Shape)
{
    /// <summary>What the graph calls the values that it takes; null for one that only the layers of one node hand on.</summary>
    public IReadOnlyList<string?> From { get; init; } = [];

    /// <summary>What the graph calls the value that it makes; null where the graph does not have it.</summary>
    public string? Made { get; init; }

    /// <summary>Whether it is no call but the second value, places of maxima, that the call before it makes.</summary>
    public bool IsSecond { get; init; }
}
