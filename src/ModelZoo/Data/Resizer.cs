using System.Buffers;
using ModelZoo.Imaging;

namespace ModelZoo.Data;

/// <summary>
/// Resizes planes of height × width values by separable interpolation, as PyTorch's <c>F.interpolate(mode='bilinear' or 'bicubic', align_corners=False,
/// antialias=True)</c> and Pillow do: the filter of an axis that shrinks widens by the ratio of the sizes, so that every input pixel counts. An axis that grows
/// needs no such filter; with the triangle PyTorch gives the same values there with and without antialias, with the cubic only with it (without, its a is
/// −0.75). The cubic may leave the range of the input. Immutable: threads may share one.
/// </summary>
/// <remarks>Ours because TorchSharp's interpolate has no antialias, and because values of a data set are resized before there are tensors.</remarks>
public sealed class Resizer
{
    private readonly Taps[] rows;
    private readonly Taps[] columns;

    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    public Resizer(int fromHeight, int fromWidth, int toHeight, int toWidth, Interpolation interpolation = Interpolation.Bilinear)
    {
        (FromHeight, FromWidth, ToHeight, ToWidth) = (fromHeight, fromWidth, toHeight, toWidth);
        (double reach, Func<double, double> filter) = interpolation == Interpolation.Bicubic ? (2.0, (Func<double, double>)Cubic) : (1.0, Triangle);
        rows = Plan(fromHeight, toHeight, reach, filter);
        columns = Plan(fromWidth, toWidth, reach, filter);
    }

    public int FromHeight { get; }

    public int FromWidth { get; }

    public int ToHeight { get; }

    public int ToWidth { get; }

    /// <summary>Resizes one plane.</summary>
    /// <param name="source">[FromHeight, FromWidth], row by row.</param>
    /// <param name="destination">[ToHeight, ToWidth], row by row; must not overlap <paramref name="source"/>.</param>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public void Resize(ReadOnlySpan<float> source, Span<float> destination)
    {
        if (source.Length != FromHeight * FromWidth || destination.Length != ToHeight * ToWidth)
        {
            throw new ArgumentException($"Expected {FromHeight}×{FromWidth} and {ToHeight}×{ToWidth} values, got {source.Length} and {destination.Length}.");
        }

        float[] rented = ArrayPool<float>.Shared.Rent(FromHeight * ToWidth);
        Span<float> wide = rented.AsSpan(0, FromHeight * ToWidth); // [FromHeight, ToWidth]
        for (int y = 0; y < FromHeight; y++)
        {
            ReadOnlySpan<float> line = source.Slice(y * FromWidth, FromWidth);
            for (int x = 0; x < ToWidth; x++)
            {
                Taps taps = columns[x];
                float sum = 0;
                for (int k = 0; k < taps.Weights.Length; k++)
                {
                    sum += taps.Weights[k] * line[taps.First + k];
                }

                wide[y * ToWidth + x] = sum;
            }
        }

        for (int y = 0; y < ToHeight; y++)
        {
            Taps taps = rows[y];
            Span<float> line = destination.Slice(y * ToWidth, ToWidth);
            line.Clear();
            for (int k = 0; k < taps.Weights.Length; k++)
            {
                float weight = taps.Weights[k];
                ReadOnlySpan<float> from = wide.Slice((taps.First + k) * ToWidth, ToWidth);
                for (int x = 0; x < line.Length; x++)
                {
                    line[x] += weight * from[x];
                }
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    private static Taps[] Plan(int from, int to, double reach, Func<double, double> filter)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(from);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(to);
        double ratio = (double)from / to;
        double stretch = Math.Max(ratio, 1);
        double radius = reach * stretch;
        var plan = new Taps[to];
        for (int i = 0; i < to; i++)
        {
            double center = (i + 0.5) * ratio; // pixel j covers [j, j + 1), its center is j + 0.5
            int first = Math.Max((int)(center - radius + 0.5), 0);
            int end = Math.Min((int)(center + radius + 0.5), from);
            var weights = new double[end - first];
            for (int k = 0; k < weights.Length; k++)
            {
                weights[k] = filter(Math.Abs(first + k + 0.5 - center) / stretch);
            }

            double sum = weights.Sum(); // not 1 at the border, where the filter reaches beyond the image
            plan[i] = new Taps(first, [.. weights.Select(w => (float)(w / sum))]);
        }

        return plan;
    }

    private static double Triangle(double x) => Math.Max(0, 1 - x);

    // R. Keys, "Cubic convolution interpolation for digital image processing", IEEE Trans. ASSP 29(6), 1981, equation 15: a = −1/2.
    private static double Cubic(double x) => x < 1 ? (1.5 * x - 2.5) * x * x + 1
        : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2
        : 0;

    /// <summary>One output position: the input positions First, First + 1, … with these weights.</summary>
    private readonly record struct Taps(int First, float[] Weights);
}

/// <summary>Brings images to the size that a <see cref="Preprocessing"/> asks for; the normalization that follows is done on tensors.</summary>
public static class PreprocessingExtensions
{
    /// <summary>
    /// The same images as [Channels, Height, Width] with values in [0,1], fitted as <see cref="ImagePipeline.Fit(PixelImage)"/> fits a picture.
    /// </summary>
    /// <exception cref="ZooException">The images have another number of channels and are not gray.</exception>
    public static ImageDataset Apply(this ImageDataset images, Preprocessing preprocessing)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(preprocessing);
        preprocessing.Check();
        (int width, int height) = (images.Shape.Width, images.Shape.Height);
        ImageDataset fitted = preprocessing.Fit switch
        {
            Fit.Pad when width <= preprocessing.Width && height <= preprocessing.Height => images,
            Fit.Crop => images.ResizeToCover(preprocessing).CenterCrop(preprocessing.Height, preprocessing.Width),
            _ => images.Resize(preprocessing.Height - 2 * preprocessing.Border, preprocessing.Width - 2 * preprocessing.Border, preprocessing.Interpolation),
        };
        return fitted.PadTo(preprocessing.Height, preprocessing.Width).WithChannels(preprocessing.Channels);
    }
}
