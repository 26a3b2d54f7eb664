using System.Security.Cryptography;
using ModelZoo.Downloads;
using Xunit;

namespace ModelZoo.Tests.Downloads;

public sealed class DownloaderTests : IDisposable
{
    private static readonly DownloadOptions Quick = new() { Attempts = 3, Pause = TimeSpan.FromMilliseconds(5), Stall = TimeSpan.FromSeconds(30) };

    private readonly TempFolder folder = new();
    private readonly Downloader downloader = new(Quick);
    private readonly byte[] file = Content(300_000, 1);

    private string Name => $"net-{Hash(file)[..8]}.pth";

    private string Target => folder.File(Name);

    private string Part => Target + ".part";

    public void Dispose()
    {
        downloader.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_whole_file_arrives_with_its_hash_and_progress_and_leaves_nothing_else_behind()
    {
        using var server = new LocalServer(r => r.SendFileAsync(file));
        var reports = new Reports();
        Download download = await Fetch(server, reports);
        Assert.Equal(new Download(Target, file.Length, Hash(file), HashChecked: true, Fetched: true), download);
        AssertInPlace();
        Assert.Equal((file.Length, (long?)file.Length), (reports.All[^1].Bytes, reports.All[^1].Total));
        Assert.Equal(reports.All.Select(r => r.Bytes).Order(), reports.All.Select(r => r.Bytes));

        Download again = await Fetch(server);
        Assert.False(again.Fetched);
        Assert.Single(server.Requests);
        Assert.True((await downloader.FetchAsync(server.Url(Name), Target, Expected(), force: true)).Fetched);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task A_file_that_was_damaged_on_the_disk_is_fetched_again()
    {
        using var server = new LocalServer(r => r.SendFileAsync(file));
        folder.Write(Name, [1, 2, 3]);
        Assert.True((await Fetch(server)).Fetched);
        AssertInPlace();
    }

    [Fact]
    public async Task A_connection_that_breaks_off_is_resumed_where_it_broke()
    {
        using var server = new LocalServer(r => r.SendFileAsync(file, atMost: r.Number == 0 ? 100_000 : r.Number == 1 ? 50_000 : int.MaxValue));
        var reports = new Reports();
        await Fetch(server, reports);
        AssertInPlace();
        Assert.Equal([null, 100_000, 150_000], server.Requests.Select(r => r.From));
        Assert.Equal("\"one\"", server.Requests[1].Headers["If-Range"]);
        Assert.Contains(reports.All, r => r.Remark?.Contains("broke off", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_date_serves_as_validator_where_there_is_no_etag()
    {
        const string Date = "Last-Modified: Wed, 21 Oct 2015 07:28:00 GMT";
        using var server = new LocalServer(r => r.From is { } from
            ? r.SendAsync("206 Partial Content", [Date, $"Content-Range: bytes {from}-{file.Length - 1}/{file.Length}",
                $"Content-Length: {file.Length - from}"], file.AsMemory(from))
            : r.SendAsync("200 OK", [Date, "ETag: W/\"weak\"", $"Content-Length: {file.Length}"], file.AsMemory(0, 1000)));
        await Fetch(server);
        AssertInPlace();
        Assert.Equal("Wed, 21 Oct 2015 07:28:00 GMT", server.Requests[1].Headers["If-Range"]);
    }

    [Fact]
    public async Task Without_a_validator_it_begins_anew()
    {
        using var server = new LocalServer(r =>
            r.SendAsync("200 OK", [$"Content-Length: {file.Length}"], file.AsMemory(0, r.Number == 0 ? 1000 : file.Length)));
        await Fetch(server);
        AssertInPlace();
        Assert.All(server.Requests, r => Assert.Null(r.From));
    }

    [Fact]
    public async Task A_server_that_always_breaks_off_is_an_error_and_the_next_call_resumes()
    {
        bool well = false;
        using var server = new LocalServer(r => r.SendFileAsync(file, atMost: well ? int.MaxValue : 10_000));
        string message = await Fails(server);
        Assert.Contains("3 attempts", message, StringComparison.Ordinal);
        Assert.Contains("30,000 bytes are kept", message, StringComparison.Ordinal);
        Assert.Equal(30_000, new FileInfo(Part).Length);
        Assert.False(File.Exists(Target));

        well = true;
        await Fetch(server);
        AssertInPlace();
        Assert.Equal(30_000, server.Requests[^1].From);
        Assert.Equal(4, server.Requests.Count);
    }

    [Fact]
    public async Task A_server_that_ignores_ranges_starts_from_zero()
    {
        using var server = new LocalServer(r =>
            r.SendAsync("200 OK", ["ETag: \"one\"", $"Content-Length: {file.Length}"], file.AsMemory(0, r.Number == 0 ? 100_000 : file.Length)));
        await Fetch(server);
        AssertInPlace();
        Assert.Equal(100_000, server.Requests[1].From);
    }

    [Fact]
    public async Task A_file_that_changed_meanwhile_is_fetched_from_its_beginning()
    {
        byte[] old = Content(300_000, 2);
        using var server = new LocalServer(r => r.Number == 0 ? r.SendFileAsync(old, "\"old\"", 100_000) : r.SendFileAsync(file, "\"new\""));
        await Fetch(server);
        AssertInPlace();
        Assert.Equal("\"old\"", server.Requests[1].Headers["If-Range"]);
    }

    [Fact]
    public async Task A_changed_file_is_noticed_even_where_the_server_ignores_if_range()
    {
        byte[] old = Content(300_000, 2);
        using var server = new LocalServer(r => r.Number == 0 ? r.SendFileAsync(old, "\"old\"", 100_000)
            : r.From is { } from
                ? r.SendAsync("206 Partial Content", ["ETag: \"new\"", $"Content-Range: bytes {from}-{file.Length - 1}/{file.Length}",
                    $"Content-Length: {file.Length - from}"], file.AsMemory(from))
            : r.SendFileAsync(file, "\"new\""));
        await Fetch(server);
        AssertInPlace();
        Assert.Equal([null, 100_000, null], server.Requests.Select(r => r.From));
    }

    [Fact]
    public async Task Another_range_than_asked_for_is_not_appended()
    {
        using var server = new LocalServer(r => r.Number == 1
            ? r.SendAsync("206 Partial Content", ["ETag: \"one\"", $"Content-Range: bytes 0-{file.Length - 1}/{file.Length}", $"Content-Length: {file.Length}"],
                file)
            : r.SendFileAsync(file, atMost: r.Number == 0 ? 100_000 : int.MaxValue));
        await Fetch(server);
        AssertInPlace();
        Assert.Equal([null, 100_000, null], server.Requests.Select(r => r.From));
    }

    [Fact]
    public async Task A_part_longer_than_the_file_is_thrown_away()
    {
        byte[] longer = Content(400_000, 3);
        using var server = new LocalServer(r => r.Number < 3 ? r.SendFileAsync(longer, "\"one\"", 120_000) : r.SendFileAsync(file, "\"one\""));
        await Fails(server); // 3 × 120,000 bytes of another file, under the same etag
        await Fetch(server);
        AssertInPlace();
        Assert.Equal([360_000, null], server.Requests.Skip(3).Select(r => r.From));
    }

    [Fact]
    public async Task A_complete_part_needs_no_second_body()
    {
        using var server = new LocalServer(r => r.From is null
            ? r.SendAsync("200 OK", ["ETag: \"one\"", "Transfer-Encoding: chunked"], (byte[])[.. "493E0\r\n"u8, .. file]) // 300,000, and then no end
            : r.SendFileAsync(file));
        await Fetch(server);
        AssertInPlace();
        Assert.Equal([null, 300_000], server.Requests.Select(r => r.From));
    }

    [Fact]
    public async Task A_length_that_is_announced_too_long_is_caught()
    {
        using var server = new LocalServer(r => r.SendAsync("200 OK", ["ETag: \"one\"", $"Content-Length: {file.Length + 5}"], file));
        Assert.Contains("300,000 of 300,005 bytes", await Fails(server), StringComparison.Ordinal);
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public async Task A_length_that_is_announced_too_short_is_caught_by_the_hash()
    {
        using var server = new LocalServer(r => r.SendAsync("200 OK", ["ETag: \"one\"", $"Content-Length: {file.Length - 5}"], file));
        string message = await Fails(server);
        Assert.Contains($"its name says {Hash(file)[..8]}…", message, StringComparison.Ordinal);
        AssertNothing();
    }

    [Fact]
    public async Task More_bytes_than_the_whole_are_caught_while_they_arrive()
    {
        using var server = new LocalServer(r => r.From is { } from
            ? r.SendAsync("206 Partial Content", ["ETag: \"one\"", $"Content-Range: bytes {from}-{file.Length - 1}/{file.Length}",
                $"Content-Length: {file.Length}"], file)
            : r.SendFileAsync(file, atMost: 100_000));
        var reports = new Reports();
        await Assert.ThrowsAsync<ZooException>(() => Fetch(server, reports));
        Assert.Contains(reports.All, r => r.Remark?.Contains("more than the 300,000 bytes", StringComparison.Ordinal) == true);
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public async Task A_wrong_hash_puts_nothing_in_place_and_keeps_what_was_there()
    {
        byte[] other = Content(300_000, 4);
        using var server = new LocalServer(r => r.SendFileAsync(other));
        string message = await Fails(server);
        Assert.Contains(Hash(other), message, StringComparison.Ordinal);
        Assert.Contains("nothing was put in place", message, StringComparison.Ordinal);
        AssertNothing();

        folder.Write(Name, file);
        await Assert.ThrowsAsync<ZooException>(() => downloader.FetchAsync(server.Url(Name), Target, Expected(), force: true));
        Assert.Equal(file, File.ReadAllBytes(Target));
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public async Task A_whole_hash_is_held_against_the_whole_file()
    {
        using var server = new LocalServer(r => r.SendFileAsync(file));
        string nearly = Hash(file)[..63] + (Hash(file)[63] == '0' ? '1' : '0');
        var error = await Assert.ThrowsAsync<ZooException>(() =>
            downloader.FetchAsync(server.Url("net.pth"), folder.File("net.pth"), ExpectedHash.Parse(nearly, "--sha256")));
        Assert.Contains("--sha256 says", error.Message, StringComparison.Ordinal);
        Assert.True((await downloader.FetchAsync(server.Url("net.pth"), folder.File("net.pth"),
            ExpectedHash.Parse(Hash(file).ToUpperInvariant(), "--sha256"))).HashChecked);
        Assert.Throws<UsageException>(() => ExpectedHash.Parse("0676ba61", "--sha256"));
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
            : r.SendFileAsync(file));
        await Fetch(server);
        AssertInPlace();
    }

    [Fact]
    public async Task Redirects_are_followed_but_not_for_ever_and_not_to_other_schemes()
    {
        using var server = new LocalServer(r => r.Path.EndsWith(Name, StringComparison.Ordinal)
            ? r.SendAsync("302 Found", ["Location: /elsewhere/real", "Content-Length: 0"])
            : r.Path == "/elsewhere/real" ? r.SendFileAsync(file)
            : r.Path.EndsWith("loop", StringComparison.Ordinal) ? r.SendAsync("301 Moved", ["Location: loop", "Content-Length: 0"])
            : r.SendAsync("307 Moved", ["Location: file:///etc/passwd", "Content-Length: 0"]));
        await Fetch(server);
        AssertInPlace();
        var loop = await Assert.ThrowsAsync<ZooException>(() => downloader.FetchAsync(server.Url("loop"), folder.File("loop")));
        Assert.Contains("more than 10 times", loop.Message, StringComparison.Ordinal);
        var scheme = await Assert.ThrowsAsync<ZooException>(() => downloader.FetchAsync(server.Url("file"), folder.File("file")));
        Assert.Contains("refused", scheme.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_keeps_the_range()
    {
        using var server = new LocalServer(r => r.Path.EndsWith(Name, StringComparison.Ordinal)
            ? r.SendAsync("302 Found", ["Location: /real", "Content-Length: 0"])
            : r.SendFileAsync(file, atMost: r.Number == 1 ? 1000 : int.MaxValue));
        await Fetch(server);
        AssertInPlace();
        Assert.Equal(1000, server.Requests[^1].From);
    }

    [Fact]
    public async Task Stopping_keeps_what_has_come()
    {
        bool slow = true;
        using var server = new LocalServer(async r =>
        {
            await r.SendFileAsync(file, atMost: slow ? 100_000 : int.MaxValue);
            await Task.Delay(slow ? 30_000 : 0);
        });
        using var stop = new CancellationTokenSource();
        var reports = new Reports(r =>
        {
            if (r.Bytes >= 100_000 && slow)
            {
                stop.Cancel();
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            downloader.FetchAsync(server.Url(Name), Target, Expected(), progress: reports, cancel: stop.Token));
        Assert.Equal(100_000, new FileInfo(Part).Length);
        slow = false;
        await Fetch(server);
        AssertInPlace();
        Assert.Equal(100_000, server.Requests[^1].From);
    }

    [Fact]
    public async Task A_server_that_falls_silent_counts_as_broken_off()
    {
        using var impatient = new Downloader(Quick with { Stall = TimeSpan.FromSeconds(2) });
        using var server = new LocalServer(async r =>
        {
            await r.SendFileAsync(file, atMost: r.Number == 0 ? 1000 : int.MaxValue);
            await Task.Delay(r.Number == 0 ? 30_000 : 0);
        });
        await impatient.FetchAsync(server.Url(Name), Target, Expected());
        AssertInPlace();
        Assert.Equal(1000, server.Requests[1].From);
    }

    [Fact]
    public async Task Many_at_once_fetch_it_once()
    {
        using var server = new LocalServer(async r =>
        {
            await Task.Delay(200);
            await r.SendFileAsync(file);
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
    public async Task A_part_from_another_address_is_not_continued()
    {
        using var first = new LocalServer(r => r.SendFileAsync(Content(300_000, 5), atMost: 1000));
        await Fails(first);
        using var second = new LocalServer(r => r.SendFileAsync(file));
        await Fetch(second);
        AssertInPlace();
        Assert.Null(second.Requests[0].From);
    }

    [Fact]
    public async Task A_damaged_description_of_the_part_means_a_new_beginning()
    {
        using var server = new LocalServer(r => r.SendFileAsync(file));
        folder.Write(Name + ".part", [1, 2, 3]);
        folder.Write(Name + ".part.json", "{\"Address\":"u8.ToArray());
        await Fetch(server);
        AssertInPlace();
        Assert.Null(server.Requests[0].From);
    }

    [Fact]
    public async Task Files_beyond_all_reason_are_refused_before_and_while_they_arrive()
    {
        using var small = new Downloader(Quick with { MaximumBytes = 200_000 });
        using var announced = new LocalServer(r => r.SendFileAsync(file));
        using var endless = new LocalServer(r => r.SendAsync("200 OK", ["Transfer-Encoding: chunked"], (byte[])[.. "493E0\r\n"u8, .. file]));
        foreach (LocalServer server in new[] { announced, endless })
        {
            var error = await Assert.ThrowsAsync<ZooException>(() => small.FetchAsync(server.Url(Name), Target, Expected()));
            Assert.Contains("at most 200,000", error.Message, StringComparison.Ordinal);
            AssertNothing();
        }
    }

    [Fact]
    public async Task More_than_the_disk_holds_is_refused_before_it_arrives()
    {
        using var greedy = new Downloader(Quick with { MaximumBytes = long.MaxValue });
        using var server = new LocalServer(r => r.SendAsync("200 OK", ["ETag: \"one\"", $"Content-Length: {1L << 60}"], file));
        var error = await Assert.ThrowsAsync<ZooException>(() => greedy.FetchAsync(server.Url(Name), Target, Expected()));
        Assert.Contains("MODELZOO_HOME", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_network_the_way_out_is_shown()
    {
        string url;
        using (var gone = new LocalServer(r => r.SendFileAsync(file)))
        {
            url = gone.Url(Name);
        }

        var error = await Assert.ThrowsAsync<ZooException>(() => downloader.FetchAsync(url, Target, Expected()));
        Assert.Contains("--from <file>", error.Message, StringComparison.Ordinal);
        Assert.Contains(url, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_of_an_address_are_neither_shown_nor_kept()
    {
        using var server = new LocalServer(r => r.SendFileAsync(file, atMost: 10));
        var error = await Assert.ThrowsAsync<ZooException>(() => downloader.FetchAsync(server.Url(Name) + "?token=secret", Target, Expected()));
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", File.ReadAllText(Part + ".json"), StringComparison.Ordinal);
        Assert.EndsWith("?token=secret", server.Requests[1].Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_of_this_machine_are_copied_by_path_or_file_address()
    {
        string source = folder.Write("source.bin", file);
        await downloader.FetchAsync(source, Target, Expected());
        AssertInPlace();
        await downloader.FetchAsync(new Uri(source).AbsoluteUri, folder.File("other.pth"), null);
        Assert.Equal(file, File.ReadAllBytes(folder.File("other.pth")));
        var missing = await Assert.ThrowsAsync<ZooException>(() => downloader.FetchAsync(folder.File("none.pth"), folder.File("x.pth")));
        Assert.Contains("no such file", missing.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<UsageException>(() => downloader.FetchAsync("ftp://host/x.pth", folder.File("x.pth")));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_named()
    {
        string file = folder.Write("file", [0]);
        var error = await Assert.ThrowsAsync<ZooException>(() => downloader.FetchAsync("http://127.0.0.1:1/x", Path.Combine(file, "below", "x.pth")));
        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resnet50-0676ba61.pth", "0676ba61")]
    [InlineData("efficientnet_b0_rwightman-3dd342df.pth", "3dd342df")]
    [InlineData("resnet50-0676ba61.safetensors", "0676ba61")]
    [InlineData("resnet50-0676BA61.pth", null)]
    [InlineData("resnet50.pth", null)]
    [InlineData("resnet50-v2.pth", null)]
    [InlineData("resnet50-0676ba61", null)]
    public void A_name_promises_a_hash_or_not(string name, string? expected) => Assert.Equal(expected, ExpectedHash.OfName(name)?.Digits);

    private static byte[] Content(int length, ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(256))];
    }

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private ExpectedHash Expected() => ExpectedHash.OfName(Name)!;

    private Task<Download> Fetch(LocalServer server, IProgress<DownloadProgress>? progress = null) =>
        downloader.FetchAsync(server.Url(Name), Target, Expected(), progress: progress);

    private async Task<string> Fails(LocalServer server) => (await Assert.ThrowsAsync<ZooException>(() => Fetch(server))).Message;

    private void AssertInPlace()
    {
        Assert.Equal(file, File.ReadAllBytes(Target));
        Assert.False(File.Exists(Part));
        Assert.False(File.Exists(Part + ".json"));
    }

    private void AssertNothing()
    {
        Assert.False(File.Exists(Target));
        Assert.False(File.Exists(Part));
        Assert.False(File.Exists(Part + ".json"));
    }

    private sealed class Reports(Action<DownloadProgress>? then = null) : IProgress<DownloadProgress>
    {
        public List<DownloadProgress> All { get; } = [];

        public void Report(DownloadProgress value)
        {
            All.Add(value);
            then?.Invoke(value);
        }
    }
}
