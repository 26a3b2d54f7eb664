using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Hashing;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ModelZoo.AspNetCore.Serving;
using ModelZoo.Tests;
using Xunit;

namespace ModelZoo.AspNetCore.Tests.Serving;

/// <summary>What a client may not do, and that the others do not notice.</summary>
public sealed class LimitTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly byte[] picture;

    public LimitTests() => picture = File.ReadAllBytes(Checkpoints.Picture(folder.File("picture.png")));

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_is_no_picture_or_too_much_is_refused_by_name()
    {
        await using TestServer server = await TestServer.StartAsync(o =>
            (o.MaxPictureBytes, o.MaxRequestBytes, o.MaxUploadBytes, o.MaxPictures) = (50_000, 100_000, 1_000_000, 3));
        string one = Convert.ToBase64String(picture);
        (byte[] Body, string? Type, HttpStatusCode Status, string Says)[] refused =
        [
            ([], "image/png", HttpStatusCode.BadRequest, "no picture"),
            ("hello"u8.ToArray(), "image/png", HttpStatusCode.BadRequest, "not a picture"),
            (picture[..(picture.Length / 2)], "image/png", HttpStatusCode.BadRequest, "the picture"),
            (Bomb(), "image/png", HttpStatusCode.BadRequest, "pixels"),
            (new byte[60_000], "image/png", HttpStatusCode.RequestEntityTooLarge, "50,000"),
            (new byte[200_000], "image/png", HttpStatusCode.RequestEntityTooLarge, "100,000"),
            (picture, "text/plain", HttpStatusCode.UnsupportedMediaType, "multipart/form-data"),
            (picture, "multipart/form-data", HttpStatusCode.BadRequest, "boundary"),
            (picture, "multipart/form-data; boundary=x", HttpStatusCode.BadRequest, "cannot be read"),
            ("[]"u8.ToArray(), "application/json", HttpStatusCode.BadRequest, "no JSON object"),
            ("{"u8.ToArray(), "application/json", HttpStatusCode.BadRequest, "cannot be read"),
            ("{\"images\":[\"*\"]}"u8.ToArray(), "application/json", HttpStatusCode.BadRequest, "Picture 1 of 'images' is no base64 text"),
            ("{\"pictures\":[]}"u8.ToArray(), "application/json", HttpStatusCode.BadRequest, "'pictures'"),
            (Encoding.UTF8.GetBytes($"{{\"images\":[\"{one}\"],\"top\":0}}"), "application/json", HttpStatusCode.BadRequest, "'top'"),
            (Encoding.UTF8.GetBytes($"{{\"images\":[\"{one}\",\"{one}\",\"{one}\",\"{one}\"]}}"), "application/json", HttpStatusCode.RequestEntityTooLarge,
                "more than 3 pictures"),
        ];
        foreach ((byte[] body, string? type, HttpStatusCode status, string says) in refused)
        {
            Assert.Contains(says, await server.ProblemAsync("/v1/predict", body, type, status), StringComparison.Ordinal);
        }

        Assert.Contains("'top'", await server.ProblemAsync("/v1/predict?top=x", picture, "image/png", HttpStatusCode.BadRequest), StringComparison.Ordinal);
        await server.AnswerAsync("/v1/predict", picture);
        await IdleAsync(server);
    }

    [Fact]
    public async Task A_body_without_a_length_is_cut_at_the_limit()
    {
        await using TestServer server = await TestServer.StartAsync(o => (o.MaxPictureBytes, o.MaxRequestBytes, o.MaxUploadBytes) = (50_000, 50_000, 60_000));
        using var content = new StreamContent(new Endless());
        content.Headers.ContentType = new("image/png");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/predict") { Content = content };
        request.Headers.TransferEncodingChunked = true;
        try
        {
            using HttpResponseMessage reply = await server.Client.SendAsync(request);
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.StatusCode);
        }
        catch (HttpRequestException)
        {
            // The connection was closed while the client still wrote: refused as well.
        }

        await server.AnswerAsync("/v1/predict", picture);
        await IdleAsync(server);
    }

    [Theory]
    [InlineData(null, null, HttpStatusCode.Unauthorized)]
    [InlineData("X-Api-Key", "other-key", HttpStatusCode.Unauthorized)]
    [InlineData("X-Api-Key", "right-key", HttpStatusCode.OK)]
    [InlineData("Authorization", "Bearer right-key", HttpStatusCode.OK)]
    [InlineData("Authorization", "Basic right-key", HttpStatusCode.Unauthorized)]
    public async Task Who_does_not_show_the_key_is_not_answered(string? header, string? value, HttpStatusCode status)
    {
        await using TestServer server = await TestServer.StartAsync(o => o.ApiKey = "right-key");
        if (header is not null)
        {
            server.Client.DefaultRequestHeaders.Add(header, value);
        }

        using HttpResponseMessage reply = await server.PostAsync("/v1/predict", picture);
        Assert.Equal(status, reply.StatusCode);
        using HttpResponseMessage models = await server.Client.GetAsync("/v1/models");
        Assert.Equal(status, models.StatusCode);
        Assert.Contains("<title>", await server.Client.GetStringAsync("/"), StringComparison.Ordinal); // asks for it
        Assert.Equal("Healthy", await server.Client.GetStringAsync("/healthz/live"));
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_says_when_to_come_back()
    {
        await using TestServer server = await TestServer.StartAsync(o => (o.QueueLength, o.MaxPictures) = (4, 4));
        await server.AnswerAsync("/v1/predict", picture);
        using (PictureQueue.Places? taken = server.Queues["lenet5:mnist"].TryReserve(4))
        {
            Assert.NotNull(taken);
            long begin = Stopwatch.GetTimestamp();
            using HttpResponseMessage reply = await server.PostAsync("/v1/predict", picture);
            Assert.Equal(HttpStatusCode.TooManyRequests, reply.StatusCode);
            Assert.InRange(reply.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 600);
            Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(2));
            Assert.Equal("Healthy", await server.Client.GetStringAsync("/healthz/ready"));
        }

        await server.AnswerAsync("/v1/predict", picture);
        using PictureQueue.Places? some = server.Queues["lenet5:mnist"].TryReserve(3);
        string two = $$"""{ "images": ["{{Convert.ToBase64String(picture)}}", "{{Convert.ToBase64String(picture)}}"] }""";
        await server.ProblemAsync("/v1/predict", Encoding.UTF8.GetBytes(two), "application/json", HttpStatusCode.TooManyRequests); // all or none
        await server.AnswerAsync("/v1/predict", picture);
    }

    [Fact]
    public async Task A_cut_upload_and_a_slow_one_leave_nothing_and_hinder_nobody()
    {
        await using TestServer server = await TestServer.StartAsync(o => o.RequestTimeout = TimeSpan.FromSeconds(2));
        using (TcpClient cut = await server.ConnectAsync())
        {
            await cut.GetStream().WriteAsync(Head(picture.Length));
            await cut.GetStream().WriteAsync(picture.AsMemory(0, picture.Length / 2));
            cut.LingerState = new(true, 0); // reset
        }

        List<TcpClient> slow = [];
        for (int i = 0; i < 50; i++)
        {
            TcpClient client = await server.ConnectAsync();
            await client.GetStream().WriteAsync(Head(1_000_000));
            await client.GetStream().WriteAsync(new byte[] { 1 });
            slow.Add(client);
        }

        await server.AnswerAsync("/v1/predict", picture);
        foreach (TcpClient client in slow)
        {
            var bytes = new byte[64];
            int read = await client.GetStream().ReadAsync(bytes);
            Assert.StartsWith("HTTP/1.1 408", Encoding.ASCII.GetString(bytes, 0, read), StringComparison.Ordinal);
            client.Dispose();
        }

        await server.AnswerAsync("/v1/predict", picture);
        await IdleAsync(server);
    }

    [Fact]
    public async Task A_client_that_has_left_is_not_computed_for()
    {
        await using TestServer server = await TestServer.StartAsync(o => (o.MaxBatch, o.QueueLength) = (1, 1_000), "resnet20:cifar10");
        PictureQueue queue = server.Queues["resnet20:cifar10"];
        using var gone = new CancellationTokenSource();
        using var batches = new BatchSizes("resnet20");
        Task<ServedAnswer>[] asked = [.. Enumerable.Range(0, 200).Select(i => queue.AnswerAsync(picture, 1, gone.Token))];
        Task<ServedAnswer> stays = queue.AnswerAsync(picture, 1, CancellationToken.None);
        await Task.WhenAny(asked);
        await gone.CancelAsync();
        await stays;
        int answered = asked.Count(task => task.IsCompletedSuccessfully);
        Assert.True(answered < 200);
        Assert.InRange(batches.Seen.Sum(), answered + 1, answered + 3); // what was being computed when they went
    }

    [Fact]
    public async Task Nobody_who_was_let_in_is_lost_when_the_server_stops()
    {
        TestServer server = await TestServer.StartAsync(o => o.MaxBatch = 4, "resnet20:cifar10");
        Task<HttpResponseMessage>[] asked = [.. Enumerable.Range(0, 40).Select(_ => server.PostAsync("/v1/predict", picture))];
        while (server.Queues["resnet20:cifar10"].Count == 0)
        {
            await Task.Yield();
        }

        Task stopped = server.StopAsync();
        int answered = 0;
        foreach (Task<HttpResponseMessage> one in asked)
        {
            try
            {
                using HttpResponseMessage reply = await one;
                Assert.Equal(HttpStatusCode.OK, reply.StatusCode);
                answered++;
            }
            catch (HttpRequestException)
            {
                // Had not been let in: its connection was not accepted any more.
            }
        }

        await stopped;
        Assert.True(answered > 0);
        Assert.Equal(0, server.Queues["resnet20:cifar10"].Count);
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Mutated_pictures_are_answered_or_refused_and_nothing_stays()
    {
        await using TestServer server = await TestServer.StartAsync();
        var random = new SeededRandom(1);
        byte[][] damaged = [.. Enumerable.Range(0, 300).Select(_ =>
        {
            byte[] bytes = [.. picture];
            for (int i = random.Next(8); i >= 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            return bytes[..(1 + random.Next(bytes.Length))];
        })];
        foreach (byte[][] some in damaged.Chunk(20))
        {
            HttpResponseMessage[] replies = await Task.WhenAll(some.Select(bytes => server.PostAsync("/v1/predict", bytes)));
            Assert.All(replies, reply => Assert.True(reply.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"{reply.StatusCode}"));
            Array.ForEach(replies, reply => reply.Dispose());
        }

        Assert.DoesNotContain(server.Logs.Lines, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
        await server.AnswerAsync("/v1/predict", picture);
        await IdleAsync(server);
    }

    [Fact]
    public async Task Options_that_cannot_be_meant_are_refused_at_the_start()
    {
        Exception refused = await Assert.ThrowsAnyAsync<Exception>(() => TestServer.StartAsync(o => (o.MaxBatch, o.ApiKey) = (0, "short")));
        Assert.Contains("MaxBatch is 0; it must be 1 … 256", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ApiKey", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("short", refused.Message, StringComparison.Ordinal);
    }

    private static byte[] Head(int length) => Encoding.ASCII.GetBytes(
        $"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: {length}\r\n\r\n");

    // Places and bytes are given back when the reply is written, which its client may see a moment before.
    private static async Task IdleAsync(TestServer server)
    {
        for (int tries = 0; tries < 200 && (server.Queues["lenet5:mnist"].Count > 0 || server.Queues.Budget.Taken > 0); tries++)
        {
            await Task.Delay(25);
        }

        Assert.Equal((0, 0), (server.Queues["lenet5:mnist"].Count, server.Queues.Budget.Taken));
    }

    // A PNG of 60,000 × 60,000 pixels in its header.
    private byte[] Bomb()
    {
        byte[] bytes = [.. picture];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), 60_000);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(20), 60_000);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(29), Crc32.HashToUInt32(bytes.AsSpan(12, 17)));
        return bytes;
    }

    private sealed class Endless : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => count;

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
