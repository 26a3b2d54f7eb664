using ModelZoo.Imaging;

namespace ModelZoo.Data;

// The same images chosen, resized, padded or kept.
public sealed partial class ImageDataset
{
    /// <summary>The images at <paramref name="indices"/>, in that order.</summary>
    public ImageDataset Subset(ReadOnlySpan<int> indices)
    {
        int[] chosen = indices.ToArray();
        foreach (int index in chosen)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(indices));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count, nameof(indices));
        }

        return new(Info, new SubsetStore(store, chosen), [.. chosen.Select(i => labels[i])]);
    }

    /// <summary>The first <paramref name="count"/> images, or all where there are fewer.</summary>
    public override ImageDataset Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return count >= Count ? this : Subset([.. Enumerable.Range(0, count)]);
    }

    /// <summary>The indices 0 … Count − 1 in an order that depends on <paramref name="seed"/> alone (<see cref="SeededRandom"/>).</summary>
    public int[] ShuffledOrder(ulong seed) => new SeededRandom(seed).Permutation(Count);

    /// <summary>Every image resized to <paramref name="height"/> × <paramref name="width"/> (<see cref="Resizer"/>); values stay within 0 and 1.</summary>
    public ImageDataset Resize(int height, int width, Interpolation interpolation = Interpolation.Bilinear) =>
        (height, width) == (Shape.Height, Shape.Width) ? this : new(Info, new ResizedStore(store, height, width, interpolation), labels);

    /// <summary>
    /// Every image resized so that its shorter side has <paramref name="size"/> pixels and the longer one as many as keep its aspect ratio, rounded down, as
    /// torchvision's Resize does.
    /// </summary>
    /// <exception cref="ZooException">The longer side would be so long that an image does not fit into one array.</exception>
    public ImageDataset ResizeShorterSide(int size, Interpolation interpolation = Interpolation.Bilinear)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        return ResizeToCover(Preprocessing.ImageNet(size, size, interpolation));
    }

    /// <summary>Every image resized to <see cref="Preprocessing.SizeBeforeCrop"/>.</summary>
    internal ImageDataset ResizeToCover(Preprocessing preprocessing)
    {
        (int width, int height) = preprocessing.SizeBeforeCrop(Shape.Width, Shape.Height);
        return (double)width * height * Shape.Channels <= Array.MaxLength
            ? Resize(height, width, preprocessing.Interpolation)
            : throw new ZooException($"{Name}: images of {Shape} with the shorter side resized to {Math.Min(width, height)} pixels would be "
                + $"{Math.Max(width, height)} pixels long, too many for one array. Crop them first.");
    }

    /// <summary>
    /// The middle of every image, <paramref name="height"/> × <paramref name="width"/>, with zeros around where the image is smaller. Where the middle is not a
    /// whole pixel, the offset is rounded to the even one of its neighbors, as torchvision's CenterCrop does.
    /// </summary>
    public ImageDataset CenterCrop(int height, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ImageDataset large = PadTo(Math.Max(height, Shape.Height), Math.Max(width, Shape.Width));
        (int top, int left) = ((int)Math.Round((large.Shape.Height - height) / 2.0), (int)Math.Round((large.Shape.Width - width) / 2.0));
        return large.Shape.Height == height && large.Shape.Width == width ? large : new(Info, new CroppedStore(large.store, left, top, width, height), labels);
    }

    /// <summary>Zeros around every image, these many columns and rows of them.</summary>
    public ImageDataset Pad(int left, int top, int right, int bottom)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(left);
        ArgumentOutOfRangeException.ThrowIfNegative(top);
        ArgumentOutOfRangeException.ThrowIfNegative(right);
        ArgumentOutOfRangeException.ThrowIfNegative(bottom);
        return left + top + right + bottom == 0 ? this : new(Info, new PaddedStore(store, left, top, right, bottom), labels);
    }

    /// <summary>
    /// Zeros around every image up to <paramref name="height"/> × <paramref name="width"/>, the image in the middle (an odd column or row goes right or below).
    /// LeCun et al. 1998, section II.B: the 28×28 digits lie in the middle of a 32×32 field.
    /// </summary>
    /// <exception cref="ZooException">The images are larger than that.</exception>
    public ImageDataset PadTo(int height, int width)
    {
        (int rows, int columns) = (height - Shape.Height, width - Shape.Width);
        return rows < 0 || columns < 0
            ? throw new ZooException($"{Name}: images of {Shape} cannot be padded to {height}×{width}. Resize them to at most that size first.")
            : Pad(columns / 2, rows / 2, columns - columns / 2, rows - rows / 2);
    }

    /// <summary>Gray images with their one plane repeated, for models that take color.</summary>
    /// <exception cref="ZooException">The images have another number of channels, and not one.</exception>
    public ImageDataset WithChannels(int channels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(channels);
        return channels == Shape.Channels ? this
            : Shape.Channels == 1 ? new(Info, new RepeatedStore(store, channels), labels)
            : throw new ZooException($"{Name}: images of {Shape} have {Shape.Channels} channels, the model takes {channels}. Make the model with in_channels = "
                + $"{Shape.Channels}, or use other data.");
    }

    /// <summary>The same images, made once and kept: as N·C·H·W bytes where they are bytes, else as floats, 4 bytes each.</summary>
    /// <exception cref="ZooException">They do not fit into one array.</exception>
    public ImageDataset Cached()
    {
        if ((long)Count * Shape.Length > Array.MaxLength)
        {
            throw new ZooException($"{Name}: {Count} images of {Shape} do not fit into one array. Take fewer images or a smaller size.");
        }

        if (Maximum is { } maximum)
        {
            var bytes = new byte[Count * Shape.Length];
            Parallel.For(0, Count, i => store.ReadBytes(i, bytes.AsSpan(i * Shape.Length, Shape.Length)));
            return FromInterleaved(Info, Shape, bytes, maximum, labels);
        }

        var pixels = new float[Count * Shape.Length];
        Parallel.For(0, Count, i => store.Read(i, pixels.AsSpan(i * Shape.Length, Shape.Length)));
        return new(Info, new FloatStore(pixels, Count, Shape), labels);
    }
}
