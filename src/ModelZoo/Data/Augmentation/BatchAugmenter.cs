using ModelZoo.Data.Loading;
using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Data.Augmentation;

/// <summary>
/// What <see cref="Augmenter"/> does to one picture after the other, done to a whole batch of bytes by tensor operations, on whatever device the bytes are:
/// random and padded crops, the
/// affine move, flips, lighting, normalization, cutout and random erasing. The draws are the augmenter's, from the seed of each example, and so are the
/// pixels, to the bit.
/// </summary>
/// <param name="recipe">What is changed; nothing of it <see cref="Recipe.NeedsPictures"/>.</param>
/// <param name="preprocessing">The model's.</param>
/// <param name="pixels">[N,h,w,C] uint8, contiguous: of the input's size, or larger where the recipe cuts at random.</param>
/// <param name="normalizer">From bytes to the input's values.</param>
internal sealed class BatchAugmenter(Recipe recipe, Preprocessing preprocessing, Tensor pixels, TensorNormalizer normalizer)
{
    private readonly Augmenter augmenter = new(recipe, preprocessing);
    private readonly (int Height, int Width) from = ((int)pixels.shape[1], (int)pixels.shape[2]);
    private readonly (int Height, int Width) to = (preprocessing.Height, preprocessing.Width);

    /// <summary>The training examples at <paramref name="indices"/>.</summary>
    /// <param name="indices">[B].</param>
    /// <param name="plan">Seed and epoch.</param>
    /// <param name="channelsLast">The layout of the result.</param>
    /// <returns>[B,C,H,W], normalized; the caller's, or its dispose scope's.</returns>
    public Tensor Make(ReadOnlySpan<int> indices, EpochPlan plan, bool channelsLast)
    {
        int count = indices.Length;
        var cuts = new (int Left, int Top)[count];
        var places = new Placement[count];
        var lights = new float[3 * count];
        var erased = new (int Left, int Top, int Width, int Height)[count][];
        for (int b = 0; b < count; b++)
        {
            var random = new SeededRandom(plan.SeedOfExample(indices[b]));
            cuts[b] = augmenter.CutsAtRandom ? augmenter.DrawCut(from.Width, from.Height, random) : default;
            places[b] = augmenter.DrawPlacement(random);
            (lights[3 * b], lights[3 * b + 1], lights[3 * b + 2]) = augmenter.Light(random) ?? default;
            erased[b] = [.. augmenter.DrawErased(random)];
        }

        using DisposeScope scope = NewDisposeScope();
        Tensor bytes = Placed(indices, cuts, places); // [B,H,W,C]
        bytes = recipe.MovesAtRandom ? BatchAffine.Apply(bytes, places) : bytes;
        Tensor? light = recipe.PcaLighting > 0 ? tensor(lights, [count, 3], device: pixels.device).narrow(1, 0, preprocessing.Channels) : null; // [B,C]
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
            long[] whole = [.. indices.ToArray().Select(i => (long)i)];
            return pixels.index_select(0, tensor(whole, device: pixels.device));
        }

        return Gather(Map(indices, cuts, places, flips));
    }

    private PixelMap Map(ReadOnlySpan<int> indices, (int Left, int Top)[] cuts, Placement[] places, bool flips)
    {
        (int count, int padding) = (indices.Length, recipe.RandomCropPadding);
        var map = new PixelMap(new long[count * to.Height], new int[count * to.Width]);
        for (int b = 0; b < count; b++)
        {
            Placement place = places[b];
            for (int y = 0; y < to.Height; y++)
            {
                int at = PaddedCrop.Source((flips && place.UpsideDown ? to.Height - 1 - y : y) + place.Top - padding, to.Height, augmenter.Padding);
                map.Rows[b * to.Height + y] = at < 0 ? -1 : ((long)indices[b] * from.Height + cuts[b].Top + at) * from.Width;
            }

            for (int x = 0; x < to.Width; x++)
            {
                int at = PaddedCrop.Source((flips && place.Mirrored ? to.Width - 1 - x : x) + place.Left - padding, to.Width, augmenter.Padding);
                map.Columns[b * to.Width + x] = at < 0 ? -1 : cuts[b].Left + at;
            }
        }

        return map;
    }

    private Tensor Gather(PixelMap map)
    {
        int count = map.Rows.Length / to.Height;
        var shape = new ImageShape(preprocessing.Channels, to.Height, to.Width);
        return pixels.device_type == DeviceType.CPU ? map.CopyFrom(pixels, count, shape) : map.IndexFrom(pixels, count, shape);
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

        Tensor down = tensor(rows, [parts.Length, 1, to.Height, 1], device: pixels.device);
        return down.logical_and(tensor(columns, [parts.Length, 1, 1, to.Width], device: pixels.device));
    }
}
