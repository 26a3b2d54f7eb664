using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ModelZoo.Tests.Downloads;

/// <summary>
/// A small HTTP server on 127.0.0.1 that misbehaves as it is told, at the level of bytes: one request a connection. It keeps what it was asked.
/// </summary>
internal sealed class LocalServer : IDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Func<Request, Task> answer;
    private readonly CancellationTokenSource stop = new();

    /// <param name="answer">Answers a request; the connection closes when it returns.</param>
    public LocalServer(Func<Request, Task> answer)
    {
        this.answer = answer;
        listener.Start();
        _ = ListenAsync();
    }

    public List<Request> Requests { get; } = [];

    public string Url(string name) => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/models/{name}";

    public void Dispose()
    {
        stop.Cancel();
        listener.Stop();
        stop.Dispose();
    }

    private async Task ListenAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                NetworkStream stream = client.GetStream();
                var head = new StringBuilder();
                for (var one = new byte[1]; !head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one) == 1;)
                {
                    head.Append((char)one[0]);
                }

                string[] lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
                Request request;
                lock (Requests)
                {
                    request = new Request(stream, Requests.Count, lines[0].Split(' ')[1],
                        lines[1..].Select(l => l.Split(": ", 2)).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase));
                    Requests.Add(request);
                }

                await answer(request);
            }
            catch (IOException)
            {
                // The client went away: some tests do.
            }
        }
    }

    /// <summary>One request, and the means to answer it.</summary>
    /// <param name="Stream">The connection.</param>
    /// <param name="Number">From 0.</param>
    /// <param name="Path">After the host.</param>
    /// <param name="Headers">By name.</param>
    public sealed record Request(Stream Stream, int Number, string Path, IReadOnlyDictionary<string, string> Headers)
    {
        /// <summary>The first byte that is asked for; null for the whole.</summary>
        public int? From => Headers.TryGetValue("Range", out string? range) ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture) : null;

        /// <summary>Sends any status line, headers and bytes.</summary>
        public async Task SendAsync(string status, string[] headers, ReadOnlyMemory<byte> body = default)
        {
            await Stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\n{string.Concat(headers.Select(h => h + "\r\n"))}Connection: close\r\n\r\n"));
            await Stream.WriteAsync(body);
            await Stream.FlushAsync();
        }

        /// <summary>Answers as a good server does, Range and If-Range included, but sends only so many bytes of the body.</summary>
        public Task SendFileAsync(byte[] file, string etag = "\"one\"", int atMost = int.MaxValue)
        {
            if (From is { } from && Headers.GetValueOrDefault("If-Range", etag) == etag)
            {
                return from >= file.Length
                    ? SendAsync("416 Range Not Satisfiable", [$"Content-Range: bytes */{file.Length}", "Content-Length: 0"])
                    : SendAsync("206 Partial Content", [$"ETag: {etag}", $"Content-Length: {file.Length - from}",
                        $"Content-Range: bytes {from}-{file.Length - 1}/{file.Length}"],
                        file.AsMemory(from, Math.Min(atMost, file.Length - from)));
            }

            return SendAsync("200 OK", [$"ETag: {etag}", $"Content-Length: {file.Length}", "Accept-Ranges: bytes"],
                file.AsMemory(0, Math.Min(atMost, file.Length)));
        }
    }
}
