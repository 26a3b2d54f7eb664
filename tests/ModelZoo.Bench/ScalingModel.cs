using ModelZoo.Analysis;

namespace ModelZoo.Bench;

/// <summary>What ranks send each other through.</summary>
/// <param name="BytesPerSecond">In each direction.</param>
/// <param name="Latency">Seconds of a message without content.</param>
internal sealed record Network(double BytesPerSecond, double Latency);

/// <summary>
/// The time of a training step on many ranks, by a simulation of one of them: the backward goes through the layers from the last to the first, a layer's share
/// of the time being its share of the MACs; a bucket goes off when its last gradient is there and the one before it has been sent. An all-reduce of S bytes
/// over n ranks takes 2·(n − 1)/n·S/bandwidth + 2·⌈log₂ n⌉·latency, the least that reduce-scatter and all-gather take (R. Thakur, R. Rabenseifner, W. Gropp,
/// "Optimization of Collective Communication Operations in MPICH", 2005, section 4.5). All ranks are equally fast.
/// </summary>
internal sealed class ScalingModel
{
    private const double ForwardShare = 1.0 / 3; // a backward is two products of a forward's size
    private readonly (long Bytes, double Ready)[] buckets; // ready: share of the backward

    /// <param name="summary">The network.</param>
    /// <param name="bucketBytes">Of a message; no bound: all gradients in one, after the backward.</param>
    public ScalingModel(ModelSummary summary, long bucketBytes)
    {
        double all = Math.Max(1, summary.Macs), done = 0;
        List<(long, double)> filled = [];
        long bytes = 0;
        foreach (LayerSummary layer in summary.Layers.Reverse())
        {
            done += layer.Macs;
            bytes += layer.Parameters * sizeof(float);
            if (bytes >= bucketBytes)
            {
                filled.Add((bytes, done / all));
                bytes = 0;
            }
        }

        buckets = [.. bytes > 0 ? filled.Append((bytes, 1.0)) : filled];
    }

    /// <summary>Bytes that a step adds up.</summary>
    public long Bytes => buckets.Sum(b => b.Bytes);

    /// <summary>Seconds of a step.</summary>
    /// <param name="compute">Seconds that a rank computes.</param>
    /// <param name="ranks">How many there are.</param>
    /// <param name="network">Between them.</param>
    /// <param name="overlaps">Whether messages go while the backward goes on.</param>
    public double Step(double compute, int ranks, Network network, bool overlaps = true)
    {
        double free = 0, backward = compute * (1 - ForwardShare);
        foreach ((long bytes, double ready) in buckets)
        {
            double begin = Math.Max(free, compute * ForwardShare + backward * (overlaps ? ready : 1));
            free = begin + AllReduce(bytes, ranks, network);
        }

        return Math.Max(free, compute);
    }

    /// <summary>The share of what so many ranks could do that they do.</summary>
    public double Efficiency(double compute, int ranks, Network network, bool overlaps = true) => compute / Step(compute, ranks, network, overlaps);

    private static double AllReduce(long bytes, int ranks, Network network) => ranks == 1 ? 0
        : 2.0 * (ranks - 1) / ranks * bytes / network.BytesPerSecond + 2 * Math.Ceiling(Math.Log2(ranks)) * network.Latency;
}
