using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// Sets each value where a <see cref="MaxPoolWithIndices"/> found its maximum, and zeros elsewhere: values and indices [N,C,H,W] → [N,C,H·kernel,W·kernel]
/// (Zeiler and Fergus 2014, section 2.1).
/// </summary>
/// <param name="kernel">The pooling's.</param>
public sealed class MaxUnpool(int kernel) : nn.Module<Tensor, Tensor, Tensor>(nameof(MaxUnpool))
{
    /// <summary>Rows and columns of a window of the pooling, and its step.</summary>
    public int Kernel { get; } = kernel;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input1, Tensor input2) => nn.functional.max_unpool2d(input1, input2, [Kernel, Kernel], [Kernel, Kernel]);
}
