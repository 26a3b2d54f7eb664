using System.Runtime.Intrinsics.X86;

namespace ModelZoo.Imaging;

/// <summary>The two passes of separable resampling on bytes. Each rounds to bytes; both ways of computing give the same bits.</summary>
internal static class ResamplePass
{
    private const int Half = 1 << (FilterPlan.Precision - 1);

    /// <summary>Whether vector instructions are used; tests compare both ways.</summary>
    internal static bool UseVectors { get; set; } = true;

    /// <summary>Makes each row of the source as wide as the plan.</summary>
    /// <param name="source">[H, W, C].</param>
    /// <param name="plan">Of the columns.</param>
    /// <param name="destination">[H, plan, C].</param>
    public static void Horizontal(PixelView source, FilterPlan plan, Span<byte> destination)
    {
        int line = plan.First.Length * source.Channels;
        int vectorised = UseVectors && Avx2.IsSupported && source.Channels == 3 ? ResampleAvx2.Horizontal(source, plan, destination) : 0;
        for (int y = vectorised; y < source.Height; y++)
        {
            Horizontal(source.Row(y), source.Channels, plan, destination.Slice(y * line, line));
        }
    }

    /// <summary>Makes each column of the source as high as the plan.</summary>
    /// <param name="source">[H, W, C]; its row 0 is the plan's <paramref name="firstRow"/>.</param>
    /// <param name="firstRow">The rows above are left out.</param>
    /// <param name="plan">Of the rows.</param>
    /// <param name="destination">[plan, W, C].</param>
    public static void Vertical(PixelView source, int firstRow, FilterPlan plan, Span<byte> destination)
    {
        int line = source.Width * source.Channels;
        for (int y = 0; y < plan.First.Length; y++)
        {
            ReadOnlySpan<int> weights = plan.Weights.AsSpan(y * plan.Taps, plan.Length[y]);
            ReadOnlySpan<byte> rows = source.Bytes[((plan.First[y] - firstRow) * source.Stride)..];
            Span<byte> to = destination.Slice(y * line, line);
            if (UseVectors && Avx2.IsSupported && line >= ResampleAvx2.Block)
            {
                ResampleAvx2.Vertical(rows, source.Stride, weights, to);
            }
            else
            {
                Vertical(rows, source.Stride, weights, to);
            }
        }
    }

    private static void Horizontal(ReadOnlySpan<byte> row, int channels, FilterPlan plan, Span<byte> destination)
    {
        for (int x = 0, to = 0; x < plan.First.Length; x++)
        {
            ReadOnlySpan<int> weights = plan.Weights.AsSpan(x * plan.Taps, plan.Length[x]);
            for (int c = 0; c < channels; c++, to++)
            {
                int sum = Half;
                for (int k = 0, from = (plan.First[x] * channels) + c; k < weights.Length; k++, from += channels)
                {
                    sum += row[from] * weights[k];
                }

                destination[to] = Byte(sum);
            }
        }
    }

    private static void Vertical(ReadOnlySpan<byte> rows, int stride, ReadOnlySpan<int> weights, Span<byte> destination)
    {
        for (int i = 0; i < destination.Length; i++)
        {
            int sum = Half;
            for (int k = 0; k < weights.Length; k++)
            {
                sum += rows[(k * stride) + i] * weights[k];
            }

            destination[i] = Byte(sum);
        }
    }

    private static byte Byte(int sum) => (byte)Math.Clamp(sum >> FilterPlan.Precision, 0, 255);
}
