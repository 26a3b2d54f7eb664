using static TorchSharp.torch;

namespace ModelZoo;

/// <summary>
/// An image classifier of the zoo: [N,C,H,W] in, logits [N,classes] out. Its <c>forward</c> calls leaf modules only,
/// so that a <see cref="Tracing.Trace"/> recovers the whole graph.
/// </summary>
public abstract class ZooModel(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>The name of the layer that makes the logits ("fc3"): what transfer learning replaces.</summary>
    public abstract string Head { get; }
}
