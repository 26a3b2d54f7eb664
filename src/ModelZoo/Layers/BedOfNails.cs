using static TorchSharp.torch;

namespace ModelZoo.Layers;

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
