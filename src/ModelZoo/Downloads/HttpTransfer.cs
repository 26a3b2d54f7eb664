using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace ModelZoo.Downloads;

/// <summary>One attempt at a time to complete a part over HTTP (RFC 9110, section 14: Range, If-Range, Content-Range).</summary>
internal sealed class HttpTransfer(DownloadOptions options) : IDisposable
{
    private readonly HttpRequests requests = new(options);

    /// <summary>Continues the part if the server still has the same file, else begins anew. Returns when the part is complete.</summary>
    /// <exception cref="BrokenOffException">It did not become complete; what came is kept.</exception>
    /// <exception cref="ZooException">It will not become complete by trying again.</exception>
    internal async Task AttemptAsync(Uri address, PartFile part, IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        string shown = SourceAddress.Redact(address);
        PartFile.Origin? origin = part.Read() is { Validator.Length: > 0 } known && known.Address == shown && part.Length > 0 ? known : null;
        long have = origin is null ? 0 : part.Length;
        if (have > 0 && have == origin!.Total)
        {
            return;
        }

        using HttpResponseMessage response = await requests.GetAsync(address, have, origin?.Validator, part.Length > 0, cancel).ConfigureAwait(false);
        switch (response.StatusCode)
        {
            case HttpStatusCode.PartialContent when origin is not null:
                MustContinue(response, origin, have, part);
                break;
            case HttpStatusCode.OK:
                origin = new(shown, Validator(response), response.Content.Headers.ContentLength);
                part.Begin(origin);
                have = 0;
                break;
            case HttpStatusCode.RequestedRangeNotSatisfiable when have > 0 && response.Content.Headers.ContentRange?.Length == have:
                return; // there is nothing after what came already
            case HttpStatusCode.RequestedRangeNotSatisfiable:
                part.Discard();
                throw new BrokenOffException("the server has a shorter file than before");
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                throw new BrokenOffException($"the server answered {Status(response)}", retryAfter: response.Headers.RetryAfter?.Delta);
            default:
                throw new ZooException($"{shown}: the server answered {Status(response)}. Check the address, or give another source: `--from <url|file>`.");
        }

        MustFitOnDisk(shown, origin.Total, have, part);
        await BodyAsync(shown, response, origin.Total, part, progress, cancel).ConfigureAwait(false);
    }

    public void Dispose() => requests.Dispose();

    // Network and disk fail differently: one is tried again, the other is not.
    private async Task BodyAsync(string shown, HttpResponseMessage response, long? total, PartFile part, IProgress<DownloadProgress>? progress,
        CancellationToken cancel)
    {
        using FileStream file = part.Append();
        using Stream body = await requests.GuardAsync(response.Content.ReadAsStreamAsync, cancel).ConfigureAwait(false);
        var buffer = new byte[1 << 17];
        progress?.Report(new(file.Position, total));
        while (true)
        {
            int read;
            try
            {
                read = await requests.GuardAsync(async patience => await body.ReadAsync(buffer, patience).ConfigureAwait(false), cancel).ConfigureAwait(false);
            }
            catch (BrokenOffException e)
            {
                throw new BrokenOffException($"{e.Message} after {Count(file.Position)}{(total is { } t ? $" of {Count(t)}" : "")} bytes", e);
            }

            if (read == 0)
            {
                break;
            }

            await file.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None).ConfigureAwait(false);
            if (file.Position > (total ?? options.MaximumBytes))
            {
                long length = file.Position;
                file.Close();
                part.Discard();
                throw total is null
                    ? TooLarge(shown, length)
                    : new BrokenOffException($"the server sent more than the {Count(total.Value)} bytes that it had announced");
            }

            progress?.Report(new(file.Position, total));
        }

