namespace ModelZoo.Data;

/// <summary>Where the pixels of a dataset come from: values held in memory, or another store seen through a change that is made while reading.</summary>
internal abstract class ImageStore(int count, ImageShape shape)
{
    public int Count { get; } = count;

    public ImageShape Shape { get; } = shape;

    /// <summary>Writes image <paramref name="index"/> as [C, H, W] into exactly Shape.Length values.</summary>
    public abstract void Read(int index, Span<float> destination);
}

/// <summary>Bytes [N, C, H, W]; the value is byte / <paramref name="maximum"/>, divided as torchvision's ToTensor does, so that both agree to the bit.</summary>
internal sealed class ByteStore(ReadOnlyMemory<byte> pixels, float maximum, int count, ImageShape shape) : ImageStore(count, shape)
{
    private readonly float[] values = [.. Enumerable.Range(0, 256).Select(b => b / maximum)];

    public override void Read(int index, Span<float> destination)
    {
        ReadOnlySpan<byte> image = pixels.Span.Slice(index * Shape.Length, Shape.Length);
        for (int i = 0; i < image.Length; i++)
        {
            destination[i] = values[image[i]];
        }
    }
}

/// <summary>Values [N, C, H, W].</summary>
internal sealed class FloatStore(ReadOnlyMemory<float> pixels, int count, ImageShape shape) : ImageStore(count, shape)
{
    public override void Read(int index, Span<float> destination) => pixels.Span.Slice(index * Shape.Length, Shape.Length).CopyTo(destination);
}

/// <summary>Some of the images of another store, in the order of <paramref name="indices"/>.</summary>
internal sealed class SubsetStore(ImageStore inner, int[] indices) : ImageStore(indices.Length, inner.Shape)
{
    public override void Read(int index, Span<float> destination) => inner.Read(indices[index], destination);
}
