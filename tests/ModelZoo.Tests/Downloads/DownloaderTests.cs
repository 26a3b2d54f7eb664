using ModelZoo.Downloads;
using Xunit;

namespace ModelZoo.Tests.Downloads;

/// <summary>What is fetched, from where, and what is said where that fails.</summary>
public sealed class DownloaderTests : DownloadTest
{
    [Fact]
    public async Task A_whole_file_arrives_with_its_hash_and_progress_and_leaves_nothing_else_behind()
    {
        using var server = new LocalServer(r => r.SendFileAsync(Whole));
        var reports = new Reports();
        Download download = await Fetch(server, reports);
        Assert.Equal(new Download(Target, Whole.Length, Hash(Whole), HashChecked: true, Fetched: true), download);
        AssertInPlace();
        Assert.Equal((Whole.Length, (long?)Whole.Length), (reports.All[^1].Bytes, reports.All[^1].Total));
        Assert.Equal(reports.All.Select(r => r.Bytes).Order(), reports.All.Select(r => r.Bytes));

        Download again = await Fetch(server);
        Assert.False(again.Fetched);
        Assert.Single(server.Requests);
        Assert.True((await Downloader.FetchAsync(server.Url(Name), Target, Expected(), force: true)).Fetched);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task What_is_not_there_is_said_at_once()
    {
        using var server = new LocalServer(r => r.SendAsync("404 Not Found", ["Content-Length: 0"]));
        string message = await Fails(server);
        Assert.Contains("404 Not Found", message, StringComparison.Ordinal);
        Assert.Contains("--from", message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_server_in_trouble_gets_another_chance()
    {
        using var server = new LocalServer(r => r.Number < 2
            ? r.SendAsync(r.Number == 0 ? "500 Oops" : "503 Busy", ["Content-Length: 0", "Retry-After: 0"])
            : r.SendFileAsync(Whole));
        await Fetch(server);
        AssertInPlace();
    }

    [Fact]
    public async Task Redirects_are_followed_but_not_for_ever_and_not_to_other_schemes()
    {
        using var server = new LocalServer(r => r.Path.EndsWith(Name, StringComparison.Ordinal)
            ? r.SendAsync("302 Found", ["Location: /elsewhere/real", "Content-Length: 0"])
            : r.Path == "/elsewhere/real" ? r.SendFileAsync(Whole)
            : r.Path.EndsWith("loop", StringComparison.Ordinal) ? r.SendAsync("301 Moved", ["Location: loop", "Content-Length: 0"])
            : r.SendAsync("307 Moved", ["Location: file:///etc/passwd", "Content-Length: 0"]));
        await Fetch(server);
        AssertInPlace();
        var loop = await Assert.ThrowsAsync<ZooException>(() => Downloader.FetchAsync(server.Url("loop"), Folder.File("loop")));
        Assert.Contains("more than 10 times", loop.Message, StringComparison.Ordinal);
        var scheme = await Assert.ThrowsAsync<ZooException>(() => Downloader.FetchAsync(server.Url("file"), Folder.File("file")));
        Assert.Contains("refused", scheme.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_at_once_fetch_it_once()
    {
        using var server = new LocalServer(async r =>
        {
            await Task.Delay(200);
            await r.SendFileAsync(Whole);
        });
        Download[] downloads = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            using var own = new Downloader(Quick);
            return await own.FetchAsync(server.Url(Name), Target, Expected());
        }));
        AssertInPlace();
        Assert.Single(server.Requests);
        Assert.Single(downloads, d => d.Fetched);
    }

    [Fact]
    public async Task Without_a_network_the_way_out_is_shown()
    {
        string url;
        using (var gone = new LocalServer(r => r.SendFileAsync(Whole)))
        {
            url = gone.Url(Name);
        }

        var error = await Assert.ThrowsAsync<ZooException>(() => Downloader.FetchAsync(url, Target, Expected()));
        Assert.Contains("--from <file>", error.Message, StringComparison.Ordinal);
        Assert.Contains(url, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_of_an_address_are_neither_shown_nor_kept()
    {
        using var server = new LocalServer(r => r.SendFileAsync(Whole, atMost: 10));
        var error = await Assert.ThrowsAsync<ZooException>(() => Downloader.FetchAsync(server.Url(Name) + "?token=secret", Target, Expected()));
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", File.ReadAllText(Part + ".json"), StringComparison.Ordinal);
        Assert.EndsWith("?token=secret", server.Requests[1].Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_of_this_machine_are_copied_by_path_or_file_address()
    {
        string source = Folder.Write("source.bin", Whole);
        await Downloader.FetchAsync(source, Target, Expected());
        AssertInPlace();
        await Downloader.FetchAsync(new Uri(source).AbsoluteUri, Folder.File("other.pth"), null);
        Assert.Equal(Whole, File.ReadAllBytes(Folder.File("other.pth")));
        var missing = await Assert.ThrowsAsync<ZooException>(() => Downloader.FetchAsync(Folder.File("none.pth"), Folder.File("x.pth")));
        Assert.Contains("no such file", missing.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<UsageException>(() => Downloader.FetchAsync("ftp://host/x.pth", Folder.File("x.pth")));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_named()
    {
        string file = Folder.Write("file", [0]);
        var error = await Assert.ThrowsAsync<ZooException>(() => Downloader.FetchAsync("http://127.0.0.1:1/x", Path.Combine(file, "below", "x.pth")));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }
}
