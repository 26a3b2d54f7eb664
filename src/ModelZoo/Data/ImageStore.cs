namespace ModelZoo.Data;

/// <summary>Where the pixels of a dataset come from: values held in memory, or another store seen through a change that is made while reading.</summary>
/// <remarks>
/// Images stay bytes wherever each value is one of 256: as they are, chosen, padded, cropped, their plane repeated. What interpolates
/// (<see cref="ResizedStore"/>) computes in float and gives
/// values between, so that resized images are floats, as are those that were given as floats.
/// </remarks>
internal abstract class ImageStore(int count, ImageShape shape)
{
    public int Count { get; } = count;

    public ImageShape Shape { get; } = shape;

    /// <summary>The byte that stands for 1 where every value is a byte divided by it; null where the values are floats.</summary>
    public virtual float? Maximum => null;

    /// <summary>Writes image <paramref name="index"/> as [C, H, W] into exactly Shape.Length values.</summary>
    public abstract void Read(int index, Span<float> destination);

    /// <summary>Writes the bytes of image <paramref name="index"/> as [H, W, C]; only where there is a <see cref="Maximum"/>.</summary>
    public virtual void ReadBytes(int index, Span<byte> destination) => throw new NotSupportedException($"A {GetType().Name} holds no bytes.");
}

/// <summary>
/// Bytes [N, C, H, W], or [N, H, W, C] where <paramref name="interleaved"/>; the value is byte / <paramref name="maximum"/>, divided as torchvision's
/// ToTensor does, so that both agree to the bit.
/// </summary>
internal sealed class ByteStore(ReadOnlyMemory<byte> pixels, float maximum, int count, ImageShape shape, bool interleaved = false) : ImageStore(count, shape)
{
    private readonly float[] values = [.. Enumerable.Range(0, 256).Select(b => b / maximum)];

    public override float? Maximum => maximum;

    /// <summary>All bytes as [N, H, W, C]; null where they lie in another order.</summary>
    public ReadOnlyMemory<byte>? Interleaved => interleaved || Shape.Channels == 1 ? pixels : default(ReadOnlyMemory<byte>?);

    public override void Read(int index, Span<float> destination)
    {
        ReadOnlySpan<byte> image = Image(index);
        if (!interleaved)
        {
            for (int i = 0; i < image.Length; i++)
            {
                destination[i] = values[image[i]];
            }

            return;
        }

        (int channels, int plane) = (Shape.Channels, Shape.Height * Shape.Width);
        for (int c = 0; c < channels; c++)
        {
            Span<float> to = destination.Slice(c * plane, plane);
            for (int i = 0, at = c; i < to.Length; i++, at += channels)
            {
                to[i] = values[image[at]];
            }
        }
    }

    public override void ReadBytes(int index, Span<byte> destination)
    {
        if (Interleaved is null)
        {
            Interleave(Image(index), Shape, destination);
        }
        else
        {
            Image(index).CopyTo(destination);
        }
    }

    /// <summary>Planes side by side.</summary>
    /// <param name="planes">[C, H, W].</param>
    /// <param name="shape">Of the image.</param>
    /// <param name="pixels">[H, W, C].</param>
    public static void Interleave(ReadOnlySpan<byte> planes, ImageShape shape, Span<byte> pixels)
    {
        int plane = shape.Height * shape.Width;
        for (int c = 0; c < shape.Channels; c++)
        {
            ReadOnlySpan<byte> from = planes.Slice(c * plane, plane);
            for (int i = 0, at = c; i < from.Length; i++, at += shape.Channels)
            {
                pixels[at] = from[i];
            }
        }
    }

    private ReadOnlySpan<byte> Image(int index) => pixels.Span.Slice(index * Shape.Length, Shape.Length);
}

/// <summary>Values [N, C, H, W].</summary>
internal sealed class FloatStore(ReadOnlyMemory<float> pixels, int count, ImageShape shape) : ImageStore(count, shape)
{
    public override void Read(int index, Span<float> destination) => pixels.Span.Slice(index * Shape.Length, Shape.Length).CopyTo(destination);
}

/// <summary>Some of the images of another store, in the order of <paramref name="indices"/>.</summary>
internal sealed class SubsetStore(ImageStore inner, int[] indices) : ImageStore(indices.Length, inner.Shape)
{
    public override float? Maximum => inner.Maximum;

    public override void Read(int index, Span<float> destination) => inner.Read(indices[index], destination);

    public override void ReadBytes(int index, Span<byte> destination) => inner.ReadBytes(indices[index], destination);
}
