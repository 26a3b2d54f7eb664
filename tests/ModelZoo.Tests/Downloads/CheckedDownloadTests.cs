using ModelZoo.Downloads;
using Xunit;

namespace ModelZoo.Tests.Downloads;

/// <summary>What arrives is held against its hash and its length before it takes its place.</summary>
public sealed class CheckedDownloadTests : DownloadTest
{
    [Fact]
    public async Task A_file_that_was_damaged_on_the_disk_is_fetched_again()
    {
        using var server = new LocalServer(r => r.SendFileAsync(Whole));
        Folder.Write(Name, [1, 2, 3]);
        Assert.True((await Fetch(server)).Fetched);
        AssertInPlace();
    }

    [Fact]
    public async Task A_length_that_is_announced_too_long_is_caught()
    {
        using var server = new LocalServer(r => r.SendAsync("200 OK", ["ETag: \"one\"", $"Content-Length: {Whole.Length + 5}"], Whole));
        Assert.Contains("300,000 of 300,005 bytes", await Fails(server), StringComparison.Ordinal);
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public async Task A_length_that_is_announced_too_short_is_caught_by_the_hash()
    {
        using var server = new LocalServer(r => r.SendAsync("200 OK", ["ETag: \"one\"", $"Content-Length: {Whole.Length - 5}"], Whole));
        string message = await Fails(server);
        Assert.Contains($"its name says {Hash(Whole)[..8]}…", message, StringComparison.Ordinal);
        AssertNothing();
    }

    [Fact]
    public async Task More_bytes_than_the_whole_are_caught_while_they_arrive()
    {
        using var server = new LocalServer(r => r.From is { } from
            ? r.SendAsync("206 Partial Content", ["ETag: \"one\"", $"Content-Range: bytes {from}-{Whole.Length - 1}/{Whole.Length}",
                $"Content-Length: {Whole.Length}"], Whole)
            : r.SendFileAsync(Whole, atMost: 100_000));
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

        Folder.Write(Name, Whole);
        await Assert.ThrowsAsync<ZooException>(() => Downloader.FetchAsync(server.Url(Name), Target, Expected(), force: true));
        Assert.Equal(Whole, File.ReadAllBytes(Target));
        Assert.False(File.Exists(Part));
    }

    [Fact]
    public async Task A_whole_hash_is_held_against_the_whole_file()
    {
        using var server = new LocalServer(r => r.SendFileAsync(Whole));
        string nearly = Hash(Whole)[..63] + (Hash(Whole)[63] == '0' ? '1' : '0');
        var error = await Assert.ThrowsAsync<ZooException>(() =>
            Downloader.FetchAsync(server.Url("net.pth"), Folder.File("net.pth"), ExpectedHash.Parse(nearly, "--sha256")));
        Assert.Contains("--sha256 says", error.Message, StringComparison.Ordinal);
        Assert.True((await Downloader.FetchAsync(server.Url("net.pth"), Folder.File("net.pth"),
            ExpectedHash.Parse(Hash(Whole).ToUpperInvariant(), "--sha256"))).HashChecked);
        Assert.Throws<UsageException>(() => ExpectedHash.Parse("0676ba61", "--sha256"));
    }

    [Fact]
    public async Task Files_beyond_all_reason_are_refused_before_and_while_they_arrive()
    {
        using var small = new Downloader(Quick with { MaximumBytes = 200_000 });
        using var announced = new LocalServer(r => r.SendFileAsync(Whole));
        using var endless = new LocalServer(r => r.SendAsync("200 OK", ["Transfer-Encoding: chunked"], (byte[])[.. "493E0\r\n"u8, .. Whole]));
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
        using var server = new LocalServer(r => r.SendAsync("200 OK", ["ETag: \"one\"", $"Content-Length: {1L << 60}"], Whole));
        var error = await Assert.ThrowsAsync<ZooException>(() => greedy.FetchAsync(server.Url(Name), Target, Expected()));
        Assert.Contains("MODELZOO_HOME", error.Message, StringComparison.Ordinal);
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
}
