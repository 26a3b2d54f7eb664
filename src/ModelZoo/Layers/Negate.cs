using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>y = −x, any shape: turns distances, of which the smallest wins, into logits, of which the largest does.</summary>
public sealed class Negate() : nn.Module<Tensor, Tensor>(nameof(Negate))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input.neg();
}
