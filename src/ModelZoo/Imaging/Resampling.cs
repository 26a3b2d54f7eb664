using System.Buffers;

namespace ModelZoo.Imaging;

/// <summary>
/// Resizes pictures to the bits of Pillow's <c>Image.resize</c>: first along the rows, then along the columns, with rounding to bytes between; the filter widens where the picture shrinks.
/// </summary>
public static class Resampling
{
    /// <summary>Resizes a picture, or the part of it in <paramref name="box"/>.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">Columns of the whole result.</param>
    /// <param name="height">Rows of the whole result.</param>
    /// <param name="interpolation">The filter.</param>
    /// <param name="box">
    /// The part of the picture that becomes the result, as Pillow's <c>box</c>: it may begin and end between pixels, and at its edges the filter still reads pixels outside. Null: all.
    /// </param>
    /// <param name="window">The part of the result that is wanted, in whole pixels; only that is computed and returned. Null: all.</param>
    /// <param name="crop">A part of the picture, in whole pixels, that is cut out first (without a copy): nothing outside is read, and <paramref name="box"/> counts from its corner.</param>
    /// <returns>The window.</returns>
    /// <exception cref="ArgumentException">A size is not positive, or a rectangle is not within its picture.</exception>
    public static PixelImage Resize(PixelImage image, int width, int height, Interpolation interpolation, Rectangle? box = null, Rectangle? window = null, Rectangle? crop = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        PixelView source = PixelView.Of(image);
        if (crop is { } part)
        {
            (int left, int top, int w, int h) = Whole(part, nameof(crop));
            source = source.Part(left, top, w, h);
        }

        (int Left, int Top, int Width, int Height) wanted = window is { } asked ? Whole(asked, nameof(window)) : (0, 0, width, height);
        byte[] rgb = GC.AllocateUninitializedArray<byte>(checked(3 * wanted.Width * wanted.Height));
        Resize(source, width, height, interpolation, box, wanted, rgb);
        return new PixelImage(wanted.Width, wanted.Height, rgb, image.IsGray);
    }

    /// <inheritdoc cref="Resize(PixelImage, int, int, Interpolation, Rectangle?, Rectangle?, Rectangle?)"/>
    internal static void Resize(PixelView source, int width, int height, Interpolation interpolation, Rectangle? box, (int Left, int Top, int Width, int Height) window, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (window.Left < 0 || window.Top < 0 || window.Width < 1 || window.Height < 1 || (long)window.Left + window.Width > width || (long)window.Top + window.Height > height)
        {
            throw new ArgumentException($"The window {window} is not within the result, {width}×{height}.", nameof(window));
        }

        Rectangle part = box ?? new Rectangle(0, 0, source.Width, source.Height);
        (float left, float top, float right, float bottom) = box is null ? (0, 0, source.Width, source.Height) : (part.Left, part.Top, part.Left + part.Width, part.Top + part.Height);
        if (!(left >= 0 && top >= 0 && part.Width > 0 && part.Height > 0 && right <= source.Width && bottom <= source.Height))
        {
            throw new ArgumentException($"The box {part} is not within the picture, {source.Width}×{source.Height}.", nameof(box));
        }

        FilterPlan? columns = width == source.Width && left == 0 && right == width ? null : FilterPlan.Make(source.Width, left, right, width, interpolation, window.Left, window.Width);
        FilterPlan? rows = height == source.Height && top == 0 && bottom == height ? null : FilterPlan.Make(source.Height, top, bottom, height, interpolation, window.Top, window.Height);
        (int firstRow, int endRow) = rows is null ? (window.Top, window.Top + window.Height) : (rows.Begin, rows.End);
        if (columns is null)
        {
            Rows(source.Part(window.Left, firstRow, window.Width, endRow - firstRow), firstRow, rows, destination);
            return;
        }

        PixelView needed = source.Part(0, firstRow, source.Width, endRow - firstRow);
        if (rows is null)
        {
            ResamplePass.Horizontal(needed, columns, destination);
            return;
        }

        int line = window.Width * source.Channels;
        byte[] rented = ArrayPool<byte>.Shared.Rent(checked(line * needed.Height));
        ResamplePass.Horizontal(needed, columns, rented.AsSpan(0, line * needed.Height));
        Rows(new PixelView(rented.AsSpan(0, line * needed.Height), line, window.Width, needed.Height, source.Channels), firstRow, rows, destination);
        ArrayPool<byte>.Shared.Return(rented);
    }

    private static void Rows(PixelView source, int firstRow, FilterPlan? rows, Span<byte> destination)
    {
        if (rows is not null)
        {
            ResamplePass.Vertical(source, firstRow, rows, destination);
            return;
        }

        int line = source.Width * source.Channels;
        for (int y = 0; y < source.Height; y++)
        {
            source.Row(y).CopyTo(destination.Slice(y * line, line));
        }
    }

    private static (int Left, int Top, int Width, int Height) Whole(Rectangle r, string name) =>
        r.Left == (int)r.Left && r.Top == (int)r.Top && r.Width == (int)r.Width && r.Height == (int)r.Height
            ? ((int)r.Left, (int)r.Top, (int)r.Width, (int)r.Height)
            : throw new ArgumentException($"{r} is not made of whole pixels.", name);
}
