using static TorchSharp.torch;

namespace ModelZoo;

/// <summary>
/// A network of the zoo: [N,C,H,W] in, logits [N,classes] out (for a <see cref="ModelTask.DensePrediction"/> [N,classes,H,W]). Its <c>forward</c> calls leaf modules only,
/// so that a <see cref="Tracing.Trace"/> recovers the whole graph.
/// </summary>
public abstract class ZooModel(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>The name of the layer that makes the logits ("fc3"): what transfer learning replaces.</summary>
    public abstract string Head { get; }

    /// <summary>The name of the first convolution ("conv1"): what other input channels change.</summary>
    public abstract string Stem { get; }

    /// <summary>
    /// The names of the modules whose outputs are the feature maps of each scale, from fine to coarse ("layer1", "layer2" …):
    /// what <see cref="FeatureExtractor"/> gives where nothing else is asked for.
    /// </summary>
    public abstract IReadOnlyList<string> Stages { get; }
}
