using System.Diagnostics;
using ModelZoo.Imaging;
using ModelZoo.Tests.Imaging;

namespace ModelZoo.Bench;

/// <summary>
/// Every picture of a folder against Pillow and torchvision: pixels, the tensors that enter the models, and the time that both take, one thread each, in turn.
/// </summary>
internal static class PictureParity
{
    private const int Repeat = 5;

    internal static int Run(Setting setting, string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(f => Path.GetExtension(f).ToLowerInvariant() is ".jpg" or ".jpeg" or ".png").Order(StringComparer.Ordinal)];
        using var oracle = new Pillow(Path.Combine(Setting.Root, "tests", "ModelZoo.Tests", "Imaging", "pictures.py"));
        int pictures = 0, otherPixels = 0, otherByte = 0;
        long pixels = 0;
        double megabytes = 0;
        (double Ours, double Theirs) decode = (0, 0);
        var transform = new (double Ours, double Theirs)[Pillow.Transforms.Length];
        var largest = new double[transform.Length];
        var same = new long[transform.Length];
        var sizes = new HashSet<(int, int)>();
        Warm(files);
        foreach (string file in files)
        {
            PillowAnswer expected = oracle.Ask(file, Repeat);
            PixelImage image;
            try
            {
                image = ImageDecoder.Decode(file);
            }
            catch (ZooException e)
            {
                setting.Output.Say($"{e.Message}{(expected.Error is null ? "  BUT PILLOW READS IT" : $" (Pillow: {expected.Error})")}");
                continue;
            }

            if (expected.Error is not null)
            {
                setting.Output.Say($"{file}: read here, not by Pillow ({expected.Error})");
                continue;
            }

            pictures++;
            pixels += (long)image.Width * image.Height;
            megabytes += new FileInfo(file).Length / 1e6;
            sizes.Add((image.Width, image.Height));
            if (!expected.Rgb.AsSpan().SequenceEqual(image.Rgb))
            {
                otherPixels++;
                otherByte = Math.Max(otherByte, expected.Rgb.Length == image.Rgb.Length
                    ? expected.Rgb.Zip(image.Rgb.ToArray(), (a, b) => Math.Abs(a - b)).Max()
                    : 255);
            }

            decode = (decode.Ours + Best(() => ImageDecoder.Decode(file)), decode.Theirs + expected.DecodeSeconds);
            for (int t = 0; t < transform.Length; t++)
            {
                Preprocessing preprocessing = Pillow.Transforms[t].Preprocessing;
                float[] input = Inputs.Of(image, preprocessing);
                (double difference, int equal) = Inputs.Compare(expected.Inputs[t], input, preprocessing);
                largest[t] = Math.Max(largest[t], difference);
                same[t] += equal;
                transform[t] = (transform[t].Ours + Best(() => new ImagePipeline(preprocessing).Apply(image, input)), transform[t].Theirs
                    + expected.TransformSeconds[t]);
            }
        }

        if (pictures == 0)
        {
            throw new ZooException($"{folder}: no .jpg, .jpeg or .png that can be read.");
        }

        setting.Output.Say($"{pictures} pictures of {sizes.Count} sizes, {pixels / 1e6 / pictures:F2} megapixels and {megabytes / pictures:F2} MB on average; "
            + $"{pictures - otherPixels} decode to Pillow's bytes, {otherPixels} to others");
        setting.Output.Say($"| step | largest difference (1/255) | identical values | ours ms | Pillow and torchvision ms | ratio |");
        setting.Output.Say($"|---|---|---|---|---|---|");
        Row("decode", otherByte, (pictures - otherPixels) * 100.0 / pictures, decode);
        for (int t = 0; t < transform.Length; t++)
        {
            Row(Pillow.Transforms[t].Name, largest[t], same[t] * 100.0 / ((long)pictures * 3 * 224 * 224), transform[t]);
        }

        return otherPixels == 0 && largest.Max() < 1 ? 0 : 1;

        void Row(string step, double difference, double percent, (double Ours, double Theirs) seconds)
        {
            (double ours, double theirs) = (seconds.Ours * 1000 / pictures, seconds.Theirs * 1000 / pictures);
            setting.Output.Say($"| {step} | {difference:G3} | {percent:F3} % | {ours:F3} | {theirs:F3} | {theirs / ours:F2} |");
            setting.Output.Add(new
            {
                Benchmark = "images",
                Step = step,
                Pictures = pictures,
                LargestDifference = difference,
                IdenticalPercent = percent,
                OursMilliseconds = ours,
                PillowMilliseconds = theirs,
                Ratio = theirs / ours
            });
        }
    }

    private static double Best(Action action)
    {
        double best = double.MaxValue;
        for (int i = 0; i < Repeat; i++)
        {
            long start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    // The first calls are compiled while they run.
    private static void Warm(string[] files)
    {
        for (int i = 0; i < 200 && files.Length > 0; i++)
        {
            try
            {
                PixelImage image = ImageDecoder.Decode(files[i % files.Length]);
                foreach ((_, Preprocessing preprocessing) in Pillow.Transforms)
                {
                    Inputs.Of(image, preprocessing);
                }
            }
            catch (ZooException)
            {
                // Named when its turn comes.
            }
        }
    }
}
