using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Audit;

/// <summary>Of each picture those whose features point in the most similar direction.</summary>
internal sealed class Neighborhood
{
    /// <summary>How many are kept of each picture, where there are as many others.</summary>
    public const int Most = 10;

    private const long MostValues = 1 << 24; // of a block of cosines

    private readonly int[] indices;
    private readonly float[] cosines;

    private Neighborhood(int each, int[] indices, float[] cosines)
    {
        (Each, this.indices, this.cosines) = (each, indices, cosines);
    }

    /// <summary>Neighbors of each picture.</summary>
    public int Each { get; }

    /// <summary>Looks at all pairs.</summary>
    /// <param name="features">[N,D], row by row.</param>
    /// <param name="count">N.</param>
    /// <param name="cancel">Stops between two blocks.</param>
    public static Neighborhood Of(ReadOnlyMemory<float> features, int count, CancellationToken cancel = default)
    {
        int each = Math.Min(Most, count - 1);
        var (indices, cosines) = (new int[count * Math.Max(0, each)], new float[count * Math.Max(0, each)]);
        if (each < 1)
        {
            return new(0, indices, cosines);
        }

        using IDisposable none = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = tensor(features.ToArray(), [count, features.Length / count]);
        rows /= rows.norm(1, keepdim: true).clamp_min(1e-12);
        Tensor columns = rows.t();
        int block = (int)Math.Clamp(MostValues / count, 1, count);
        for (int first = 0; first < count; first += block)
        {
            cancel.ThrowIfCancellationRequested();
            using DisposeScope inner = NewDisposeScope();
            int size = Math.Min(block, count - first);
            Tensor alike = rows.narrow(0, first, size).mm(columns); // [B,N]
            Tensor own = arange(first, first + size, ScalarType.Int64).unsqueeze(1);
            alike.scatter_(1, own, full([size, 1], -2f));
            (Tensor values, Tensor places) = alike.topk(each, 1);
            long[] found = places.contiguous().data<long>().ToArray();
            values.contiguous().data<float>().ToArray().CopyTo(cosines, first * each);
            for (int i = 0; i < found.Length; i++)
            {
                indices[(first * each) + i] = (int)found[i];
            }
        }

        return new(each, indices, cosines);
    }

    /// <summary>The n-th nearest of a picture, from 0 on.</summary>
    public (int Picture, float Cosine) this[int picture, int n] => (indices[(picture * Each) + n], cosines[(picture * Each) + n]);

    /// <summary>The distance between the directions of a picture and its n-th nearest, in [0,2].</summary>
    public double Distance(int picture, int n) => Math.Sqrt(Math.Max(0, 2 - (2.0 * cosines[(picture * Each) + n])));
}
