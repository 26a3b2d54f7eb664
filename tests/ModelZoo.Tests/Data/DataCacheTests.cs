using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using ModelZoo.Data;
using ModelZoo.Downloads;
using ModelZoo.Tests.Downloads;
using ModelZoo.Tests.Training;
using Xunit;

namespace ModelZoo.Tests.Data;

[Collection(TorchCollection.Name)] // sets the environment
public sealed class DataCacheTests : IDisposable
{
    private static readonly DownloadOptions Quick = new() { Attempts = 2, Pause = TimeSpan.FromMilliseconds(5) };

    private readonly TempFolder home = new();
    private readonly string? before = Environment.GetEnvironmentVariable("MODELZOO_HOME");
    private readonly Downloader downloader = new(Quick);

    public DataCacheTests() => Environment.SetEnvironmentVariable("MODELZOO_HOME", home.Path);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("MODELZOO_HOME", before);
        downloader.Dispose();
        home.Dispose();
    }

    [Fact]
    public async Task An_archive_is_fetched_checked_and_unpacked_once()
    {
        byte[] archive = Tar(("toy/a.bin", [1, 2, 3]), ("toy/b.bin", [4]), ("toy/readme.html", [9, 9]));
        using var server = new LocalServer(r => r.SendFileAsync(archive, atMost: r.Number == 0 ? 50 : int.MaxValue));
        PublishedData data = Toy(archive, [server.Url("")]);
        Assert.Contains("`zoo data get toy`", Assert.Throws<UsageException>(() => DataCache.Require("toy")).Message, StringComparison.Ordinal);
        Assert.True(await DataCache.GetAsync(downloader, data));
        Assert.Equal(50, server.Requests[1].From);
        Assert.Equal([".complete", "a.bin", "b.bin"], Names());
        Assert.Equal([1, 2, 3], File.ReadAllBytes(Path.Combine(DataCache.Require("toy"), "a.bin")));
        Assert.False(await DataCache.GetAsync(downloader, data));
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_second_place_is_tried_and_a_folder_of_this_machine_will_do()
    {
        byte[] archive = Tar(("a.bin", [1]), ("b.bin", [2]));
        using var server = new LocalServer(r => r.Path.Contains("/gone/", StringComparison.Ordinal)
            ? r.SendAsync("404 Not Found", ["Content-Length: 0"])
            : r.SendFileAsync(archive));
        Assert.True(await DataCache.GetAsync(downloader, Toy(archive, [server.Url("gone"), server.Url("")])));
        home.Write("toy.tar.gz", archive);
        Assert.True(await DataCache.GetAsync(downloader, Toy(archive, ["http://127.0.0.1:1/"]), from: home.Path, force: true));
    }

    [Fact]
    public async Task Another_file_than_expected_is_not_put_in_place()
    {
        byte[] archive = Tar(("a.bin", [1]), ("b.bin", [2]));
        using var server = new LocalServer(r => r.SendFileAsync([.. archive, 0]));
        string message = (await Assert.ThrowsAsync<ZooException>(() => DataCache.GetAsync(downloader, Toy(archive, [server.Url("")])))).Message;
        Assert.Contains("have the MD5", message, StringComparison.Ordinal);
        Assert.False(DataCache.Has("toy"));
    }

    [Fact]
    public async Task Names_in_an_archive_lead_nowhere_else_and_bytes_are_bounded()
    {
        byte[] hostile = Tar(("../../a.bin", [7]), ("/etc/b.bin", [8]), ("../c.txt", [9]));
        home.Write("toy.tar.gz", hostile);
        await DataCache.GetAsync(downloader, Toy(hostile, [home.Path]));
        Assert.Equal([".complete", "a.bin", "b.bin"], Names());

        byte[] large = Tar(("a.bin", new byte[11]), ("b.bin", [1]));
        home.Write("toy.tar.gz", large);
        Assert.Contains("its a.bin has 11 bytes, more than the 10", await Fails(large), StringComparison.Ordinal);
        byte[] lacking = Tar(("a.bin", [1]));
        Assert.Contains("lacks b.bin", await Fails(lacking), StringComparison.Ordinal);
        byte[] cut = [.. large[..60]];
        Assert.Contains("damaged archive", await Fails(cut), StringComparison.Ordinal);
        byte[] link = Tar(("b.bin", [1]), link: "a.bin");
        Assert.Contains("lacks a.bin", await Fails(link), StringComparison.Ordinal);
        Assert.False(File.Exists(home.File("c.txt")));
    }

    [Fact]
    public void Every_published_file_has_a_hash_and_an_address()
    {
        Assert.Equal(["mnist", "fashion-mnist", "cifar10", "cifar100"], PublishedData.All.Select(data => data.Name));
        Assert.All(PublishedData.All.SelectMany(data => data.Files), file =>
        {
            Assert.Matches("^[0-9a-f]{32}$", file.Md5);
            Assert.All(file.Places, place => Assert.Matches("^https?://.*/$", place));
        });
        Assert.Contains("Did you mean 'cifar10'?", Assert.Throws<UsageException>(() => PublishedData.Find("cifar")).Message, StringComparison.Ordinal);
    }

    private async Task<string> Fails(byte[] archive)
    {
        home.Write("toy.tar.gz", archive);
        return (await Assert.ThrowsAsync<ZooException>(() => DataCache.GetAsync(downloader, Toy(archive, [home.Path]), force: true))).Message;
    }

    private static IEnumerable<string?> Names() =>
        Directory.GetFiles(DataCache.FolderOf("toy")).Select(Path.GetFileName).Where(name => !name!.EndsWith(".lock", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

#pragma warning disable CA5351 // What the code checks.
    private static PublishedData Toy(byte[] archive, string[] places) =>
        new("toy", "a toy", "none", [new("toy.tar.gz", archive.Length, Convert.ToHexStringLower(MD5.HashData(archive)), places)],
            [("a.bin", 10), ("b.bin", 10)]);
#pragma warning restore CA5351

    private static byte[] Tar((string Name, byte[] Content) first, params (string Name, byte[] Content)[] more) => Tar([first, .. more], null);

    private static byte[] Tar((string Name, byte[] Content) first, string link) => Tar([first], link);

    private static byte[] Tar((string Name, byte[] Content)[] files, string? link)
    {
        using var packed = new MemoryStream();
        using (var zip = new GZipStream(packed, CompressionLevel.Fastest))
        using (var tar = new TarWriter(zip))
        {
            foreach ((string name, byte[] content) in files)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }

            if (link is not null)
            {
                tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, link) { LinkName = "/etc/passwd" });
            }
        }

        return packed.ToArray();
    }
}
