using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// Max pooling over windows that do not overlap, [N,C,H,W] → [N,C,H/kernel,W/kernel], which also gives the place h·W + w of each maximum in its plane (int64,
/// of the same shape): what <see cref="MaxUnpool"/> needs to put values back (Zeiler and Fergus 2014, section 2.1, "switches").
/// </summary>
/// <param name="kernel">Rows and columns of a window, and its step.</param>
public sealed class MaxPoolWithIndices(int kernel) : nn.Module<Tensor, (Tensor Values, Tensor Indices)>(nameof(MaxPoolWithIndices))
{
    /// <summary>Rows and columns of a window, and its step.</summary>
    public int Kernel { get; } = kernel;

    /// <inheritdoc/>
    public override (Tensor Values, Tensor Indices) forward(Tensor input) => nn.functional.max_pool2d_with_indices(input, [Kernel, Kernel], [Kernel, Kernel]);
}

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

/// <summary>Sets each value in the upper left corner of a scale×scale block of zeros, [N,C,H,W] → [N,C,H·scale,W·scale].</summary>
/// <param name="scale">Rows and columns of a block.</param>
public sealed class BedOfNails(int scale) : nn.Module<Tensor, Tensor>(nameof(BedOfNails))
{
    /// <summary>Rows and columns of a block.</summary>
    public int Scale { get; } = scale;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        long[] shape = input.shape;
        Tensor cells = input.reshape(shape[0], shape[1], shape[2], 1, shape[3], 1);
        Tensor blocks = nn.functional.pad(cells, [0, Scale - 1, 0, 0, 0, Scale - 1]); // [N,C,H,scale,W,scale]
        return blocks.reshape(shape[0], shape[1], shape[2] * Scale, shape[3] * Scale).MoveToOuterDisposeScope();
    }
}
