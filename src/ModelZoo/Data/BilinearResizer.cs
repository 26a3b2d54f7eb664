using System.Buffers;

namespace ModelZoo.Data;

/// <summary>
/// Resizes planes of height × width values by separable linear interpolation, as PyTorch's <c>F.interpolate(mode='bilinear', align_corners=False)</c> does.
/// An axis that shrinks is antialiased: its triangle filter widens by the ratio of the sizes (PyTorch's <c>antialias=True</c>), so that every input pixel counts.
/// An axis that grows needs no such filter, and PyTorch gives the same values there with and without it. Immutable: threads may share one.
/// </summary>
public sealed class BilinearResizer
{
    private readonly Taps[] rows;
    private readonly Taps[] columns;

    /// <exception cref="ArgumentOutOfRangeException">A size is not positive.</exception>
    public BilinearResizer(int fromHeight, int fromWidth, int toHeight, int toWidth)
    {
        (FromHeight, FromWidth, ToHeight, ToWidth) = (fromHeight, fromWidth, toHeight, toWidth);
        rows = Plan(fromHeight, toHeight);
        columns = Plan(fromWidth, toWidth);
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

    private static Taps[] Plan(int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(from);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(to);
        double ratio = (double)from / to;
        double radius = Math.Max(ratio, 1);
        var plan = new Taps[to];
        for (int i = 0; i < to; i++)
        {
            double centre = (i + 0.5) * ratio; // pixel j covers [j, j + 1), its centre is j + 0.5
            int first = Math.Max((int)(centre - radius + 0.5), 0);
            int end = Math.Min((int)(centre + radius + 0.5), from);
            var weights = new double[end - first];
            for (int k = 0; k < weights.Length; k++)
            {
                weights[k] = Math.Max(0, 1 - Math.Abs(first + k + 0.5 - centre) / radius);
            }

            double sum = weights.Sum(); // below 1 at the border, where the triangle reaches beyond the image
            plan[i] = new Taps(first, [.. weights.Select(w => (float)(w / sum))]);
        }

        return plan;
    }

    /// <summary>One output position: the input positions First, First + 1, … with these weights.</summary>
    private readonly record struct Taps(int First, float[] Weights);
}
