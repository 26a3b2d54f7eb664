using System.Text;
using ModelZoo.Audit;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Inference.Quantization;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Audit;

[Collection(TorchCollection.Name)]
public sealed class AuditorTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Flipped_labels_of_real_digits_are_found_and_the_digits_as_they_are_stay_quiet()
    {
        using ResolvedModel model = Resolve("lenet5:mnist");
        ImageDataset digits = Digits.Load(DataSplit.Test);
        int[] flipped = [.. new SeededRandom(4).Permutation(digits.Count).Take(digits.Count / 20)];
        ImageDataset noisy = WithLabels(digits, flipped);
        AuditReport clean = Auditor.Run(model, AuditData.Of("digits", digits)), found = Auditor.Run(model, AuditData.Of("digits", noisy));
        int[] named = [.. found.Of(AuditProblem.WrongLabel).Select(f => f.Picture)];
        int right = named.Intersect(flipped).Count();
        Assert.True(right >= 0.8 * flipped.Length && right >= 0.9 * named.Length, $"{right} right of {named.Length} named and {flipped.Length} flipped");
        Assert.True(found.Of(AuditProblem.WrongLabel).Count(f => f.SuggestedLabel == digits.Info.ClassNames[digits.Labels[f.Picture]]) >= 0.9 * right);
        Assert.True(clean.Of(AuditProblem.WrongLabel).Count() <= digits.Count / 100, $"{clean.Of(AuditProblem.WrongLabel).Count()}");
        Assert.DoesNotContain(clean.Findings,
            f => f.Problem is AuditProblem.Blurred or AuditProblem.Tiny or AuditProblem.Dark or AuditProblem.Unreadable);
    }

    [Fact]
    public void What_is_planted_in_a_folder_is_found_with_its_place_and_nothing_else()
    {
        WriteScenes(perClass: 12);
        AuditReport clean = Run();
        Assert.DoesNotContain(clean.Findings, f => f.Problem is not (AuditProblem.WrongLabel or AuditProblem.OddOneOut)); // scenes of noise have no classes
        PixelImage scene = PictureChecksTests.Scene(200, 160, 1000);
        Plant("train/a/again.png", File.ReadAllBytes(PathOf("val/a/00.png")));
        Plant("train/b/mirror.jpg", ImageEncoder.Jpeg(Resampling.Resize(Decode("val/b/01.png"), 150, 120, Interpolation.Bilinear), 60));
        Plant("train/a/pixels.png", [.. File.ReadAllBytes(PathOf("train/a/03.png")), 0]);
        Plant("train/b/other.png", File.ReadAllBytes(PathOf("train/a/05.png")));
        Plant("train/a/broken.jpg", ImageEncoder.Jpeg(scene, 80)[..500]);
        Plant("val/b/text.png", "<html>"u8.ToArray());
        Plant("train/a/night.png", ImageEncoder.Png(new(200, 160, [.. scene.Rgb.Select(v => (byte)(v / 9))])));
        Plant("train/a/tiny.png", ImageEncoder.Png(Resampling.Resize(scene, 20, 16, Interpolation.Bilinear)));
        AuditReport report = Run();
        (string, AuditProblem, AuditSuggestion, bool)[] expected =
        [
            ("train/a/again.png", AuditProblem.Duplicate, AuditSuggestion.Drop, true),
            ("train/a/broken.jpg", AuditProblem.Unreadable, AuditSuggestion.Drop, false),
            ("train/a/night.png", AuditProblem.Dark, AuditSuggestion.Look, false),
            ("train/a/pixels.png", AuditProblem.Duplicate, AuditSuggestion.Drop, false),
            ("train/a/tiny.png", AuditProblem.Tiny, AuditSuggestion.Look, false),
            ("train/b/mirror.jpg", AuditProblem.NearDuplicate, AuditSuggestion.Drop, true),
            ("train/b/other.png", AuditProblem.Duplicate, AuditSuggestion.Look, false),
            ("val/b/text.png", AuditProblem.Unreadable, AuditSuggestion.Drop, false),
        ];
        Assert.Equal(expected, report.Findings.Where(f => f.Problem is not (AuditProblem.WrongLabel or AuditProblem.OddOneOut))
            .Select(f => (report.Data.Pictures[f.Picture].File, f.Problem, f.Suggestion, f.Leak)).Order());
        string Why(string file) => report.Findings.First(f => report.Data.Pictures[f.Picture].File == file && f.Problem != AuditProblem.WrongLabel).Why;
        Assert.Equal("the same file as val/a/00.png, which is in val", Why("train/a/again.png"));
        Assert.Equal("the same pixels as train/a/03.png", Why("train/a/pixels.png"));
        Assert.Equal("the same file as train/a/05.png and is labeled a", Why("train/b/other.png"));
        Assert.StartsWith("shows the same picture as val/b/01.png, which is in val", Why("train/b/mirror.jpg"), StringComparison.Ordinal);
        Assert.Contains("is cut off", Why("train/a/broken.jpg"), StringComparison.Ordinal);
    }

    [Fact]
    public void Features_are_kept_and_an_audit_that_was_interrupted_goes_on()
    {
        WriteScenes(perClass: 8);
        string cache = folder.File("features");
        AuditReport first = Run(cache), again = Run(cache);
        Assert.EndsWith(", kept from before", again.Features, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(cache).Length);
        Assert.Equal(first.Labels!.Heads.Probabilities.ToArray(), again.Labels!.Heads.Probabilities.ToArray());
        using var canceled = new CancellationTokenSource();
        string other = folder.File("others");
        Assert.ThrowsAny<OperationCanceledException>(() => Run(other, new Canceling(canceled, "labels"), canceled.Token));
        Assert.Equal(2, Directory.GetFiles(other).Length);
        Assert.EndsWith("kept from before", Run(other).Features, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_checked_is_left_out_and_said()
    {
        WriteScenes(perClass: 8);
        Directory.CreateDirectory(PathOf("train/c"));
        Plant("train/c/1.png", File.ReadAllBytes(PathOf("train/a/00.png")));
        Directory.Delete(PathOf("val"), recursive: true);
        foreach (string file in Directory.GetFiles(PathOf("train/b")).Order().Skip(4))
        {
            File.Delete(file);
        }

        AuditReport report = Run();
        Assert.Equal(["labels of 'c' were not checked: fewer than 3 pictures of each can be read",
            "labels were checked with 4 folds instead of 5: 'b' has 4 pictures"], report.Notes);
        Assert.Equal((4, 12), (report.Labels!.Heads.Folds, report.Labels.Places.Count));
        Assert.Contains(report.Findings, f => f.Problem == AuditProblem.Duplicate);

        Directory.Delete(PathOf("train/b"), recursive: true);
        Directory.Delete(PathOf("train/c"), recursive: true);
        report = Run();
        Assert.Null(report.Labels);
        Assert.Contains("'a' is the only class with enough pictures", report.Notes.Single(), StringComparison.Ordinal);

        string table = folder.Write("numbers.csv", Encoding.UTF8.GetBytes("path,age\n" + string.Concat(Directory.GetFiles(PathOf("train/a"))
            .Select((f, i) => $"{f},{i}.5\n"))));
        using ResolvedModel model = Resolve("resnet20:cifar10");
        report = Auditor.Run(model, AuditData.Open(DataSource.Parse($"csv:{table}"), new() { Kind = TaskKind.Regression }));
        Assert.StartsWith("labels were not checked: pictures have a number", report.Notes.Single(), StringComparison.Ordinal);

        Array.ForEach(Directory.GetFiles(PathOf("train/a")), f => File.WriteAllText(f, "no picture"));
        Assert.ThrowsAny<ZooException>(() => Run());
    }

    [Fact]
    public void A_picture_unlike_all_others_is_odd_and_those_of_a_small_class_are_not()
    {
        var random = new SeededRandom(8);
        int[] kinds = [.. Enumerable.Repeat(0, 60), .. Enumerable.Repeat(1, 12), 2]; // one of a kind
        float[] features = [.. kinds.SelectMany(kind => Enumerable.Range(0, 32).Select(d => (float)((d % 3 == kind ? 6 : 0) + random.NextGaussian())))];
        int[] places = [.. Enumerable.Range(0, kinds.Length).Select(i => 2 * i)];
        Assert.Equal([144], OddOnes.Of(Neighborhood.Of(features, kinds.Length), places).Select(f => f.Picture));
        Assert.Empty(OddOnes.Of(Neighborhood.Of(features.AsMemory(0, 72 * 32), 72), places[..72]));
    }

    private static ResolvedModel Resolve(string spec) => ModelResolver.Resolve(Catalog.Models, spec, Catalog.ReadResource);

    private static ImageDataset WithLabels(ImageDataset digits, int[] flipped)
    {
        int[] labels = digits.Labels.ToArray();
        foreach (int i in flipped)
        {
            labels[i] = (labels[i] + 1 + (i % 9)) % 10;
        }

        var pixels = new float[digits.Count * digits.Shape.Length];
        for (int i = 0; i < digits.Count; i++)
        {
            digits.CopyImage(i, pixels.AsSpan(i * digits.Shape.Length, digits.Shape.Length));
        }

        return ImageDataset.FromFloats(digits.Info, digits.Shape, pixels, labels);
    }

    [Fact]
    public void What_a_quantized_network_sees_is_not_kept_as_what_its_floats_see()
    {
        WriteScenes(6);
        using ResolvedModel floats = Resolve("resnet20:cifar10");
        LabeledImages train = DataSource.Parse($"folder:{folder.File("data")}").Open(DataSplit.Train);
        Preprocessing preprocessing = TransferLearning.PreprocessingFor(train, floats.Preprocessing);
        using IImageBatches images = ImageBatches.Open(train, preprocessing, null, new());
        using Tensor batch = Features.Example(images, 12);
        using var quantizer = Quantizer.Calibrate(floats.Model, [batch], new() { ReportImages = 0 });
        ResolvedModel quantized = floats with { Checkpoint = floats.Checkpoint! with { Quantization = quantizer.Info() } };
        foreach ((ResolvedModel model, int files) in new[] { (quantized, 2), (floats, 4), (quantized, 4) })
        {
            Auditor.Run(model, AuditData.Open(DataSource.Parse($"folder:{folder.File("data")}")), new() { FeatureCache = folder.File("cache") });
            Assert.Equal(files, Directory.GetFiles(folder.File("cache")).Length); // of each part one
        }
    }

    private AuditReport Run(string? cache = null, IProgress<AuditProgress>? progress = null, CancellationToken cancel = default)
    {
        using ResolvedModel model = Resolve("resnet20:cifar10");
        return Auditor.Run(model, AuditData.Open(DataSource.Parse($"folder:{folder.File("data")}")), new() { FeatureCache = cache }, progress, cancel);
    }

    private void WriteScenes(int perClass)
    {
        foreach ((int part, string name) in new[] { "train/a", "train/b", "val/a", "val/b" }.Index())
        {
            Directory.CreateDirectory(PathOf(name));
            for (int i = 0; i < perClass; i++)
            {
                Plant($"{name}/{i:00}.png", ImageEncoder.Png(PictureChecksTests.Scene(160 + (5 * i), 140 + (3 * i), (ulong)((50 * part) + i))));
            }
        }
    }

    private string PathOf(string name) => Path.Combine(folder.Path, "data", name);

    private void Plant(string name, byte[] content) => File.WriteAllBytes(PathOf(name), content);

    private PixelImage Decode(string name) => ImageDecoder.Decode(PathOf(name));

    private sealed class Canceling(CancellationTokenSource source, string stage) : IProgress<AuditProgress>
    {
        public void Report(AuditProgress value)
        {
            if (value.Stage == stage)
            {
                source.Cancel();
            }
        }
    }
}
