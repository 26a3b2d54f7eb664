using static TorchSharp.torch;

namespace ModelZoo.Layers;

/// <summary>
/// A shortcut without parameters to more channels and fewer pixels: every <paramref name="stride"/>-th row and column is kept, and channels of zeros follow the
/// input's own; [N,in,H,W] → [N,out,⌈H/stride⌉,⌈W/stride⌉] (He et al. 2016, "Deep residual learning for image recognition", section 3.3, option A).
/// </summary>
/// <param name="inChannels">Channels of the input.</param>
/// <param name="outChannels">Channels of the output, at least as many.</param>
/// <param name="stride">Rows, and columns, from one that is kept to the next.</param>
public sealed class PaddedShortcut(long inChannels, long outChannels, long stride) : nn.Module<Tensor, Tensor>(nameof(PaddedShortcut))
{
    /// <summary>Channels of the input.</summary>
    public long InChannels { get; } = inChannels;

    /// <summary>Channels of the output; those after the input's are zero.</summary>
    public long OutChannels { get; } = outChannels >= inChannels
        ? outChannels
        : throw new ArgumentOutOfRangeException(nameof(outChannels), outChannels,
            $"A padded shortcut can't give fewer channels than the {inChannels} that it takes.");

    /// <summary>Rows, and columns, from one that is kept to the next.</summary>
    public long Stride { get; } = stride >= 1 ? stride : throw new ArgumentOutOfRangeException(nameof(stride), stride, "A stride is at least 1.");

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The input has another number of channels.</exception>
    public override Tensor forward(Tensor input)
    {
        if (input.shape is not [_, var channels, var rows, var columns] || channels != InChannels)
        {
            throw new ArgumentException($"The shortcut takes [N,{InChannels},H,W], not [{string.Join(",", input.shape)}].", nameof(input));
        }

        using Tensor fewerRows = input.slice(2, 0, rows, Stride);
        using Tensor kept = fewerRows.slice(3, 0, columns, Stride);
        return nn.functional.pad(kept, (long[])[0, 0, 0, 0, 0, OutChannels - InChannels]); // the last dimension first: columns, rows, channels
    }
}

/// <summary>
/// Drops a residual branch for whole images: in training each row of [N,…] becomes zero with the given probability and is otherwise divided by the probability
/// of staying, so that its expectation is kept; in evaluation nothing happens (Huang et al., "Deep networks with stochastic depth", ECCV 2016; torchvision's
/// mode "row").
/// </summary>
public sealed class StochasticDepth : nn.Module<Tensor, Tensor>
{
    /// <param name="probability">That an image's branch is dropped, 0 … 1.</param>
    /// <exception cref="ZooException">It is no probability.</exception>
    public StochasticDepth(double probability) : base(nameof(StochasticDepth)) =>
        Probability = probability is >= 0 and <= 1
            ? probability
            : throw new ZooException(FormattableString.Invariant($"Stochastic depth takes a probability from 0 to 1, not {probability}."));

    /// <summary>That an image's branch is dropped.</summary>
    public double Probability { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (!training || Probability == 0)
        {
            return input.alias();
        }

        using var scope = NewDisposeScope();
        long[] shape = input.shape;
        shape.AsSpan(1).Fill(1);
        double staying = 1 - Probability;
        Tensor mask = empty(shape, input.dtype, input.device).bernoulli_(staying); // [N,1,…]
        return input.mul(staying > 0 ? mask.div_(staying) : mask).MoveToOuterDisposeScope();
    }
}
