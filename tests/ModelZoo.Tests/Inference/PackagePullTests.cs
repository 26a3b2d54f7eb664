using ModelZoo.Downloads;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Tests.Training;
using Xunit;

namespace ModelZoo.Tests.Inference;

/// <summary>What can be wrong with a package or with the way to it: one line each, and nothing is put in place.</summary>
[Collection(TorchCollection.Name)]
public sealed class PackagePullTests : IDisposable
{
    private static readonly byte[] Network = [.. Enumerable.Range(0, 15_000).Select(i => (byte)(i * i / 7))];
    private static readonly byte[] Preprocess = [1, 2, 3];

    private readonly TempFolder folder = new();
    private readonly PackageHome home;
    private readonly Downloader downloader = new(new() { Attempts = 1 });
    private readonly PackageWeights package = FakeFeed.Package(Network, Preprocess);

    public PackagePullTests() => home = new(folder);

    public void Dispose()
    {
        home.Dispose();
        downloader.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_file_with_another_hash_is_refused()
    {
        byte[] other = [.. Network];
        other[77] ^= 1;
        var feed = new FakeFeed(folder);
        feed.Add(package, (package.Network.Path, other), (package.Preprocess.Path, Preprocess));
        string message = await Refused(feed);
        Assert.Contains("net.onnx has the SHA-256", message, StringComparison.Ordinal);
        Assert.Contains($"Fake.Weights 1.2.3 has {package.Network.Sha256}", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_files_are_checked()
    {
        var feed = new FakeFeed(folder);
        feed.Add(package, (package.Network.Path, Network), (package.Preprocess.Path, [1, 2, 4]));
        Assert.Contains("cannot be read as ONNX", await Refused(feed), StringComparison.Ordinal); // the first one is right, and no network
        Assert.Contains("prep.onnx has the SHA-256", Assert.Throws<ZooException>(() =>
            new PackageContent(folder.File("feed/Fake.Weights.1.2.3.nupkg"), package).Read(package.Preprocess)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_without_the_file_is_refused()
    {
        var feed = new FakeFeed(folder);
        feed.Add(package, ("tools/net/other.onnx", Network));
        Assert.Contains("has no tools/net/net.onnx, which the package Fake.Weights 1.2.3 has", await Refused(feed), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(100_000)]
    public async Task A_file_of_another_length_is_not_unpacked(int more)
    {
        byte[] other = new byte[Network.Length + more];
        new Random(1).NextBytes(other);
        var feed = new FakeFeed(folder);
        feed.Add(package, (package.Network.Path, other));
        Assert.Contains($"has {other.Length:N0} bytes, but Fake.Weights 1.2.3 has {Network.Length:N0} there", await Refused(feed), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_that_grows_without_measure_is_not_unpacked()
    {
        var feed = new FakeFeed(folder);
        feed.Add(package, (package.Network.Path, new byte[1_000_000]));
        Assert.Contains("its compressed members would grow to 1", await Refused(feed), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5, "cut off")]
    [InlineData(0.0, "cut off")]
    public async Task A_truncated_package_is_refused(double share, string says)
    {
        string path = new FakeFeed(folder).Add(package, (package.Network.Path, Network), (package.Preprocess.Path, Preprocess));
        byte[] whole = File.ReadAllBytes(path);
        string cut = folder.Write("cut.nupkg", whole[..Math.Max(40, (int)(share * whole.Length))]);
        string message = await Refused(new FakeFeed(folder), cut);
        Assert.Contains("cut.nupkg", message, StringComparison.Ordinal);
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.Contains("get it again", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_feed_without_the_package_is_named_with_what_to_do()
    {
        string message = await Refused(new FakeFeed(folder));
        Assert.Contains($"here ({folder.File("feed")}): does not have it", message, StringComparison.Ordinal);
        Assert.Contains("`dotnet nuget add source <feed>`", message, StringComparison.Ordinal);
        Assert.Contains("`zoo pull small_cnn --from <file>.nupkg`", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_feed_that_cannot_be_reached_is_named_without_its_secrets()
    {
        string message = await Refused(new FakeFeed(folder, "http://user:secret@127.0.0.1:1/v3/index.json?key=secret"));
        Assert.Contains("here (http://127.0.0.1:1/v3/index.json): ", message, StringComparison.Ordinal);
        Assert.Contains("`dotnet nuget add source <feed>`", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_feed_that_is_no_folder_and_settings_without_feeds_are_said()
    {
        Assert.Contains("nowhere", await Refused(new FakeFeed(folder, folder.File("nowhere"))), StringComparison.Ordinal);
        Assert.Contains("its NuGet settings name no feed for it.", await Refused(new FakeFeed(folder, "")), StringComparison.Ordinal);
        var broken = new FakeFeed(folder);
        broken.Break("<configuration><packageSources>");
        Assert.Contains("the machine's NuGet settings, and they cannot be read", await Refused(broken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_that_is_larger_than_it_can_be_is_cut_off()
    {
        var feed = new FakeFeed(folder);
        byte[] noise = new byte[100_000];
        new Random(1).NextBytes(noise);
        feed.Add(package, ("noise", noise));
        Assert.Contains("sent more than 20,000 bytes", await Refused(feed, weights: package with { Bytes = 10_000 }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_file_is_taken_with_its_preprocessing_beside_it_alone()
    {
        Directory.CreateDirectory(folder.File("tools/net"));
        string net = folder.Write("tools/net/net.onnx", Network);
        Assert.Null(await Record.ExceptionAsync(() => Task.Run(() => new PackageContent(net, package).Read(package.Network))));
        Assert.Contains("has no tools/prep/prep.onnx", Assert.Throws<ZooException>(() => new PackageContent(net, package).Read(package.Preprocess)).Message,
            StringComparison.Ordinal);
        Directory.CreateDirectory(folder.File("tools/prep"));
        folder.Write("tools/prep/prep.onnx", Preprocess);
        Assert.Equal(Preprocess, new PackageContent(net, package).Read(package.Preprocess)); // as it is unpacked
        folder.Write("tools/net/prep.onnx", Preprocess);
        Assert.Equal(Preprocess, new PackageContent(net, package).Read(package.Preprocess));
        Assert.Contains("no such file", await Refused(new FakeFeed(folder), folder.File("none.nupkg")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hash_of_the_users_own_is_refused()
    {
        (ModelInfo info, PublishedWeights weights) = Of(package);
        var error = await Assert.ThrowsAsync<UsageException>(() => WeightsPull.RunAsync(downloader, info, weights, Catalog.ReadResource,
            sha256: ExpectedHash.Parse(new string('1', 64), "--sha256"), feeds: new FakeFeed(folder).Feeds));
        Assert.Contains("--sha256: the files in the package Fake.Weights 1.2.3 have known hashes", error.Message, StringComparison.Ordinal);
    }

    private static (ModelInfo Info, PublishedWeights Weights) Of(PackageWeights package)
    {
        ModelInfo info = Samples.Info("small_cnn");
        var weights = new PublishedWeights("imagenet", package, info.Preprocessing);
        return (info with { Published = [weights] }, weights);
    }

    private async Task<string> Refused(FakeFeed feed, string? from = null, PackageWeights? weights = null)
    {
        (ModelInfo info, PublishedWeights published) = Of(weights ?? package);
        var error = await Assert.ThrowsAsync<ZooException>(() =>
            WeightsPull.RunAsync(downloader, info, published, Catalog.ReadResource, from, feeds: feed.Feeds));
        Assert.DoesNotContain('\n', error.Message);
        Assert.Null(WeightsCache.Find(info.Name, published));
        Assert.DoesNotContain(Directory.Exists(WeightsCache.Folder) ? Directory.GetFiles(WeightsCache.Folder) : [],
            file => !file.EndsWith(".lock", StringComparison.Ordinal));
        return error.Message;
    }
}
