using System.Buffers;
using ModelZoo.Imaging;

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

    /// <summary>Whether its bytes stay in files and are read anew each time.</summary>
    public virtual bool InFiles => false;

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

    public override bool InFiles => inner.InFiles;

    public override void Read(int index, Span<float> destination) => inner.Read(indices[index], destination);

    public override void ReadBytes(int index, Span<byte> destination) => inner.ReadBytes(indices[index], destination);
}

/// <summary>A store that makes each image from one image of another store.</summary>
internal abstract class DerivedStore(ImageStore inner, ImageShape shape) : ImageStore(inner.Count, shape)
{
    public sealed override void Read(int index, Span<float> destination)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(inner.Shape.Length);
        Span<float> source = rented.AsSpan(0, inner.Shape.Length);
        inner.Read(index, source);
        Make(source, destination);
        ArrayPool<float>.Shared.Return(rented);
    }

    /// <param name="source">[C, H, W] of the other store.</param>
    /// <param name="destination">[C, H, W] of this one.</param>
    protected abstract void Make(ReadOnlySpan<float> source, Span<float> destination);
}

/// <summary>Every plane resized by <see cref="Resizer"/>; what the cubic filter throws beyond 0 and 1 is cut off, as in images of bytes.</summary>
internal sealed class ResizedStore(ImageStore inner, int height, int width, Interpolation interpolation)
    : DerivedStore(inner, inner.Shape with { Height = height, Width = width })
{
    private readonly Resizer resizer = new(inner.Shape.Height, inner.Shape.Width, height, width, interpolation);
    private readonly int fromPlane = inner.Shape.Height * inner.Shape.Width;

    protected override void Make(ReadOnlySpan<float> source, Span<float> destination)
    {
        int toPlane = Shape.Height * Shape.Width;
        for (int c = 0; c < Shape.Channels; c++)
        {
            resizer.Resize(source.Slice(c * fromPlane, fromPlane), destination.Slice(c * toPlane, toPlane));
        }

        if (interpolation == Interpolation.Bicubic)
        {
            foreach (ref float value in destination)
            {
                value = Math.Clamp(value, 0, 1);
            }
        }
    }
}

/// <summary>A store whose values are those of another store in other places, and so bytes where those are.</summary>
internal abstract class MovedStore(ImageStore inner, ImageShape shape) : DerivedStore(inner, shape)
{
    private readonly ImageStore inner = inner;

    public sealed override float? Maximum => inner.Maximum;

    public sealed override bool InFiles => inner.InFiles;

    public sealed override void ReadBytes(int index, Span<byte> destination)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(inner.Shape.Length);
        Span<byte> source = rented.AsSpan(0, inner.Shape.Length);
        inner.ReadBytes(index, source);
        Move<byte>(source, destination, interleaved: true);
        ArrayPool<byte>.Shared.Return(rented);
    }

    protected sealed override void Make(ReadOnlySpan<float> source, Span<float> destination) => Move(source, destination, interleaved: false);

    /// <param name="source">[C, H, W] of the other store, or [H, W, C].</param>
    /// <param name="destination">The same of this one.</param>
    /// <param name="interleaved">Whether the channels of a pixel lie side by side.</param>
    protected abstract void Move<T>(ReadOnlySpan<T> source, Span<T> destination, bool interleaved)
        where T : struct;
}

/// <summary>Zeros around every plane.</summary>
internal sealed class PaddedStore(ImageStore inner, int left, int top, int right, int bottom)
    : MovedStore(inner, inner.Shape with { Height = checked(inner.Shape.Height + top + bottom), Width = checked(inner.Shape.Width + left + right) })
{
    private readonly ImageShape from = inner.Shape;

    protected override void Move<T>(ReadOnlySpan<T> source, Span<T> destination, bool interleaved)
    {
        (int planes, int values) = interleaved ? (1, from.Channels) : (from.Channels, 1);
        destination.Clear();
        for (int line = 0; line < planes * from.Height; line++)
        {
            (int plane, int y) = int.DivRem(line, from.Height);
            int start = (plane * Shape.Height + y + top) * Shape.Width + left;
            source.Slice(line * from.Width * values, from.Width * values).CopyTo(destination[(start * values)..]);
        }
    }
}

/// <summary>A rectangle of every plane.</summary>
internal sealed class CroppedStore(ImageStore inner, int left, int top, int width, int height)
    : MovedStore(inner, inner.Shape with { Height = height, Width = width })
{
    private readonly ImageShape from = inner.Shape;

    protected override void Move<T>(ReadOnlySpan<T> source, Span<T> destination, bool interleaved)
    {
        (int planes, int values) = interleaved ? (1, from.Channels) : (from.Channels, 1);
        for (int line = 0; line < planes * Shape.Height; line++)
        {
            (int plane, int y) = int.DivRem(line, Shape.Height);
            int start = (plane * from.Height + y + top) * from.Width + left;
            source.Slice(start * values, Shape.Width * values).CopyTo(destination[(line * Shape.Width * values)..]);
        }
    }
}

/// <summary>The only plane of a gray image, repeated.</summary>
internal sealed class RepeatedStore(ImageStore inner, int channels) : MovedStore(inner, inner.Shape with { Channels = channels })
{
    protected override void Move<T>(ReadOnlySpan<T> source, Span<T> destination, bool interleaved)
    {
        if (interleaved)
        {
            for (int i = 0; i < source.Length; i++)
            {
                destination.Slice(i * Shape.Channels, Shape.Channels).Fill(source[i]);
            }

            return;
        }

        for (int c = 0; c < Shape.Channels; c++)
        {
            source.CopyTo(destination[(c * source.Length)..]);
        }
    }
}
