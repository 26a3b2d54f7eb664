using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>Joins tensors along one dimension; the others must agree.</summary>
/// <param name="dim">The dimension; 1 joins channels.</param>
public sealed class Concat(long dim = 1) : nn.Module<Tensor[], Tensor>(nameof(Concat))
{
    /// <summary>The dimension that grows.</summary>
    public long Dim { get; } = dim;

    /// <inheritdoc/>
    public override Tensor forward(Tensor[] input) => cat(input, Dim);
}
