using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>The same elements in another shape.</summary>
/// <param name="shape">The new sizes, one of them −1: the one that the batch is in.</param>
public sealed class Reshape(params long[] shape) : nn.Module<Tensor, Tensor>(nameof(Reshape))
{
    /// <summary>The new sizes; −1 for what is left.</summary>
    public long[] Shape { get; } = shape;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input.reshape(Shape);
}

/// <summary>Dimensions in another order.</summary>
/// <param name="order">For each new dimension the old one.</param>
public sealed class Permute(params long[] order) : nn.Module<Tensor, Tensor>(nameof(Permute))
{
    /// <summary>For each new dimension the old one.</summary>
    public long[] Order { get; } = order;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input.permute(Order);
}

/// <summary>A part of a dimension: every <paramref name="step"/>-th index from <paramref name="start"/> to before <paramref name="end"/>.</summary>
/// <param name="dim">The dimension.</param>
/// <param name="start">The first index.</param>
/// <param name="end">The one behind the last.</param>
/// <param name="step">From one index to the next.</param>
public sealed class Slice(long dim, long start, long end, long step = 1) : nn.Module<Tensor, Tensor>(nameof(Slice))
{
    /// <summary>The dimension.</summary>
    public long Dim { get; } = dim;

    /// <summary>The first index.</summary>
    public long Start { get; } = start;

    /// <summary>The one behind the last.</summary>
    public long End { get; } = end;

    /// <summary>From one index to the next.</summary>
    public long Step { get; } = step;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input.slice(Dim, Start, End, Step);
}

/// <summary>Chosen indices of a dimension.</summary>
/// <param name="dim">The dimension.</param>
/// <param name="indices">Which.</param>
public sealed class SelectIndices(long dim, params long[] indices) : nn.Module<Tensor, Tensor>(nameof(SelectIndices))
{
    /// <summary>The dimension.</summary>
    public long Dim { get; } = dim;

    /// <summary>Which.</summary>
    public long[] Indices { get; } = indices;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using Tensor places = tensor(Indices, device: input.device);
        return input.index_select(Dim, places);
    }
}

/// <summary>A border of one value around any dimensions; a negative width cuts.</summary>
/// <param name="sides">Widths before and after the last dimension, then the one before it, and so on.</param>
/// <param name="value">The border's value.</param>
public sealed class ConstantBorder(long[] sides, double value) : nn.Module<Tensor, Tensor>(nameof(ConstantBorder))
{
    /// <summary>Widths before and after the last dimension, then the one before it, and so on.</summary>
    public long[] Sides { get; } = sides;

    /// <summary>The border's value.</summary>
    public double Value { get; } = value;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => nn.functional.pad(input, Sides, PaddingModes.Constant, Value);
}

/// <summary>The mean over some dimensions.</summary>
/// <param name="dims">Which.</param>
/// <param name="keep">Whether they stay, with size 1.</param>
public sealed class Mean(long[] dims, bool keep) : nn.Module<Tensor, Tensor>(nameof(Mean))
{
    /// <summary>Which.</summary>
    public long[] Dims { get; } = dims;

    /// <summary>Whether they stay, with size 1.</summary>
    public bool Keep { get; } = keep;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input.mean(Dims, Keep);
}

/// <summary>The sum over some dimensions.</summary>
/// <param name="dims">Which.</param>
/// <param name="keep">Whether they stay, with size 1.</param>
public sealed class Total(long[] dims, bool keep) : nn.Module<Tensor, Tensor>(nameof(Total))
{
    /// <summary>Which.</summary>
    public long[] Dims { get; } = dims;

    /// <summary>Whether they stay, with size 1.</summary>
    public bool Keep { get; } = keep;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input.sum(Dims, Keep);
}

/// <summary>
/// Average pooling over [N,C,H,W] with other borders before than after, which do not count: each window's sum is divided by the number of its elements that
/// lie in the image.
/// </summary>
/// <param name="kernel">Rows and columns of a window.</param>
/// <param name="stride">From one window to the next.</param>
/// <param name="sides">Widths of the border: left, right, top, bottom.</param>
/// <param name="ceilMode">Whether a last window that sticks out counts.</param>
public sealed class BorderedAveragePool(long[] kernel, long[] stride, long[] sides, bool ceilMode) : nn.Module<Tensor, Tensor>(nameof(BorderedAveragePool))
{
    /// <summary>Rows and columns of a window.</summary>
    public long[] Kernel { get; } = kernel;

    /// <summary>From one window to the next.</summary>
    public long[] Stride { get; } = stride;

    /// <summary>Widths of the border: left, right, top, bottom.</summary>
    public long[] Sides { get; } = sides;

    /// <summary>Whether a last window that sticks out counts.</summary>
    public bool CeilMode { get; } = ceilMode;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor inside = ones([1, 1, input.shape[2], input.shape[3]], input.dtype, input.device);
        return Pool(input).div(Pool(inside)).MoveToOuterDisposeScope();
    }

    private Tensor Pool(Tensor x) => nn.functional.avg_pool2d(nn.functional.pad(x, Sides), Kernel, Stride, ceil_mode: CeilMode);
}
