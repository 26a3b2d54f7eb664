using ModelZoo.Audit;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Statistics;
using ModelZoo.Transfer;
using TorchSharp;

namespace ModelZoo.Bench;

/// <summary>The figures of docs/audit.md: flipped labels and planted duplicates that an audit finds, and its time.</summary>
internal static class AuditFigures
{
    internal static readonly string[] Parts = ["labels", "duplicates", "time"];

    private static readonly string[] Kinds = ["rescaled", "recompressed", "mirrored", "cropped"];

    /// <summary>Labels flipped by a seed: how many of those that are named were flipped, and how many of the flipped are named; by each cut.</summary>
    internal static void Labels(Setting setting, string spec, AuditData data, int seeds, double[] rates)
    {
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, spec, Catalog.ReadResource);
        float[] features = Read(model, data);
        int[] labels = [.. data.Pictures.Select(p => p.Label)];
        int classes = data.ClassNames.Count;
        setting.Output.Say($"{spec} on {data.Name}: {labels.Length} pictures of {classes} classes, {seeds} seeds");
        foreach (double rate in rates)
        {
            var all = Enum.GetValues<ConfidentCut>().ToDictionary(c => c.ToString(), _ => new List<(double Precision, double Recall, int Named)>());
            List<double> strengths = [];
            for (int seed = 0; seed < (rate == 0 ? 1 : seeds); seed++)
            {
                HashSet<int> flipped = [.. new SeededRandom((ulong)seed).Permutation(labels.Length).Take((int)Math.Round(rate * labels.Length))];
                var random = new SeededRandom(~(ulong)seed);
                int[] noisy = [.. labels.Select((l, i) => flipped.Contains(i) ? (l + 1 + random.Next(classes - 1)) % classes : l)];
                var heads = FoldedHeads.Fit(features, noisy, classes, 5, 3, (ulong)seed);
                double[] p = heads.Probabilities.ToArray();
                strengths.Add(heads.Strength);
                var confidence = ConfidentLearning.Of(p, noisy, classes);
                foreach (ConfidentCut cut in Enum.GetValues<ConfidentCut>())
                {
                    int[] wrong = confidence.Wrong(p, noisy, cut);
                    all[cut.ToString()].Add(Score(wrong, flipped));
                }
            }

            setting.Output.Say($"  {100 * rate:F0} % flipped (strengths {string.Join(" ", strengths.GroupBy(s => s).Select(g => $"{g.Key} × {g.Count()}"))})");
            foreach ((string name, List<(double Precision, double Recall, int Named)> scores) in all)
            {
                setting.Output.Say($"    {name}: precision {Mean(scores.Select(s => s.Precision))}, recall {Mean(scores.Select(s => s.Recall))}, named "
                    + $"{scores.Average(s => s.Named):F1}");
                setting.Output.Add(new
                {
                    Benchmark = "audit labels",
                    Model = spec,
                    Data = data.Name,
                    Rate = rate,
                    Cut = name,
                    Seeds = scores.Count,
                    Precision = scores.Average(s => s.Precision),
                    PrecisionInterval = Interval.OfMean([.. scores.Select(s => s.Precision)]),
                    Recall = scores.Average(s => s.Recall),
                    RecallInterval = Interval.OfMean([.. scores.Select(s => s.Recall)]),
                    Named = scores.Average(s => s.Named),
                });
            }
        }
    }

    /// <summary>A copy of each picture: how many are found, by kind; and what is found in the pictures as they are.</summary>
    internal static void Duplicates(Setting setting, string spec, AuditData data)
    {
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, spec, Catalog.ReadResource);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("zoo-bench-");
        try
        {
            AuditReport before = Auditor.Run(model, data);
            AuditFinding[] found = [.. before.Of(AuditProblem.Duplicate), .. before.Of(AuditProblem.NearDuplicate)];
            setting.Output.Say($"{spec} on {data.Name}: {data.Pictures.Count} pictures as they are: {found.Length} duplicates and near duplicates");
            foreach (AuditFinding f in found)
            {
                setting.Output.Say($"  {data.Pictures[f.Picture].File}: {f.Why} ({f.Score:F3})");
            }

            string table = Path.Combine(folder.FullName, "planted.csv");
            List<string> lines = ["path,label,split"];
            var random = new SeededRandom(1);
            foreach (AuditedPicture picture in data.Pictures)
            {
                string kind = Kinds[picture.Place % Kinds.Length], copy = Path.Combine(folder.FullName, $"{picture.Place}-{kind}.jpg");
                (LabeledImages part, int index) = data.Find(picture.Place);
                lines.Add($"\"{data.PathOf(picture.Place)}\",{picture.Said},{picture.PartName}");
                if (before.Facts[picture.Place].Problem is null)
                {
                    File.WriteAllBytes(copy, Copy(part.Picture(index), kind, random));
                    lines.Add($"{copy},{picture.Said},{picture.PartName}");
                }
            }

            File.WriteAllLines(table, lines);
            var both = AuditData.Open(DataSource.Parse($"csv:{table}"));
            AuditReport after = Auditor.Run(model, both);
            HashSet<(string, string)> pairs = [.. after.Findings.Where(f => f.Other is not null).SelectMany(f => new[]
            {
                (both.PathOf(f.Picture), both.PathOf(f.Other!.Value)), (both.PathOf(f.Other.Value), both.PathOf(f.Picture)),
            })];
            foreach (string kind in Kinds)
            {
                (int Place, bool Found)[] own = [.. data.Pictures.Where(p => Kinds[p.Place % Kinds.Length] == kind && before.Facts[p.Place].Problem is null)
                    .Select(p => (p.Place, pairs.Contains((data.PathOf(p.Place), Path.Combine(folder.FullName, $"{p.Place}-{kind}.jpg")))))];
                int hits = own.Count(o => o.Found);
                setting.Output.Say($"  {kind}: {hits} of {own.Length} found ({Interval.Wilson(hits, own.Length).Percent()}); missed: "
                    + string.Join(", ", own.Where(o => !o.Found).Take(5).Select(o => data.Pictures[o.Place].File)));
                setting.Output.Add(new { Benchmark = "audit duplicates", Model = spec, Data = data.Name, Kind = kind, Found = hits, Planted = own.Length });
            }

            setting.Output.Add(new { Benchmark = "audit duplicates", Model = spec, Data = data.Name, AsTheyAre = found.Length });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>The time of an audit of so many photographs: those of the data, and the same a little cropped and a little brighter.</summary>
    internal static void Time(Setting setting, string spec, AuditData data, int count, string? keep)
    {
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, spec, Catalog.ReadResource);
        string folder = keep ?? Directory.CreateTempSubdirectory("zoo-bench-").FullName;
        try
        {
            var random = new SeededRandom(2);
            int written = 0;
            for (int i = 0; written < count; i++)
            {
                AuditedPicture picture = data.Pictures[i % data.Pictures.Count];
                (LabeledImages part, int index) = data.Find(picture.Place);
                PixelImage image = part.Picture(index);
                int width = image.Width * 4 / 5, height = image.Height * 4 / 5, light = 4 + random.Next(20);
                PixelImage copy = i < data.Pictures.Count ? image : Brighter(image.Crop(random.Next(image.Width - width), random.Next(image.Height - height),
                    width, height), light);
                Directory.CreateDirectory(Path.Combine(folder, picture.Said));
                File.WriteAllBytes(Path.Combine(folder, picture.Said, $"{written++:0000}.jpg"), ImageEncoder.Jpeg(copy, 90));
            }

            AuditReport report = Auditor.Run(model, AuditData.Open(DataSource.Parse($"folder:{folder}")));
            setting.Output.Say($"{spec}: {count} photographs in {report.Elapsed.TotalSeconds:F1} s ({report.Features}), {setting.Threads} threads");
            setting.Output.Add(new { Benchmark = "audit time", Model = spec, Photographs = count, Seconds = report.Elapsed.TotalSeconds, setting.Threads });
        }
        finally
        {
            if (keep is null)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static (double Precision, double Recall, int Named) Score(int[] named, HashSet<int> flipped)
    {
        double right = named.Count(flipped.Contains);
        return (named.Length == 0 ? 1 : right / named.Length, flipped.Count == 0 ? 1 : right / flipped.Count, named.Length);
    }

    private static string Mean(IEnumerable<double> values)
    {
        double[] all = [.. values];
        return $"{100 * all.Average():F1} %{(Interval.OfMean(all) is { } i ? $" ({i.Percent()})" : "")}, at least {100 * all.Min():F1} %";
    }

    private static float[] Read(ResolvedModel model, AuditData data)
    {
        Preprocessing preprocessing = TransferLearning.PreprocessingFor(data.Parts[0], model.Preprocessing);
        List<float> all = [];
        foreach (LabeledImages part in data.Parts)
        {
            using IImageBatches images = ImageBatches.Open(part, preprocessing);
            using ImageTensors features = Features.Before(model.Model, model.Model.Head, images);
            using torch.Tensor rows = features.Inputs.flatten(1).contiguous();
            all.AddRange(rows.data<float>().ToArray());
        }

        return [.. all];
    }

    // Half as large; compressed to a quarter; mirrored; a twentieth of each side cut off.
    private static byte[] Copy(PixelImage image, string kind, SeededRandom random)
    {
        (int width, int height) = (image.Width - (image.Width / 20), image.Height - (image.Height / 20));
        return kind switch
        {
            "rescaled" => ImageEncoder.Jpeg(Resampling.Resize(image, Math.Max(1, image.Width / 2), Math.Max(1, image.Height / 2), Interpolation.Bilinear), 90),
            "recompressed" => ImageEncoder.Jpeg(image, 30),
            "mirrored" => ImageEncoder.Jpeg(Mirrored(image), 90),
            _ => ImageEncoder.Jpeg(image.Crop(random.Next(image.Width - width + 1), random.Next(image.Height - height + 1), width, height), 90),
        };
    }

    private static PixelImage Mirrored(PixelImage p)
    {
        var rgb = new byte[p.Rgb.Length];
        for (int i = 0; i < p.Width * p.Height; i++)
        {
            p.Rgb.AsSpan(3 * ((i / p.Width * p.Width) + p.Width - 1 - (i % p.Width)), 3).CopyTo(rgb.AsSpan(3 * i));
        }

        return new(p.Width, p.Height, rgb);
    }

    private static PixelImage Brighter(PixelImage p, int light) => new(p.Width, p.Height, [.. p.Rgb.Select(v => (byte)Math.Min(255, v + light))]);
}
