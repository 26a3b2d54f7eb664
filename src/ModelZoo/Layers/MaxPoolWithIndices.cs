using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// Max pooling over windows that do not overlap, [N,C,H,W] → [N,C,H/kernel,W/kernel], which also gives the place h·W + w of each maximum in its plane (int64, of the same shape):
/// what <see cref="MaxUnpool"/> needs to put values back (Zeiler and Fergus 2014, section 2.1, "switches").
/// </summary>
/// <param name="kernel">Rows and columns of a window, and its step.</param>
public sealed class MaxPoolWithIndices(int kernel) : nn.Module<Tensor, (Tensor Values, Tensor Indices)>(nameof(MaxPoolWithIndices))
{
    /// <summary>Rows and columns of a window, and its step.</summary>
    public int Kernel { get; } = kernel;

    /// <inheritdoc/>
    public override (Tensor Values, Tensor Indices) forward(Tensor input) => nn.functional.max_pool2d_with_indices(input, [Kernel, Kernel], [Kernel, Kernel]);
}
