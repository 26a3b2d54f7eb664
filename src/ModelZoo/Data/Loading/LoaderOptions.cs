using static TorchSharp.torch;

namespace ModelZoo.Data.Loading;

/// <summary>What a loader does with an image that cannot be read.</summary>
public enum OnBadImage
{
    /// <summary>It ends with an error that names the file.</summary>
    Fail,

    /// <summary>It leaves the image out, counts it and names it afterwards; its batch is smaller then.</summary>
    Skip,
}

/// <summary>How images are read.</summary>
public sealed record LoaderOptions
{
    /// <summary>Threads that decode; 0: one for every core.</summary>
    public int Workers { get; init; }

    /// <summary>Batches that may be ready or under way beside the one that is being used; at least 1.</summary>
    public int Prefetch { get; init; } = 2;

    /// <summary>What to do with an image that cannot be read.</summary>
    public OnBadImage OnBadImage { get; init; }

    /// <summary>
    /// The most bytes of decoded images that are kept after the first pass; 0: none. What is kept are the images fitted to the input, or with random resized crops, the whole ones.
    /// Null: an eighth of the machine's memory, at most 2 GiB.
    /// </summary>
    public long? CacheBytes { get; init; }

    /// <summary>Where the batches go; null: the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>Whether the channels of a pixel lie side by side in memory (the shape stays [B,C,H,W]).</summary>
    public bool ChannelsLast { get; init; }

    internal int WorkerCount => Workers > 0 ? Workers : Environment.ProcessorCount;

    internal long CacheLimit => CacheBytes ?? Math.Min(2L << 30, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8);
}
