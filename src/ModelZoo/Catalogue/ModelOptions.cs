using System.Text.Json.Serialization;

namespace ModelZoo;

/// <summary>What a caller may choose of an architecture.</summary>
/// <param name="NumClasses">Logits per image.</param>
/// <param name="InChannels">Channels of the input images.</param>
/// <param name="InputHeight">Rows of the input images, in pixels.</param>
/// <param name="InputWidth">Columns of the input images, in pixels.</param>
public sealed record ModelOptions(int NumClasses, int InChannels, int InputHeight, int InputWidth)
{
    /// <summary>The normalisation layers: "batch", "group:32", "layer", "instance" (<see cref="Layers.Normalization"/>); null for the architecture's own.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Norm { get; init; }

    /// <summary>Whether auxiliary classifiers are left out, where the architecture has any: they only serve training (<see cref="IAuxiliaryHeads"/>).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OmitAuxiliary { get; init; }

    /// <summary>
    /// Whether the network first turns ImageNet's standardised images into those in [−1, 1] that its published weights were trained with (<see cref="Layers.TransformInput"/>), where
    /// the architecture has such weights.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TransformInput { get; init; }
}
