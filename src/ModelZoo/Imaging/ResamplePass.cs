using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ModelZoo.Imaging;

/// <summary>What the passes are computed with; a slower one runs wherever a faster one does.</summary>
internal enum Instructions
{
    Scalar,
    Vector128,
    Avx2,
}

/// <summary>The two passes of separable resampling on bytes. Each rounds to bytes; all ways of computing give the same bits.</summary>
internal static class ResamplePass
{
    private const int Half = 1 << (FilterPlan.Precision - 1);

    /// <summary>The fastest that this processor has.</summary>
    internal static Instructions Fastest { get; } = Avx2.IsSupported
        ? Instructions.Avx2
        : Vector128.IsHardwareAccelerated
        ? Instructions.Vector128
        : Instructions.Scalar;

    /// <summary>What is used; tests compare all.</summary>
    internal static Instructions Instructions { get; set; } = Fastest;

    /// <summary>Makes each row of the source as wide as the plan.</summary>
    /// <param name="source">[H, W, C].</param>
    /// <param name="plan">Of the columns.</param>
    /// <param name="destination">[H, plan, C].</param>
    public static void Horizontal(PixelView source, FilterPlan plan, Span<byte> destination)
    {
        int line = plan.First.Length * source.Channels;
        int vectorized = source.Channels != 3 ? 0 : Instructions switch
        {
            Instructions.Avx2 => ResampleAvx2.Horizontal(source, plan, destination),
            Instructions.Vector128 => ResampleVector128.Horizontal(source, plan, destination),
            _ => 0,
        };
        for (int y = vectorized; y < source.Height; y++)
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
            switch (line < ResampleVector128.Block ? Instructions.Scalar : Instructions)
            {
                case Instructions.Avx2:
                    ResampleAvx2.Vertical(rows, source.Stride, weights, to);
                    break;
                case Instructions.Vector128:
                    ResampleVector128.Vertical(rows, source.Stride, weights, to);
                    break;
                default:
                    Vertical(rows, source.Stride, weights, to);
                    break;
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
