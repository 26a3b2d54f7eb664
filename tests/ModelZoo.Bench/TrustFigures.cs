using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Statistics;
using ModelZoo.Transfer;
using ModelZoo.Trust;

namespace ModelZoo.Bench;

/// <summary>The figures of docs/trust.md: promises against what comes of them over random halves of a test set, and foreign pictures against its own.</summary>
internal static class TrustFigures
{
    private const int Noise = 1_000;

    internal static void Run(Setting setting, string spec, string source, string? foreign, int splits, double[] rates)
    {
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, spec, Catalog.ReadResource);
        DataSource data = DataSource.Parse(source);
        LabeledImages test = data.Open(DataSplit.Test).WithClasses(model.Labels);
        FeatureNeighbors neighbors = Calibrator.Keep(model, data.Open(DataSplit.Train), new()) ?? throw new ZooException($"{spec}: has no features.");
        HeldOut read = Calibrator.Read(model, test, neighbors);
        setting.Output.Say($"{spec} on {test.Name}: {test.Count} pictures, read once; {splits} times half of them held out and the promise tried on the rest");
        foreach (double rate in rates)
        {
            Promise(setting, read, neighbors, splits, rate);
        }

        (double[] sure, double[] far) = Scores(read);
        List<(string Name, LabeledImages Images)> others = [.. Foreign(foreign), ("uniform noise", OfNoise(false)), ("smooth noise", OfNoise(true))];
        foreach ((string name, LabeledImages images) in others)
        {
            (double[] foreignSure, double[] foreignFar) = Scores(Calibrator.Read(model, images, neighbors));
            double limit = Conformal.Limit(far, 0.05);
            double byDistance = Certainty.Auroc(far, foreignFar), bySoftmax = Certainty.Auroc([.. sure.Select(s => -s)], [.. foreignSure.Select(s => -s)]);
            double caught = foreignFar.Count(f => !(f <= limit)) / (double)foreignFar.Length;
            setting.Output.Say($"  {name} ({images.Count}): AUROC by distance {byDistance:F4}, by the largest softmax {bySoftmax:F4}; "
                + $"beyond the limit of 5 % {100 * caught:F1} %");
            setting.Output.Add(new { Benchmark = "trust", Foreign = name, images.Count, ByDistance = byDistance, BySoftmax = bySoftmax, Caught = caught });
        }
    }

    private static void Promise(Setting setting, HeldOut read, FeatureNeighbors neighbors, int splits, double rate)
    {
        List<double> errors = [], answered = [], sets = [], before = [], after = [];
        (int over, int significantly, int refused) = (0, 0, 0);
        for (ulong split = 0; split < (ulong)splits; split++)
        {
            int[] order = [.. Enumerable.Range(0, read.Labels.Count)];
            new SeededRandom(split).Shuffle<int>(order);
            Calibration made;
            try
            {
                made = CalibrationFit.Of(read.Subset(order[..(order.Length / 2)]), new() { ErrorRate = rate, Seed = split }, neighbors);
            }
            catch (ZooException)
            {
                refused++;
                continue;
            }

            AnsweredResult result = AnsweredResult.Of(made, read.Subset(order[(order.Length / 2)..]));
            errors.Add(result.ErrorRate);
            answered.Add(result.Coverage);
            sets.Add((double)result.InSet / result.Count);
            before.Add(made.CalibrationErrorBefore);
            after.Add(made.CalibrationErrorAfter);
            over += result.ErrorRate > rate ? 1 : 0;
            significantly += 1 - Distributions.BinomialCumulative(result.Wrong - 1, result.Answered, rate) < 0.05 ? 1 : 0;
        }

        if (errors.Count == 0)
        {
            setting.Output.Say($"  promised {100 * rate:F0} %: refused in all {splits}");
            return;
        }

        setting.Output.Say($"  promised {100 * rate:F0} %: {100 * answered.Average():F1} % answered, of those wrong {100 * errors.Average():F2} % on average, "
            + $"at most {100 * errors.Max():F2} %; above the promise in {over} of {errors.Count} (beyond sampling error in {significantly}), refused in "
            + $"{refused}; class in the set {100 * sets.Average():F2} %; calibration error {100 * before.Average():F2} → {100 * after.Average():F2} %");
        setting.Output.Add(new
        {
            Benchmark = "trust",
            Promised = rate,
            Splits = errors.Count,
            Answered = answered.Average(),
            Wrong = errors.Average(),
            WrongMost = errors.Max(),
            Over = over,
            OverBeyondSampling = significantly,
            Refused = refused,
            InSet = sets.Average(),
            CalibrationErrorBefore = before.Average(),
            CalibrationErrorAfter = after.Average(),
        });
    }

    private static (double[] Sure, double[] Far) Scores(HeldOut read)
    {
        var (sure, p) = (new double[read.Labels.Count], new double[read.Logits.Length / read.Labels.Count]);
        for (int i = 0; i < sure.Length; i++)
        {
            Temperature.Softmax(read.Logits.Span.Slice(i * p.Length, p.Length), 1, p);
            sure[i] = p.Max();
        }

        return (sure, [.. read.Distances!]);
    }

    private static IEnumerable<(string, LabeledImages)> Foreign(string? source)
    {
        if (source is not null)
        {
            LabeledImages images = DataSource.Parse(source).Open(DataSplit.Val);
            yield return ($"{images.Name}", images);
            yield return ($"{images.Name}, training part", DataSource.Parse(source).Open(DataSplit.Train));
        }
    }

    // Noise as pictures of 32 × 32: each value for itself, or 4 × 4 of them enlarged.
    private static ImageDataset OfNoise(bool smooth)
    {
        var random = new SeededRandom(smooth ? 2UL : 1);
        var pixels = new float[Noise * 3 * 32 * 32];
        for (int plane = 0; plane < Noise * 3; plane++)
        {
            float[] coarse = [.. Enumerable.Range(0, 25).Select(_ => (float)random.NextDouble())];
            for (int i = 0; i < 1024; i++)
            {
                (int y, int x) = int.DivRem(i, 32);
                (float fy, float fx) = (y / 8f, x / 8f);
                (int row, int column) = ((int)fy, (int)fx);
                float At(int a, int b) => coarse[(a * 5) + b];
                float top = At(row, column) + ((fx - column) * (At(row, column + 1) - At(row, column)));
                float bottom = At(row + 1, column) + ((fx - column) * (At(row + 1, column + 1) - At(row + 1, column)));
                pixels[(plane * 1024) + i] = smooth ? top + ((fy - row) * (bottom - top)) : (float)random.NextDouble();
            }
        }

        return ImageDataset.FromFloats(new("noise", "", "", ["?"]), new ImageShape(3, 32, 32), pixels, new int[Noise]);
    }
}
