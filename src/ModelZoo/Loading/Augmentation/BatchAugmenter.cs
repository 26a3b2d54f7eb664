using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Loading.Augmentation;

/// <summary>
/// What <see cref="Augmenter"/> does to one picture after the other, done to a whole batch of bytes by tensor operations, on whatever device the bytes are:
/// random and padded crops, the
/// affine move, flips, lighting, normalization, cutout and random erasing. The draws are the augmenter's, from the seed of each example, and so are the
/// pixels, to the bit.
/// </summary>
/// <param name="recipe">What is changed; nothing of it <see cref="Recipe.NeedsPictures"/>.</param>
/// <param name="preprocessing">The model's.</param>
/// <param name="pixels">Of the input's size, or larger where the recipe cuts at random.</param>
/// <param name="normalizer">From bytes to the input's values.</param>
internal sealed class BatchAugmenter(Recipe recipe, Preprocessing preprocessing, PixelSource pixels, TensorNormalizer normalizer)
{
    private readonly Augmenter augmenter = new(recipe, preprocessing);
    private readonly (int Height, int Width) from = pixels.Size;
    private readonly (int Height, int Width) to = (preprocessing.Height, preprocessing.Width);

    /// <summary>The training examples at <paramref name="indices"/>.</summary>
    /// <param name="indices">[B].</param>
    /// <param name="plan">Seed and epoch.</param>
    /// <param name="channelsLast">The layout of the result.</param>
    /// <param name="repeats">[B], how often each came before in the epoch; none: never.</param>
    /// <returns>[B,C,H,W], normalized; the caller's, or its dispose scope's.</returns>
    public Tensor Make(ReadOnlySpan<int> indices, EpochSampler plan, bool channelsLast, ReadOnlySpan<int> repeats = default)
    {
        int count = indices.Length;
        var cuts = new (int Left, int Top)[count];
        var places = new Placement[count];
        var lights = new float[3 * count];
        var erased = new (int Left, int Top, int Width, int Height)[count][];
        for (int b = 0; b < count; b++)
        {
            var random = new SeededRandom(plan.SeedOfExample(indices[b], repeats.IsEmpty ? 0 : repeats[b]));
            cuts[b] = augmenter.CutsAtRandom ? augmenter.DrawCut(from.Width, from.Height, random) : default;
            places[b] = augmenter.DrawPlacement(random);
            (lights[3 * b], lights[3 * b + 1], lights[3 * b + 2]) = augmenter.Light(random) ?? default;
            erased[b] = [.. augmenter.DrawErased(random)];
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor bytes = Placed(indices, cuts, places); // [B,H,W,C]
        bytes = recipe.MovesAtRandom ? BatchAffine.Apply(bytes, places) : bytes;
        Tensor? light = recipe.PcaLighting > 0 ? tensor(lights, [count, 3], device: pixels.Device).narrow(1, 0, preprocessing.Channels) : null; // [B,C]
        Tensor images = normalizer.Apply(bytes, channelsLast, light); // [B,C,H,W]
        for (int round = 0; round < erased.Max(parts => parts.Length); round++)
        {
            images.masked_fill_(Mask([.. erased.Select(parts => parts.ElementAtOrDefault(round))]), 0);
        }

        return images.MoveToOuterDisposeScope();
    }

    // Cut, padded crop and flips move whole rows and columns: each pixel's place is that of its row plus that of its column. The flips come after the affine
    // move, if there is one.
    private Tensor Placed(ReadOnlySpan<int> indices, (int Left, int Top)[] cuts, Placement[] places)
    {
        bool flips = !recipe.MovesAtRandom && (recipe.HorizontalFlip > 0 || recipe.VerticalFlip > 0);
        if (recipe.RandomCropPadding == 0 && !augmenter.CutsAtRandom && !flips)
        {
            return pixels.Select(indices);
        }

        PixelMap map = Map(cuts, places, flips);
        Tensor whole = pixels.Select(indices); // [B,h,w,C]
        var shape = new ImageShape(preprocessing.Channels, to.Height, to.Width);
        return whole.device_type == DeviceType.CPU ? map.CopyFrom(whole, indices.Length, shape) : map.IndexFrom(whole, indices.Length, shape);
    }

    private PixelMap Map((int Left, int Top)[] cuts, Placement[] places, bool flips)
    {
        (int count, int padding) = (cuts.Length, recipe.RandomCropPadding);
        var map = new PixelMap(new long[count * to.Height], new int[count * to.Width]);
        for (int b = 0; b < count; b++)
        {
            Placement place = places[b];
            for (int y = 0; y < to.Height; y++)
            {
                int at = PaddedCrop.Source((flips && place.UpsideDown ? to.Height - 1 - y : y) + place.Top - padding, to.Height, augmenter.Padding);
                map.Rows[b * to.Height + y] = at < 0 ? -1 : ((long)b * from.Height + cuts[b].Top + at) * from.Width;
            }

            for (int x = 0; x < to.Width; x++)
            {
                int at = PaddedCrop.Source((flips && place.Mirrored ? to.Width - 1 - x : x) + place.Left - padding, to.Width, augmenter.Padding);
                map.Columns[b * to.Width + x] = at < 0 ? -1 : cuts[b].Left + at;
            }
        }

        return map;
    }

    // [B,1,H,W], true within each image's rectangle; an empty one is nowhere.
    private Tensor Mask((int Left, int Top, int Width, int Height)[] parts)
    {
        (bool[] rows, bool[] columns) = (new bool[parts.Length * to.Height], new bool[parts.Length * to.Width]);
        for (int b = 0; b < parts.Length; b++)
        {
            rows.AsSpan(b * to.Height + parts[b].Top, parts[b].Height).Fill(true);
            columns.AsSpan(b * to.Width + parts[b].Left, parts[b].Width).Fill(true);
        }

        Tensor down = tensor(rows, [parts.Length, 1, to.Height, 1], device: pixels.Device);
        return down.logical_and(tensor(columns, [parts.Length, 1, 1, to.Width], device: pixels.Device));
    }
}

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
