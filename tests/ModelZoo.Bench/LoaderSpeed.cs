using System.Diagnostics;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Training;

namespace ModelZoo.Bench;

/// <summary>
/// Images a second of the loader against PyTorch's DataLoader with the same files, transforms, batch and workers, pass by pass in turn; nothing is kept between
/// passes but where that is said.
/// </summary>
internal static class LoaderSpeed
{
    private const int BatchSize = 32;

    private static readonly Recipe Training = new() { BatchSize = BatchSize, RandomResizedCrop = 0.08, HorizontalFlip = 0.5 };

    internal static void Run(Setting setting, string folder, int workers, int passes)
    {
        var options = new LoaderOptions { Workers = workers, CacheBytes = 0 };
        foreach ((string part, DataSplit split, string what) in new[] { ("train", DataSplit.Train, "RandomResizedCrop(224), flip"),
            ("val", DataSplit.Test, "Resize(256), CenterCrop(224)") })
        {
            ImageFolder images = ImageFolder.Open(folder, split);
            using var peer = new Peer(Setting.Script("bench-loader-peer.py"), workers, folder, $"{BatchSize}", $"{workers}");
            using var loader = new ImageLoader(images, Preprocessing.ImageNet(), options);
            using var keeping = new ImageLoader(images, Preprocessing.ImageNet(), options with { CacheBytes = null });
            peer.Run(part, 0);
            Pass(loader, split, 0);
            Pass(keeping, split, 0);
            var kept = new List<double>();
            var times = new Rounds();
            for (int pass = 1; pass <= passes; pass++)
            {
                times.Run(() => Pass(loader, split, pass), () => peer.Run(part, 0).Seconds);
                kept.Add(images.Count / Pass(keeping, split, pass));
            }

            double ours = images.Count / times.OursMedian, theirs = images.Count / times.TheirsMedian;
            setting.Output.Say($"{part}: {images.Count} images, {what}, ToTensor, Normalize, batch {BatchSize}, {workers} workers, {passes} passes in turn "
                + $"with PyTorch {peer.Version}'s DataLoader:");
            setting.Output.Say($"  images/s, median  ours {ours:F0}, PyTorch {theirs:F0}; ratio median {times.Ratio.Median:F2}, min {times.Ratio.Min:F2}, max "
                + $"{times.Ratio.Max:F2}");
            setting.Output.Say($"  ours with the decoded images kept in memory, as is the default for small data: {Rounds.Median(kept):F0} images/s");
            setting.Output.Add(new
            {
                Benchmark = "loader",
                Part = part,
                Images = images.Count,
                Workers = workers,
                Passes = passes,
                OursImagesPerSecond = ours,
                PytorchImagesPerSecond = theirs,
                times.Ratio,
                KeptImagesPerSecond = Rounds.Median(kept),
            });
        }
    }

    private static double Pass(ImageLoader loader, DataSplit split, int epoch)
    {
        var clock = Stopwatch.StartNew();
        foreach (Batch batch in split == DataSplit.Train ? loader.Shuffled(new EpochSampler(Training, 1, epoch)) : loader.InOrder(BatchSize))
        {
            batch.Dispose();
        }

        return clock.Elapsed.TotalSeconds;
    }
}