        if (file.Position < total)
        {
            throw new BrokenOffException($"the connection broke off after {Count(file.Position)} of {Count(total.Value)} bytes");
        }
    }

    private static void MustContinue(HttpResponseMessage response, PartFile.Origin origin, long have, PartFile part)
    {
        var range = response.Content.Headers.ContentRange;
        string now = Validator(response);
        bool changed = (now.Length > 0 && now.StartsWith('"') == origin.Validator.StartsWith('"') && now != origin.Validator)
            || (range?.Length is { } total && origin.Total is { } before && total != before);
        if (changed || range?.From != have)
        {
            part.Discard();
            throw new BrokenOffException(changed ? "the file on the server is no longer the same" : "the server sent another part than it was asked for");
        }
    }

    private void MustFitOnDisk(string shown, long? total, long have, PartFile part)
    {
        if (total > options.MaximumBytes)
        {
            part.Discard();
            throw TooLarge(shown, total.Value);
        }

        if (total - have > FreeBytes(part.Path) is var missing && missing)
        {
            throw new ZooException($"{shown}: {Count(total!.Value - have)} bytes are still to come, and {Path.GetDirectoryName(part.Path)} has only "
                + $"{Count(FreeBytes(part.Path))} free. "
                + "Free some space, or set MODELZOO_HOME to a folder on another disk.");
        }
    }

    private static long FreeBytes(string path)
    {
        try
        {
            return new DriveInfo(Path.GetDirectoryName(path)!).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return long.MaxValue; // a file system that does not tell: the write will
        }
    }

    private ZooException TooLarge(string shown, long bytes) =>
        new($"{shown}: {Count(bytes)} bytes or more are no weights of this zoo; at most {Count(options.MaximumBytes)} are taken.");

    // If-Range takes no weak ETags.
    private static string Validator(HttpResponseMessage response) => response.Headers.ETag is { IsWeak: false } tag ? tag.Tag
        : response.Content.Headers.LastModified is { } date ? date.ToString("R", CultureInfo.InvariantCulture)
        : "";

    private static string Status(HttpResponseMessage response) => $"{(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd();

    private static string Count(long bytes) => bytes.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>Sends requests: follows redirects as far as they are safe, and separates what may be retried from what may not.</summary>
internal sealed class HttpRequests : IDisposable
{
    private readonly DownloadOptions options;
    private readonly HttpClient client;

    internal HttpRequests(DownloadOptions options)
    {
        this.options = options;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(30),
            MaxResponseHeadersLength = 64
        };
        client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("ModelZoo", typeof(HttpRequests).Assembly.GetName().Version?.ToString(3)));
        client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>The answer's headers; its body is still to be read.</summary>
    /// <param name="address">Where the file is.</param>
    /// <param name="from">The first byte that is wanted; 0 for all.</param>
    /// <param name="validator">What shows that the file is still the same; with <paramref name="from"/>.</param>
    /// <param name="begun">Whether the server was reached before: then one that cannot be reached is worth another attempt.</param>
    /// <param name="cancel">Stops it.</param>
    internal async Task<HttpResponseMessage> GetAsync(Uri address, long from, string? validator, bool begun, CancellationToken cancel)
    {
        Uri current = address;
        for (int hop = 0; ; hop++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, current);
            if (from > 0)
            {
                request.Headers.Range = new RangeHeaderValue(from, null);
                request.Headers.TryAddWithoutValidation("If-Range", validator);
            }

            HttpResponseMessage response = await SendAsync(request, begun || hop > 0, cancel).ConfigureAwait(false);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                return response;
            }

            using (response)
            {
                current = Next(address, current, response.Headers.Location, hop);
            }
        }
    }

    /// <summary>Runs one step of an exchange; a broken connection or a server that is silent for too long becomes a <see cref="BrokenOffException"/>.</summary>
    internal async Task<T> GuardAsync<T>(Func<CancellationToken, Task<T>> step, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(options.Stall);
        try
        {
            return await step(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new BrokenOffException($"the server sent nothing for {options.Stall.TotalSeconds:0.#} s", e);
        }
        catch (Exception e) when (e is IOException
            or (HttpRequestException and not
            {
                HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError
            }))
        {
            throw new BrokenOffException("the connection broke off", e);
        }
    }

    public void Dispose() => client.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool begun, CancellationToken cancel)
    {
        try
        {
            return await GuardAsync(patience => client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience), cancel).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (begun)
        {
            throw new BrokenOffException($"{request.RequestUri!.Host} can't be reached ({e.Message})", e);
        }
        catch (HttpRequestException e)
        {
            string shown = SourceAddress.Redact(request.RequestUri!);
            throw new ZooException($"{request.RequestUri!.Host} can't be reached ({e.Message}). Without a network: fetch {shown} elsewhere and give it by "
                + "`--from <file>`; a mirror by `--from <url>`.", e);
        }
    }

    private Uri Next(Uri first, Uri current, Uri? location, int hop)
    {
        string shown = SourceAddress.Redact(first);
        Uri next = location is null ? throw new ZooException($"{shown}: the server sends us on, but not where to.") : new Uri(current, location);
        return hop >= options.Redirects ? throw new ZooException($"{shown}: the server sent us on more than {options.Redirects} times.")
            : !SourceAddress.IsWeb(next) || (current.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps)
                ? throw new ZooException($"{shown}: the server sends us from {current.Scheme} on to {next.Scheme}://{next.Host}, which is refused. Give a "
                    + "source that you trust: `--from <url|file>`.")
            : next;
    }
}
