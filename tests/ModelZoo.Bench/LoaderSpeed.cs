using System.Diagnostics;
using ModelZoo.Data;
using ModelZoo.Data.Loading;
using ModelZoo.Training;

namespace ModelZoo.Bench;

/// <summary>Images a second of the loader against PyTorch's DataLoader with the same files, transforms, batch and workers, pass by pass in turn; nothing is kept between passes but where that is said.</summary>
internal static class LoaderSpeed
{
    private const int BatchSize = 32;

    private static readonly Recipe Training = new() { BatchSize = BatchSize, RandomResizedCrop = 0.08, HorizontalFlip = 0.5 };

    /// <param name="arguments">--data folder, --workers n, --passes n.</param>
    /// <param name="root">Of the checkout.</param>
    public static int Run(string[] arguments, string root)
    {
        string folder = Value("--data") ?? throw new ArgumentException("scripts/bench loader --data <folder>: name a folder with train and val.");
        int workers = int.Parse(Value("--workers") ?? $"{Environment.ProcessorCount}"), passes = int.Parse(Value("--passes") ?? "7");
        var options = new LoaderOptions { Workers = workers, CacheBytes = 0 };
        foreach ((string part, DataSplit split, string what) in new[] { ("train", DataSplit.Train, "RandomResizedCrop(224), flip"), ("val", DataSplit.Test, "Resize(256), CenterCrop(224)") })
        {
            using var peer = new Peer(Path.Combine(root, "scripts", "bench-loader-peer.py"), workers, folder, $"{BatchSize}", $"{workers}");
            ImageFolder images = ImageFolder.Open(folder, split);
            using var loader = new ImageLoader(images, Preprocessing.ImageNet(), options);
            using var keeping = new ImageLoader(images, Preprocessing.ImageNet(), options with { CacheBytes = null });
            peer.Run(part, 0);
            Pass(loader, split, 0);
            Pass(keeping, split, 0);
            var kept = new List<double>();
            var (ours, theirs, ratios) = (new List<double>(), new List<double>(), new List<double>());
            for (int pass = 1; pass <= passes; pass++)
            {
                double p = pass % 2 == 0 ? peer.Run(part, 0).Seconds : 0;
                double o = Pass(loader, split, pass);
                p = p > 0 ? p : peer.Run(part, 0).Seconds;
                ours.Add(images.Count / o);
                theirs.Add(images.Count / p);
                ratios.Add(p / o);
                kept.Add(images.Count / Pass(keeping, split, pass));
            }

            Console.WriteLine($"{part}: {images.Count} images, {what}, ToTensor, Normalize, batch {BatchSize}, {workers} workers, {passes} passes in turn with PyTorch {peer.Version}'s DataLoader:");
            Console.WriteLine($"  images/s, median  ours {Median(ours):F0}, PyTorch {Median(theirs):F0}; ratio median {Median(ratios):F2}, min {ratios.Min():F2}, max {ratios.Max():F2}");
            Console.WriteLine($"  ours with the decoded images kept in memory, as is the default for small data: {Median(kept):F0} images/s");
        }

        return 0;

        string? Value(string name) => Array.IndexOf(arguments, name) is >= 0 and var at && at + 1 < arguments.Length ? arguments[at + 1] : null;
    }

    private static double Pass(ImageLoader loader, DataSplit split, int epoch)
    {
        var clock = Stopwatch.StartNew();
        foreach (Batch batch in split == DataSplit.Train ? loader.Shuffled(new EpochPlan(Training, 1, epoch)) : loader.InOrder(BatchSize))
        {
            batch.Dispose();
        }

        return clock.Elapsed.TotalSeconds;
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
