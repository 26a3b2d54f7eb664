using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>The sum of two tensors of one shape: what joins a shortcut to its block.</summary>
public sealed class Add() : nn.Module<Tensor, Tensor, Tensor>(nameof(Add))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input1, Tensor input2) => input1.add(input2);
}
