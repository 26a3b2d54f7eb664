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
        : throw new ArgumentOutOfRangeException(nameof(outChannels), outChannels, $"A padded shortcut can't give fewer channels than the {inChannels} that it takes.");

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
