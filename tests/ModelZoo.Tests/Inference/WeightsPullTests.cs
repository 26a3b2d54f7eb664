using System.Security.Cryptography;
using System.Text;
using ModelZoo.Downloads;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Downloads;
using ModelZoo.Tests.Training;
using ModelZoo.Weights;
using Xunit;

namespace ModelZoo.Tests.Inference;

/// <summary>
/// From the published address to a model with labels. The environment is the whole process's: everything that needs a cache folder is in this class, in
/// <see cref="PackagePullTests"/> or in <see cref="ResNet18PackageTests"/>, which run one after the other, and no other test reads the variable.
/// </summary>
[Collection(TorchCollection.Name)]
public sealed class WeightsPullTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly Dictionary<string, string?> before = new[] { "MODELZOO_HOME", "XDG_CACHE_HOME" }.ToDictionary(v => v, Environment.GetEnvironmentVariable);
    private readonly Downloader downloader = new(new() { Attempts = 2, Pause = TimeSpan.FromMilliseconds(5) });

    public WeightsPullTests() => Environment.SetEnvironmentVariable("MODELZOO_HOME", folder.File("home"));

    public void Dispose()
    {
        foreach ((string name, string? value) in before)
        {
            Environment.SetEnvironmentVariable(name, value);
        }

        downloader.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void The_folder_is_where_the_environment_says()
    {
        Assert.Equal(Path.Combine(folder.File("home"), "weights"), WeightsCache.Folder);
        Environment.SetEnvironmentVariable("MODELZOO_HOME", null);
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", folder.Path);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(folder.File("modelzoo"), WeightsCache.Home);
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", null);
            Assert.EndsWith("/.cache/modelzoo", WeightsCache.Home, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Pulled_weights_are_found_by_their_name_with_labels_and_preprocessing()
    {
        byte[] file = Weights(seed: 7);
        string name = $"small-{Convert.ToHexStringLower(SHA256.HashData(file))[..8]}.safetensors";
        using var server = new LocalServer(r => r.SendFileAsync(file));
        (ModelInfo info, ModelCatalog catalog, PublishedWeights weights) = Published(server.Url(name));

        var error = Assert.Throws<UsageException>(() => Resolve(catalog));
        Assert.Contains("`zoo pull small_cnn:imagenet1k_v1`", error.Message, StringComparison.Ordinal);

        Download download = await Pull(info, weights);
        Assert.Equal(Path.Combine(WeightsCache.Folder, name), download.Path);
        using ResolvedModel model = Resolve(catalog);
        Assert.True(model.Trained);
        Assert.Equal("tench", model.Labels[0]);
        Assert.Equal((Fit.Crop, 32), (model.Preprocessing.Fit, model.Preprocessing.ShorterSide));
        using ZooModel expected = Samples.Fresh("small_cnn", 7, 1000);
        Assert.Equal(Samples.Bytes(expected)["fc.weight"], Samples.Bytes(model.Model)["fc.weight"]);
    }

    [Fact]
    public async Task A_file_from_elsewhere_is_kept_under_its_own_name_and_found()
    {
        (ModelInfo info, ModelCatalog catalog, PublishedWeights weights) = Published("http://127.0.0.1:1/small-00000000.pth");
        string own = folder.Write("model.safetensors", Weights(seed: 8));
        Download download = await Pull(info, weights, from: own);
        Assert.False(download.HashChecked);
        Assert.Equal("model.safetensors", Path.GetFileName(download.Path));
        Assert.StartsWith(WeightsCache.Folder, download.Path, StringComparison.Ordinal);
        Assert.Equal(download.Path, WeightsCache.Find("small_cnn", weights));
        Assert.Null(WeightsCache.Find("lenet5", weights));
        Resolve(catalog).Dispose();

        File.Delete(download.Path);
        Assert.Throws<UsageException>(() => Resolve(catalog));
    }

    [Fact]
    public async Task A_mirrors_file_must_still_have_the_hash_in_its_name()
    {
        (ModelInfo info, _, PublishedWeights weights) = Published("http://127.0.0.1:1/small-00000000.pth");
        string lying = folder.Write("small-00000000.pth", Weights(seed: 9));
        string message = (await Assert.ThrowsAsync<ZooException>(() => Pull(info, weights, from: lying))).Message;
        Assert.Contains("00000000…", message, StringComparison.Ordinal);
        Assert.Null(WeightsCache.Find("small_cnn", weights));

        var contradiction = await Assert.ThrowsAsync<UsageException>(() =>
            Pull(info, weights, from: lying, sha256: ExpectedHash.Parse(new string('1', 64), "--sha256")));
        Assert.Contains("--sha256", contradiction.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_hold_these_weights_takes_nobodys_place()
    {
        (ModelInfo info, ModelCatalog catalog, PublishedWeights weights) = Published("http://127.0.0.1:1/small-00000000.pth");
        await Pull(info, weights, folder.Write("model.safetensors", Weights(seed: 3)));
        string before = WeightsCache.Find("small_cnn", weights)!;
        byte[] content = File.ReadAllBytes(before);
        Directory.CreateDirectory(folder.File("from"));
        using ZooModel lenet = Samples.Fresh("lenet5");
        foreach ((byte[] bytes, string says) in new[]
        {
            (Encoding.UTF8.GetBytes("nothing but a text"), "Weights are read from"),
            (Weights(seed: 3, classes: 10), "of another shape"),
            (Plain(lenet), "not weights of"),
            (Weights(seed: 3)[..^1], "it may have been cut off"),
        })
        {
            foreach (string name in new[] { "junk.txt", "model.safetensors" })
            {
                string message = (await Assert.ThrowsAsync<ZooException>(() => Pull(info, weights, folder.Write($"from/{name}", bytes)))).Message;
                Assert.Contains(says, message, StringComparison.Ordinal);
                Assert.Contains($"from/{name} does not hold weights of small_cnn, and nothing was put in place: {name}: ", message, StringComparison.Ordinal);
                Assert.Equal(before, WeightsCache.Find("small_cnn", weights));
                Assert.Equal(content, File.ReadAllBytes(before));
            }
        }

        Resolve(catalog).Dispose();
        Assert.Empty(Directory.GetFiles(WeightsCache.Folder, "*.part*", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData("http://mirror.invalid/small-00000000.pth")]
    [InlineData("http://mirror.invalid/model.safetensors")]
    [InlineData("HTTP://mirror.invalid:8080/small-00000000.pth?token=x")]
    [InlineData("http://192.0.2.1/small.pth")]
    [InlineData("http://[2001:db8::1]/small.pth")]
    public async Task Plain_http_is_taken_with_the_whole_hash_alone(string from)
    {
        (ModelInfo info, _, PublishedWeights weights) = Published("https://mirror.invalid/small-00000000.pth");
        Assert.Contains("--sha256", (await Assert.ThrowsAsync<UsageException>(() => Pull(info, weights, from))).Message,
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(WeightsCache.Folder));
    }

    [Theory]
    [InlineData("https://host/a/..%2f..%2fetc%2fpasswd;x")]
    [InlineData("https://host/")]
    [InlineData("https://host/.hidden")]
    [InlineData("https://host/a%00b.pth")]
    public async Task Names_that_would_leave_the_folder_are_refused(string from)
    {
        (ModelInfo info, _, PublishedWeights weights) = Published("http://127.0.0.1:1/small-00000000.pth");
        await Assert.ThrowsAsync<UsageException>(() => Pull(info, weights, from));
    }

    [Theory]
    [InlineData("{\"file\":\"../../etc/passwd\",\"source\":\"\",\"sha256\":\"\"}")]
    [InlineData("{\"file\":null}")]
    [InlineData("[]")]
    [InlineData("")]
    public void A_damaged_note_in_the_cache_is_not_followed(string note)
    {
        (_, _, PublishedWeights weights) = Published("http://127.0.0.1:1/small-00000000.pth");
        Directory.CreateDirectory(WeightsCache.Folder);
        File.WriteAllText(Path.Combine(WeightsCache.Folder, "small_cnn.imagenet1k_v1.json"), note);
        Assert.Null(WeightsCache.Find("small_cnn", weights));
    }

    [Fact]
    public void Unknown_weights_are_answered_with_the_known_ones()
    {
        (_, ModelCatalog catalog, _) = Published("http://127.0.0.1:1/small-00000000.pth");
        string message = Assert.Throws<UsageException>(() => ModelResolver.Resolve(catalog, "small_cnn:imagenet1k_v3", Catalog.ReadResource)).Message;
        Assert.Contains("Did you mean 'imagenet1k_v1'?", message, StringComparison.Ordinal);
        Assert.Contains("Published are small_cnn:imagenet1k_v1", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_card_or_recipe_is_no_error()
    {
        ModelInfo lonely = Samples.Info("small_cnn") with { Name = "lonely", Family = "none" };
        Assert.Null(Catalog.TryCardOf(lonely));
        Assert.Null(Catalog.TryBlueprintOf(lonely));
        Assert.Null(Catalog.TryRecipeOf(lonely));
        Assert.Null(Catalog.TryRecipeOf(lonely with { Family = "smallcnn" })); // its file has no recipe for the family
        Assert.NotNull(Catalog.TryCardOf(Samples.Info("small_cnn")));
        Assert.NotNull(Catalog.TryRecipeOf(Samples.Info("small_cnn")));
    }

    private static ResolvedModel Resolve(ModelCatalog catalog) => ModelResolver.Resolve(catalog, "small_cnn:imagenet1k_v1", Catalog.ReadResource);

    private static (ModelInfo Info, ModelCatalog Catalog, PublishedWeights Weights) Published(string url)
    {
        ModelInfo info = Samples.Info("small_cnn");
        Preprocessing preprocessing = info.Preprocessing with { Fit = Fit.Crop, ShorterSide = 32, Border = 0 };
        var weights = new PublishedWeights("imagenet1k_v1", url, preprocessing, 50, 75);
        info = info with { Classes = 1000, Published = [weights] };
        return (info, new([info]), weights);
    }

    private Task<Download> Pull(ModelInfo info, PublishedWeights weights, string? from = null, ExpectedHash? sha256 = null) =>
        WeightsPull.RunAsync(downloader, info, weights, Catalog.ReadResource, from, sha256);

    private byte[] Weights(ulong seed, int classes = 1000)
    {
        using ZooModel model = Samples.Fresh("small_cnn", seed, classes);
        return Plain(model);
    }

    // As others write it: without the zoo's description.
    private byte[] Plain(ZooModel model)
    {
        string path = folder.File($"{Guid.NewGuid():N}.safetensors");
        SafetensorsWriter.Write(path, model.state_dict().Select(e => new WeightsTensor(e.Key, DType.F32, e.Value.shape, Samples.Bytes(model)[e.Key])));
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        return bytes;
    }
}
