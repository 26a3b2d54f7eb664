using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>The product of two tensors, one of which may be [N,C,1,1]: what scales channels by their gates (squeeze and excitation).</summary>
public sealed class Multiply() : nn.Module<Tensor, Tensor, Tensor>(nameof(Multiply))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input1, Tensor input2) => input1.mul(input2);
}
