using System.Buffers;

namespace ModelZoo.Imaging;

/// <summary>
/// Resizes pictures to the bits of Pillow's <c>Image.resize</c>: first along the rows, then along the columns, with rounding to bytes between; the filter
/// widens where the picture shrinks.
/// </summary>
/// <remarks>Ours because published accuracies were measured on Pillow's bits, and no library of .NET gives them.</remarks>
public static class Resampling
{
    /// <summary>Resizes a picture, or the part of it in <paramref name="box"/>.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="width">Columns of the whole result.</param>
    /// <param name="height">Rows of the whole result.</param>
    /// <param name="interpolation">The filter.</param>
    /// <param name="box">
    /// The part of the picture that becomes the result, as Pillow's <c>box</c>: it may begin and end between pixels, and at its edges the filter still reads
    /// pixels outside. Null: all.
    /// </param>
    /// <param name="window">The part of the result that is wanted, in whole pixels; only that is computed and returned. Null: all.</param>
    /// <param name="crop">A part of the picture, in whole pixels, that is cut out first (without a copy): nothing outside is read, and <paramref name="box"/>
    /// counts from its corner.</param>
    /// <returns>The window.</returns>
    /// <exception cref="ArgumentException">A size is not positive, or a rectangle is not within its picture.</exception>
    public static PixelImage Resize(PixelImage image, int width, int height, Interpolation interpolation, Rectangle? box = null, Rectangle? window = null,
        Rectangle? crop = null)
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
    internal static void Resize(PixelView source, int width, int height, Interpolation interpolation, Rectangle? box,
        (int Left, int Top, int Width, int Height) window, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        if (window.Left < 0 || window.Top < 0 || window.Width < 1 || window.Height < 1 || (long)window.Left + window.Width > width
            || (long)window.Top + window.Height > height)
        {
            throw new ArgumentException($"The window {window} is not within the result, {width}×{height}.", nameof(window));
        }

        Rectangle part = box ?? new Rectangle(0, 0, source.Width, source.Height);
        (float left, float top, float right, float bottom) = box is null
            ? (0, 0, source.Width, source.Height)
            : (part.Left, part.Top, part.Left + part.Width, part.Top + part.Height);
        if (!(left >= 0 && top >= 0 && part.Width > 0 && part.Height > 0 && right <= source.Width && bottom <= source.Height))
        {
            throw new ArgumentException($"The box {part} is not within the picture, {source.Width}×{source.Height}.", nameof(box));
        }

        FilterPlan? columns = width == source.Width && left == 0 && right == width
            ? null
            : FilterPlan.Make(source.Width, left, right, width, interpolation, window.Left, window.Width);
        FilterPlan? rows = height == source.Height && top == 0 && bottom == height
            ? null
            : FilterPlan.Make(source.Height, top, bottom, height, interpolation, window.Top, window.Height);
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

/// <summary>
/// For each of some output positions of an axis: which input positions it is made of, and with what weights, as fixed-point numbers of 22 fractional bits. The
/// numbers are those of Pillow's resampling of 8-bit pictures: the filter widens by the ratio where the picture shrinks, is cut at the border and normalized,
/// and each weight is rounded away from zero at one half.
/// </summary>
internal sealed class FilterPlan
{
    /// <summary>Fractional bits of a weight: 32 less 8 for the pixel and 2 for what a cubic filter overshoots.</summary>
    public const int Precision = 32 - 8 - 2;

    private FilterPlan(int[] first, int[] length, int[] weights, int taps) => (First, Length, Weights, Taps) = (first, length, weights, taps);

    /// <summary>The first input position of each output.</summary>
    public int[] First { get; }

    /// <summary>How many input positions each output reads.</summary>
    public int[] Length { get; }

    /// <summary>[outputs, <see cref="Taps"/>], zeros after <see cref="Length"/>.</summary>
    public int[] Weights { get; }

    /// <summary>The most that an output reads, rounded up to a multiple of 4.</summary>
    public int Taps { get; }

    /// <summary>The inputs that are needed: from here …</summary>
    public int Begin => First[0];

    /// <summary>… to before here.</summary>
    public int End => First[^1] + Length[^1];

    /// <param name="size">Input positions.</param>
    /// <param name="begin">Where the part of the input begins that becomes the output; it may lie between positions.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="outputs">Output positions of the whole part.</param>
    /// <param name="interpolation">The filter.</param>
    /// <param name="wanted">The first output position that is wanted.</param>
    /// <param name="count">How many are wanted.</param>
    public static FilterPlan Make(int size, float begin, float end, int outputs, Interpolation interpolation, int wanted, int count)
    {
        double scale = (double)(end - begin) / outputs;
        double stretch = Math.Max(scale, 1);
        double support = (interpolation == Interpolation.Bicubic ? 2.0 : 1.0) * stretch;
        double inverse = 1.0 / stretch;
        int most = Math.Min(((int)Math.Ceiling(support) * 2) + 1, size);
        int taps = (most + 3) & ~3;
        var (first, length, weights) = (new int[count], new int[count], new int[checked(count * taps)]);
        var exact = new double[most];
        for (int i = 0; i < count; i++)
        {
            double center = begin + ((wanted + i + 0.5) * scale);
            int low = Math.Max((int)(center - support + 0.5), 0);
            int n = Math.Min((int)(center + support + 0.5), size) - low;
            double sum = 0;
            for (int k = 0; k < n; k++)
            {
                double distance = (k + low - center + 0.5) * inverse;
                exact[k] = interpolation == Interpolation.Bicubic ? Cubic(distance) : Triangle(distance);
                sum += exact[k];
            }

            for (int k = 0; k < n; k++)
            {
                double weight = sum == 0 ? exact[k] : exact[k] / sum;
                weights[(i * taps) + k] = (int)((weight * (1 << Precision)) + (weight < 0 ? -0.5 : 0.5));
            }

            (first[i], length[i]) = (low, n);
        }

        return new FilterPlan(first, length, weights, taps);
    }

    private static double Triangle(double x) => Math.Abs(x) is < 1 and double d ? 1 - d : 0;

    // R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP 29(6), 1981, equation 15: a = −1/2.
    private static double Cubic(double x)
    {
        const double A = -0.5;
        double d = Math.Abs(x);
        return d < 1 ? ((((A + 2) * d) - (A + 3)) * d * d) + 1
            : d < 2 ? ((((d - 5) * d) + 8) * d - 4) * A
            : 0;
    }
}
