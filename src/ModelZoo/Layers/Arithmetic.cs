using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>The sum of two tensors of one shape: what joins a shortcut to its block.</summary>
public sealed class Add() : nn.Module<Tensor, Tensor, Tensor>(nameof(Add))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input1, Tensor input2) => input1.add(input2);
}

/// <summary>The product of two tensors, one of which may be [N,C,1,1]: what scales channels by their gates (squeeze and excitation).</summary>
public sealed class Multiply() : nn.Module<Tensor, Tensor, Tensor>(nameof(Multiply))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input1, Tensor input2) => input1.mul(input2);
}

/// <summary>y = −x, any shape: turns distances, of which the smallest wins, into logits, of which the largest does.</summary>
public sealed class Negate() : nn.Module<Tensor, Tensor>(nameof(Negate))
{
    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input.neg();
}

/// <summary>Joins tensors along one dimension; the others must agree.</summary>
/// <param name="dim">The dimension; 1 joins channels.</param>
public sealed class Concat(long dim = 1) : nn.Module<Tensor[], Tensor>(nameof(Concat))
{
    /// <summary>The dimension that grows.</summary>
    public long Dim { get; } = dim;

    /// <inheritdoc/>
    public override Tensor forward(Tensor[] input) => cat(input, Dim);
}
