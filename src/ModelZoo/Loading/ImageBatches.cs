using System.Diagnostics;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Training;
using static TorchSharp.torch;

namespace ModelZoo.Loading;

/// <summary>Labeled images, opened for one model's input: what a trainer and an evaluator read.</summary>
public interface IImageBatches : IBatchSource, IDisposable
{
    /// <summary>The images that could not be read so far, in the order of the data; empty where a bad image is an error.</summary>
    IReadOnlyList<BadImage> Skipped { get; }
}

/// <summary>An image that could not be read.</summary>
/// <param name="Index">Its place in the data.</param>
/// <param name="Name">Its file.</param>
/// <param name="Problem">Why, a sentence that names the file.</param>
public sealed record BadImage(int Index, string Name, string Problem);

/// <summary>Opens labeled images for a model.</summary>
public static class ImageBatches
{
    /// <summary>
    /// Images in memory become one tensor (<see cref="ImageTensors"/>), from which batches are made where it is. Files, and images whose recipe asks for what
    /// is done picture by picture alone
    /// (colors, random resized crops), or that would take more than <see cref="LoaderOptions.CacheBytes"/> where a recipe changes them, are read, changed and
    /// prefetched by threads
    /// (<see cref="ImageLoader"/>). Either way a recipe that changes pictures gets the same bits.
    /// </summary>
    /// <param name="images">The data.</param>
    /// <param name="preprocessing">The model's.</param>
    /// <param name="recipe">What the images will be read for; null for measuring.</param>
    /// <param name="options">Workers, bad images, device.</param>
    /// <exception cref="ZooException">The data is empty or cannot be brought to the input.</exception>
    public static IImageBatches Open(LabeledImages images, Preprocessing preprocessing, Recipe? recipe = null, LoaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(images);
        options ??= new();
        options = recipe is { ChannelsLast: true } ? options with { ChannelsLast = true } : options;
        return images switch
        {
            ImageDataset dataset when recipe is not { ChangesPictures: true } =>
                ImageTensors.From(dataset, preprocessing, options.Device, options.ChannelsLast),
            ImageDataset { Count: > 0 } dataset when !recipe.NeedsPictures && preprocessing.Channels is 1 or 3
                && ImageTensors.FromPictures(dataset, preprocessing, recipe, options) is { } tensors => tensors,
            _ => new ImageLoader(images, preprocessing, options),
        };
    }
}

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
    /// The most bytes of decoded images that are kept after the first pass; 0: none. What is kept are the images fitted to the input, or with random resized
    /// crops, the whole ones. Null: an eighth of the machine's memory, at most 2 GiB.
    /// </summary>
    public long? CacheBytes { get; init; }

    /// <summary>Where the batches go; null: the CPU.</summary>
    public Device? Device { get; init; }

    /// <summary>Whether the channels of a pixel lie side by side in memory (the shape stays [B,C,H,W]).</summary>
    public bool ChannelsLast { get; init; }

    /// <summary>How files are decoded; null: as usual.</summary>
    public DecodeOptions? Decoding { get; init; }

    internal int WorkerCount => Workers > 0 ? Workers : Environment.ProcessorCount;

    internal long CacheLimit => CacheBytes ?? Math.Min(2L << 30, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8);
}

/// <summary>After a first image that cannot be read: how many others are bad already by their header.</summary>
internal static class BadImageScan
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>A sentence about the other images and what to do.</summary>
    public static string Hint(LabeledImages images, int first)
    {
        const string Advice = "--on-bad-image skip leaves such images out.";
        if (images is not LabeledFiles)
        {
            return Advice;
        }

        var clock = Stopwatch.StartNew();
        int seen = 0, bad = 0;
        for (int index = 0; index < images.Count && clock.Elapsed < Patience; index++)
        {
            if (index == first)
            {
                continue;
            }

            seen++;
            try
            {
                ImageDecoder.ReadInfo(images.NameOf(index));
            }
            catch (ZooException)
            {
                bad++;
            }
        }

        return bad == 0 ? Advice : $"Of {seen} other images {bad} {(bad == 1 ? "has" : "have")} no readable header either. {Advice}";
    }
}
