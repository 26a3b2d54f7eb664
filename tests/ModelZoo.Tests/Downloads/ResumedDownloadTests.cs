using ModelZoo.Downloads;
using Xunit;

namespace ModelZoo.Tests.Downloads;

/// <summary>Downloads that broke off, were stopped or were begun before: continued where that is safe, else begun anew.</summary>
public sealed class ResumedDownloadTests : DownloadTest
{
    [Fact]
    public async Task A_connection_that_breaks_off_is_resumed_where_it_broke()
    {
        using var server = new LocalServer(r => r.SendFileAsync(Whole, atMost: r.Number == 0 ? 100_000 : r.Number == 1 ? 50_000 : int.MaxValue));
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
            ? r.SendAsync("206 Partial Content", [Date, $"Content-Range: bytes {from}-{Whole.Length - 1}/{Whole.Length}",
                $"Content-Length: {Whole.Length - from}"], Whole.AsMemory(from))
            : r.SendAsync("200 OK", [Date, "ETag: W/\"weak\"", $"Content-Length: {Whole.Length}"], Whole.AsMemory(0, 1000)));
        await Fetch(server);
        AssertInPlace();
        Assert.Equal("Wed, 21 Oct 2015 07:28:00 GMT", server.Requests[1].Headers["If-Range"]);
    }

    [Fact]
    public async Task Without_a_validator_it_begins_anew()
    {
        using var server = new LocalServer(r =>
            r.SendAsync("200 OK", [$"Content-Length: {Whole.Length}"], Whole.AsMemory(0, r.Number == 0 ? 1000 : Whole.Length)));
        await Fetch(server);
        AssertInPlace();
        Assert.All(server.Requests, r => Assert.Null(r.From));
    }

    [Fact]
    public async Task A_server_that_always_breaks_off_is_an_error_and_the_next_call_resumes()
    {
        bool well = false;
        using var server = new LocalServer(r => r.SendFileAsync(Whole, atMost: well ? int.MaxValue : 10_000));
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
            r.SendAsync("200 OK", ["ETag: \"one\"", $"Content-Length: {Whole.Length}"], Whole.AsMemory(0, r.Number == 0 ? 100_000 : Whole.Length)));
        await Fetch(server);
        AssertInPlace();
        Assert.Equal(100_000, server.Requests[1].From);
    }

    [Fact]
    public async Task A_file_that_changed_meanwhile_is_fetched_from_its_beginning()
    {
        byte[] old = Content(300_000, 2);
        using var server = new LocalServer(r => r.Number == 0 ? r.SendFileAsync(old, "\"old\"", 100_000) : r.SendFileAsync(Whole, "\"new\""));
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
                ? r.SendAsync("206 Partial Content", ["ETag: \"new\"", $"Content-Range: bytes {from}-{Whole.Length - 1}/{Whole.Length}",
                    $"Content-Length: {Whole.Length - from}"], Whole.AsMemory(from))
            : r.SendFileAsync(Whole, "\"new\""));
        await Fetch(server);
        AssertInPlace();
        Assert.Equal([null, 100_000, null], server.Requests.Select(r => r.From));
    }

    [Fact]
    public async Task Another_range_than_asked_for_is_not_appended()
    {
        using var server = new LocalServer(r => r.Number == 1
            ? r.SendAsync("206 Partial Content",
                ["ETag: \"one\"", $"Content-Range: bytes 0-{Whole.Length - 1}/{Whole.Length}", $"Content-Length: {Whole.Length}"], Whole)
            : r.SendFileAsync(Whole, atMost: r.Number == 0 ? 100_000 : int.MaxValue));
        await Fetch(server);
        AssertInPlace();
        Assert.Equal([null, 100_000, null], server.Requests.Select(r => r.From));
    }

    [Fact]
    public async Task A_part_longer_than_the_file_is_thrown_away()
    {
        byte[] longer = Content(400_000, 3);
        using var server = new LocalServer(r => r.Number < 3 ? r.SendFileAsync(longer, "\"one\"", 120_000) : r.SendFileAsync(Whole, "\"one\""));
        await Fails(server); // 3 × 120,000 bytes of another Whole, under the same etag
        await Fetch(server);
        AssertInPlace();
        Assert.Equal([360_000, null], server.Requests.Skip(3).Select(r => r.From));
    }

    [Fact]
    public async Task A_complete_part_needs_no_second_body()
    {
        using var server = new LocalServer(r => r.From is null
            ? r.SendAsync("200 OK", ["ETag: \"one\"", "Transfer-Encoding: chunked"], (byte[])[.. "493E0\r\n"u8, .. Whole]) // 300,000, and then no end
            : r.SendFileAsync(Whole));
        await Fetch(server);
        AssertInPlace();
        Assert.Equal([null, 300_000], server.Requests.Select(r => r.From));
    }

    [Fact]
    public async Task A_redirect_keeps_the_range()
    {
        using var server = new LocalServer(r => r.Path.EndsWith(Name, StringComparison.Ordinal)
            ? r.SendAsync("302 Found", ["Location: /real", "Content-Length: 0"])
            : r.SendFileAsync(Whole, atMost: r.Number == 1 ? 1000 : int.MaxValue));
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
            await r.SendFileAsync(Whole, atMost: slow ? 100_000 : int.MaxValue);
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
            Downloader.FetchAsync(server.Url(Name), Target, Expected(), progress: reports, cancel: stop.Token));
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
            await r.SendFileAsync(Whole, atMost: r.Number == 0 ? 1000 : int.MaxValue);
            await Task.Delay(r.Number == 0 ? 30_000 : 0);
        });
        await impatient.FetchAsync(server.Url(Name), Target, Expected());
        AssertInPlace();
        Assert.Equal(1000, server.Requests[1].From);
    }

    [Fact]
    public async Task A_part_from_another_address_is_not_continued()
    {
        using var first = new LocalServer(r => r.SendFileAsync(Content(300_000, 5), atMost: 1000));
        await Fails(first);
        using var second = new LocalServer(r => r.SendFileAsync(Whole));
        await Fetch(second);
        AssertInPlace();
        Assert.Null(second.Requests[0].From);
    }

    [Fact]
    public async Task A_damaged_description_of_the_part_means_a_new_beginning()
    {
        using var server = new LocalServer(r => r.SendFileAsync(Whole));
        Folder.Write(Name + ".part", [1, 2, 3]);
        Folder.Write(Name + ".part.json", "{\"Address\":"u8.ToArray());
        await Fetch(server);
        AssertInPlace();
        Assert.Null(server.Requests[0].From);
    }
}
