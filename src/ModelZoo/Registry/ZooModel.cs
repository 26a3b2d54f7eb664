using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace ModelZoo.Registry;

/// <summary>
/// A network of the zoo: [N,C,H,W] in, logits [N,classes] out (for a <see cref="ModelTask.DensePrediction"/> [N,classes,H,W]). Its <c>forward</c> calls leaf
/// modules only, so that a <see cref="Tracing.Trace"/> recovers the whole graph.
/// </summary>
public abstract class ZooModel(string name) : nn.Module<Tensor, Tensor>(name)
{
    private ModelInfo? entry;

    /// <summary>The name of the layer that makes the logits ("fc3"): what transfer learning replaces.</summary>
    /// <exception cref="InvalidOperationException">The network was built without its entry of the registry.</exception>
    public virtual string Head => Entry.Head;

    /// <summary>The name of the first convolution ("conv1"): what other input channels change.</summary>
    /// <inheritdoc cref="Head" path="/exception"/>
    public virtual string Stem => Entry.Stem;

    /// <summary>
    /// The names of the modules whose outputs are the feature maps of each scale, from fine to coarse ("layer1", "layer2" …):
    /// what <see cref="ModelZoo.Transfer.FeatureExtractor"/> gives where nothing else is asked for.
    /// </summary>
    /// <inheritdoc cref="Head" path="/exception"/>
    public virtual IReadOnlyList<string> Stages => Entry.Stages;

    /// <summary>How others name its layers (<see cref="ModelInfo.KeySchemes"/>); empty where the network was built without its entry.</summary>
    internal IReadOnlyList<KeyScheme> KeySchemes => entry?.KeySchemes ?? [];

    /// <summary>Where head, stem and stages stand; <see cref="ModelInfo.Create"/> sets it.</summary>
    internal ModelInfo Entry
    {
        private get => entry ?? throw new InvalidOperationException(
            $"This {GetName()} was built without its entry of the registry, which names its head, stem and stages. Build it with ModelInfo.Create.");
        set => entry = value;
    }
}

/// <summary>What a caller may choose of an architecture.</summary>
/// <param name="NumClasses">Logits per image.</param>
/// <param name="InChannels">Channels of the input images.</param>
/// <param name="InputHeight">Rows of the input images, in pixels.</param>
/// <param name="InputWidth">Columns of the input images, in pixels.</param>
public sealed record ModelOptions(int NumClasses, int InChannels, int InputHeight, int InputWidth)
{
    /// <summary>
    /// The normalization layers: "batch", "group:32", "layer", "instance" (<see cref="Layers.Normalization"/>); null for the architecture's own.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Norm { get; init; }

    /// <summary>
    /// Whether auxiliary classifiers are left out, where the architecture has any: they only serve training (<see cref="ModelZoo.Layers.IAuxiliaryHeads"/>).
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OmitAuxiliary { get; init; }

    /// <summary>
    /// Whether the network first turns ImageNet's standardized images into those in [−1, 1] that its published weights were trained with
    /// (<see cref="Layers.TransformInput"/>), where the architecture has such weights.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TransformInput { get; init; }
}
