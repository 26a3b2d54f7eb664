using ModelZoo.Imaging;

namespace ModelZoo.Data;

/// <summary>
/// Labeled images of one shape, in memory or in files of records (CIFAR's), with values in [0, 1]. Immutable: every method that
/// changes something returns a new dataset, which shares the pixels with this one and makes its images when they are read (<see cref="Cached"/> makes them
/// once). Threads may share one.
/// </summary>
public sealed partial class ImageDataset : LabeledImages
{
    private readonly ImageStore store;
    private readonly int[] labels;

    private ImageDataset(DatasetInfo info, ImageStore store, int[] labels)
    {
        (Info, this.store, this.labels) = (info, store, labels);
    }

    /// <inheritdoc/>
    public override DatasetInfo Info { get; }

    /// <inheritdoc/>
    public override int Count => labels.Length;

    /// <summary>[C, H, W] of every image.</summary>
    public ImageShape Shape => store.Shape;

    /// <inheritdoc/>
    public override ImageShape TypicalShape => Shape;

    /// <inheritdoc/>
    public override ReadOnlySpan<int> Labels => labels;

    /// <summary>A dataset over bytes; the value of a pixel is byte / <paramref name="maximum"/>. The bytes are kept, not copied.</summary>
    /// <param name="info">Name, source, license and class names.</param>
    /// <param name="shape">[C, H, W] of each image.</param>
    /// <param name="pixels">[N, C, H, W].</param>
    /// <param name="maximum">The byte that stands for 1: 255, or 16 for the digits.</param>
    /// <param name="labels">[N].</param>
    /// <exception cref="ArgumentException">The lengths do not fit together, or a label has no class name.</exception>
    public static ImageDataset FromBytes(DatasetInfo info, ImageShape shape, ReadOnlyMemory<byte> pixels, float maximum, int[] labels)
    {
        Check(info, shape, pixels.Length, labels);
        return new(info, new ByteStore(pixels, maximum, labels.Length, shape), labels);
    }

    /// <summary>The same over bytes [N, H, W, C], which tensors of the channels-last layout can share.</summary>
    /// <inheritdoc cref="FromBytes"/>
    internal static ImageDataset FromInterleaved(DatasetInfo info, ImageShape shape, ReadOnlyMemory<byte> pixels, float maximum, int[] labels)
    {
        Check(info, shape, pixels.Length, labels);
        return new(info, new ByteStore(pixels, maximum, labels.Length, shape, interleaved: true), labels);
    }

    /// <summary>A dataset over a store of as many images as there are labels.</summary>
    /// <inheritdoc cref="FromBytes"/>
    internal static ImageDataset FromStore(DatasetInfo info, ImageStore store, int[] labels)
    {
        Check(info, store.Shape, (long)store.Count * store.Shape.Length, labels);
        return new(info, store, labels);
    }

    /// <summary>A dataset over values, [N, C, H, W], that are in [0, 1] already. The values are kept, not copied.</summary>
    /// <exception cref="ArgumentException">The lengths do not fit together, or a label has no class name.</exception>
    public static ImageDataset FromFloats(DatasetInfo info, ImageShape shape, ReadOnlyMemory<float> pixels, int[] labels)
    {
        Check(info, shape, pixels.Length, labels);
        return new(info, new FloatStore(pixels, labels.Length, shape), labels);
    }

    /// <summary>Writes image <paramref name="index"/> as [C, H, W].</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is not Shape.Length long.</exception>
    public void CopyImage(int index, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        if (destination.Length != Shape.Length)
        {
            throw new ArgumentException($"An image of {Name} is {Shape}, {Shape.Length} values; the destination holds {destination.Length}.",
                nameof(destination));
        }

        store.Read(index, destination);
    }

    /// <summary>The byte that stands for 1 where all values are bytes over it; null where they are floats.</summary>
    internal float? Maximum => store.Maximum;

    /// <summary>The bytes of all images as [N, H, W, C], where they lie in memory just so.</summary>
    internal ReadOnlyMemory<byte>? Interleaved => (store as ByteStore)?.Interleaved;

    /// <summary>Whether the bytes stay in files and are read anew each time.</summary>
    internal bool InFiles => store.InFiles;

    /// <summary>Writes the bytes of image <paramref name="index"/> as [H, W, C]; only where there is a <see cref="Maximum"/>.</summary>
    internal void CopyBytes(int index, Span<byte> destination) => store.ReadBytes(index, destination);

    /// <summary>The image as bytes: values rounded to 255ths, one plane repeated.</summary>
    /// <exception cref="ZooException">It has neither one channel nor three.</exception>
    public override PixelImage Picture(int index)
    {
        if (Shape.Channels is not (1 or 3))
        {
            throw new ZooException($"{Name}: images of {Shape} are no pictures; one channel or three are needed here.");
        }

        var rgb = new byte[3 * Shape.Height * Shape.Width];
        if (Maximum is { } maximum)
        {
            FillFromBytes(index, maximum, rgb);
        }
        else
        {
            FillFromFloats(index, rgb);
        }

        return new PixelImage(Shape.Width, Shape.Height, rgb, isGray: Shape.Channels == 1);
    }

    /// <inheritdoc/>
    public override string NameOf(int index) => $"{Name}[{index}]";

    private protected override ReadOnlySpan<byte> Fingerprint(int index)
    {
        if (Maximum is not null)
        {
            var bytes = new byte[Shape.Length];
            CopyBytes(index, bytes);
            return bytes;
        }

        var values = new float[Shape.Length];
        store.Read(index, values);
        return System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values);
    }

    internal override void WriteIdentity(Stream stream)
    {
        var values = new float[Shape.Length];
        for (int i = 0; i < Count; i++)
        {
            store.Read(i, values);
            stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values));
        }

        stream.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(labels));
    }

    private protected override LabeledImages With(DatasetInfo info, int[] labels) => new ImageDataset(info, store, labels);

    private void FillFromBytes(int index, float maximum, Span<byte> rgb)
    {
        Span<byte> own = Shape.Channels == 3 ? rgb : new byte[Shape.Length];
        store.ReadBytes(index, own);
        if (maximum != 255)
        {
            foreach (ref byte value in own)
            {
                value = (byte)Math.Round(255 * (value / maximum));
            }
        }

        for (int i = 0; Shape.Channels == 1 && i < own.Length; i++)
        {
            rgb.Slice(3 * i, 3).Fill(own[i]);
        }
    }

    private void FillFromFloats(int index, Span<byte> rgb)
    {
        int plane = Shape.Height * Shape.Width;
        var values = new float[Shape.Length];
        CopyImage(index, values);
        for (int i = 0; i < rgb.Length; i++)
        {
            (int pixel, int channel) = int.DivRem(i, 3);
            rgb[i] = (byte)Math.Round(255 * values[(Shape.Channels == 1 ? 0 : channel * plane) + pixel]);
        }
    }

    private static void Check(DatasetInfo info, ImageShape shape, long pixels, int[] labels)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(labels);
        if (shape.Channels < 1 || shape.Height < 1 || shape.Width < 1 || pixels != (long)labels.Length * shape.Length)
        {
            throw new ArgumentException($"{info.Name}: {labels.Length} images of {shape} are not {pixels} values.");
        }

        if (labels.Any(label => label < 0 || label >= info.ClassNames.Count))
        {
            throw new ArgumentException($"{info.Name}: a label is outside 0 … {info.ClassNames.Count - 1}.", nameof(labels));
        }
    }
}
