using ModelZoo.Data.Loading;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Data.Augmentation;

/// <summary>Where the pixels of a batch come from, as the sum of a row's place and a column's.</summary>
/// <param name="Rows">[B·H], the first pixel of the row that each row is, counted over all images; −1: black.</param>
/// <param name="Columns">[B·W], the column of that row; −1: black.</param>
internal sealed record PixelMap(long[] Rows, int[] Columns)
{
    /// <summary>The pixels, by a loop: index_select takes ten times as long for pieces of three bytes.</summary>
    /// <param name="pixels">[N,h,w,C] uint8, contiguous, on the CPU.</param>
    /// <param name="count">B.</param>
    /// <param name="shape">[C,H,W] of the result's images.</param>
    /// <returns>[B,H,W,C].</returns>
    public unsafe Tensor CopyFrom(Tensor pixels, int count, ImageShape shape)
    {
        byte* source = PixelBlock.Memory(pixels);
        return PixelBlock.Bytes(count, shape, (b, image) =>
        {
            ReadOnlySpan<int> columns = Columns.AsSpan(b * shape.Width, shape.Width);
            int stride = shape.Width * shape.Channels;
            for (int y = 0; y < shape.Height; y++)
            {
                Span<byte> to = image.Slice(y * stride, stride);
                long row = Rows[b * shape.Height + y];
                if (row < 0)
                {
                    to.Clear();
                }
                else if (shape.Channels == 3)
                {
                    CopyRow(source + 3 * row, columns, to);
                }
                else
                {
                    CopyRow(source + shape.Channels * row, columns, shape.Channels, to);
                }
            }
        });
    }

    /// <summary>The same by tensor operations, on any device.</summary>
    /// <inheritdoc cref="CopyFrom"/>
    public Tensor IndexFrom(Tensor pixels, int count, ImageShape shape)
    {
        using DisposeScope scope = NewDisposeScope();
        Device device = pixels.device;
        Tensor rows = tensor(Rows, [count, shape.Height, 1], device: device);
        Tensor columns = tensor(Columns, [count, 1, shape.Width], device: device);
        Tensor index = rows.clamp_min(0) + columns.clamp_min(0); // [B,H,W]
        Tensor found = pixels.view(-1, shape.Channels).index_select(0, index.view(-1)).view(count, shape.Height, shape.Width, shape.Channels);
        return found.mul_(rows.ge(0).unsqueeze(3)).mul_(columns.ge(0).unsqueeze(3)).MoveToOuterDisposeScope();
    }

    private static unsafe void CopyRow(byte* row, ReadOnlySpan<int> columns, Span<byte> to)
    {
        for (int x = 0, at = 0; at + 2 < to.Length; x++, at += 3)
        {
            int column = columns[x];
            byte* pixel = row + 3 * column;
            (to[at], to[at + 1], to[at + 2]) = column < 0 ? default : (pixel[0], pixel[1], pixel[2]);
        }
    }

    private static unsafe void CopyRow(byte* row, ReadOnlySpan<int> columns, int channels, Span<byte> to)
    {
        for (int i = 0; i < to.Length; i++)
        {
            (int x, int c) = channels == 1 ? (i, 0) : int.DivRem(i, channels);
            to[i] = columns[x] < 0 ? (byte)0 : row[columns[x] * channels + c];
        }
    }
}
