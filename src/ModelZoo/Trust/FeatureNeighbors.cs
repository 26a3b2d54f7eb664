using System.Runtime.InteropServices;
using ModelZoo.Statistics;

namespace ModelZoo.Trust;

/// <summary>
/// What a network's last features of its training pictures look like: those of some of them, as directions. A picture whose direction lies far from that of its
/// nearest neighbors is of something else (Y. Sun, Y. Ming, X. Zhu, Y. Li, "Out-of-distribution detection with deep nearest neighbors", 2022).
/// </summary>
public sealed record FeatureNeighbors
{
    /// <summary>The most values that are kept of the training pictures, a byte each.</summary>
    public const int MostValues = 4 << 20;

    /// <summary>D: features of a picture.</summary>
    public required int Dimensions { get; init; }

    /// <summary>N: training pictures.</summary>
    public required int Pictures { get; init; }

    /// <summary>k: the distance of a picture is that to the k-th nearest.</summary>
    public required int Neighbors { get; init; }

    /// <summary>[N,D]: the features of each as whole numbers of −127 … 127, the largest 127: their direction alone counts.</summary>
    public required ReadOnlyMemory<byte> Directions { get; init; }

    /// <summary>The farthest that a picture like the held-out ones lies, but for the share <see cref="Rate"/> of them; in [0,2].</summary>
    public required double Limit { get; init; }

    /// <summary>How often a picture like the held-out ones lies farther, at most.</summary>
    public required double Rate { get; init; }

    /// <summary>Packs features.</summary>
    /// <param name="features">[N,D], row by row.</param>
    /// <param name="dimensions">D.</param>
    internal static byte[] Pack(ReadOnlySpan<float> features, int dimensions)
    {
        var packed = new byte[features.Length];
        for (int first = 0; first < features.Length; first += dimensions)
        {
            ReadOnlySpan<float> row = features.Slice(first, dimensions);
            float largest = 0;
            foreach (float value in row)
            {
                largest = Math.Max(largest, Math.Abs(value));
            }

            for (int i = 0; i < dimensions && largest > 0; i++)
            {
                packed[first + i] = (byte)(sbyte)Math.Round(127 * (row[i] / largest));
            }
        }

        return packed;
    }

    /// <summary>Checks what a file says.</summary>
    /// <returns>What is wrong; null for nothing.</returns>
    internal string? Fault() =>
        Dimensions < 1 || Pictures < 1 || (long)Dimensions * Pictures > MostValues ? $"keeps {Pictures} × {Dimensions} features, which cannot be"
        : Directions.Length != Dimensions * Pictures ? $"keeps {Directions.Length} bytes for {Pictures} × {Dimensions} features"
        : Neighbors < 1 || Neighbors > Pictures ? $"looks for {Neighbors} neighbors among {Pictures}"
        : Limit is not (>= 0 and <= 2) ? $"has the impossible distance {Limit}"
        : Rate is not (> 0 and < 1) ? $"has the impossible rate {Rate}"
        : null;
}

/// <summary>Measures how far features lie from those of the training pictures. Threads may share one.</summary>
internal sealed class NeighborSearch
{
    private readonly FeatureNeighbors kept;
    private readonly float[] directions; // [N,D], each of length 1, or 0

    public NeighborSearch(FeatureNeighbors kept)
    {
        this.kept = kept;
        directions = new float[kept.Directions.Length];
        ReadOnlySpan<sbyte> packed = MemoryMarshal.Cast<byte, sbyte>(kept.Directions.Span);
        for (int i = 0; i < directions.Length; i++)
        {
            directions[i] = packed[i];
        }

        for (int first = 0; first < directions.Length; first += kept.Dimensions)
        {
            Normalize(directions.AsSpan(first, kept.Dimensions));
        }
    }

    /// <summary>The distance between the directions of a picture's features and of its k-th nearest training picture, in [0,2].</summary>
    /// <param name="features">[D].</param>
    /// <returns>Not a number where a feature is none.</returns>
    public double Distance(ReadOnlySpan<float> features)
    {
        int dimensions = kept.Dimensions;
        float[] own = features.ToArray();
        Normalize(own);
        var nearest = new PriorityQueue<float, float>(kept.Neighbors + 1); // the most alike, the least of them first
        for (int first = 0; first < directions.Length; first += dimensions)
        {
            float alike = InnerProduct.Of(own, directions.AsSpan(first, dimensions));
            if (float.IsNaN(alike))
            {
                return double.NaN;
            }

            if (nearest.Count < kept.Neighbors)
            {
                nearest.Enqueue(alike, alike);
            }
            else if (alike > nearest.Peek())
            {
                nearest.EnqueueDequeue(alike, alike);
            }
        }

        return Math.Sqrt(Math.Max(0, 2 - 2.0 * nearest.Peek()));
    }

    private static void Normalize(Span<float> values)
    {
        double square = 0;
        foreach (float value in values)
        {
            square += (double)value * value;
        }

        float scale = square > 0 ? (float)(1 / Math.Sqrt(square)) : square == 0 ? 0 : float.NaN;
        foreach (ref float value in values)
        {
            value *= scale;
        }
    }
}
