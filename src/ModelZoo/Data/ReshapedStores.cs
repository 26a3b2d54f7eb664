using System.Buffers;

namespace ModelZoo.Data;

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

/// <summary>Zeros around every plane.</summary>
internal sealed class PaddedStore(ImageStore inner, int left, int top, int right, int bottom)
    : DerivedStore(inner, inner.Shape with { Height = checked(inner.Shape.Height + top + bottom), Width = checked(inner.Shape.Width + left + right) })
{
    private readonly ImageShape from = inner.Shape;

    protected override void Make(ReadOnlySpan<float> source, Span<float> destination)
    {
        destination.Clear();
        for (int line = 0; line < from.Channels * from.Height; line++)
        {
            (int c, int y) = int.DivRem(line, from.Height);
            int start = (c * Shape.Height + y + top) * Shape.Width + left;
            source.Slice(line * from.Width, from.Width).CopyTo(destination[start..]);
        }
    }
}

/// <summary>A rectangle of every plane.</summary>
internal sealed class CroppedStore(ImageStore inner, int left, int top, int width, int height)
    : DerivedStore(inner, inner.Shape with { Height = height, Width = width })
{
    private readonly ImageShape from = inner.Shape;

    protected override void Make(ReadOnlySpan<float> source, Span<float> destination)
    {
        for (int line = 0; line < Shape.Channels * Shape.Height; line++)
        {
            (int c, int y) = int.DivRem(line, Shape.Height);
            source.Slice((c * from.Height + y + top) * from.Width + left, Shape.Width).CopyTo(destination[(line * Shape.Width)..]);
        }
    }
}

/// <summary>The only plane of a grey image, repeated.</summary>
internal sealed class RepeatedStore(ImageStore inner, int channels) : DerivedStore(inner, inner.Shape with { Channels = channels })
{
    protected override void Make(ReadOnlySpan<float> source, Span<float> destination)
    {
        for (int c = 0; c < Shape.Channels; c++)
        {
            source.CopyTo(destination[(c * source.Length)..]);
        }
    }
}
