using System.Net.Http.Headers;

namespace ModelZoo.Weights;

/// <summary>Sends requests: follows redirects as far as they are safe, and tells what may be tried again from what may not.</summary>
internal sealed class HttpRequests : IDisposable
{
    private readonly DownloadOptions options;
    private readonly HttpClient client;

    internal HttpRequests(DownloadOptions options)
    {
        this.options = options;
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(30), MaxResponseHeadersLength = 64 };
        client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("ModelZoo", typeof(HttpRequests).Assembly.GetName().Version?.ToString(3)));
        client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>The answer's headers; its body is still to be read.</summary>
    /// <param name="address">Where the file is.</param>
    /// <param name="from">The first byte that is wanted; 0 for all.</param>
    /// <param name="validator">What tells that the file is still the same; with <paramref name="from"/>.</param>
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
        catch (Exception e) when (e is IOException or (HttpRequestException and not { HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError }))
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
            string shown = SourceAddress.Shown(request.RequestUri!);
            throw new ZooException($"{request.RequestUri!.Host} can't be reached ({e.Message}). Without a network: fetch {shown} elsewhere and give it by `--from <file>`; a mirror by `--from <url>`.", e);
        }
    }

    private Uri Next(Uri first, Uri current, Uri? location, int hop)
    {
        string shown = SourceAddress.Shown(first);
        Uri next = location is null ? throw new ZooException($"{shown}: the server sends us on, but not where to.") : new Uri(current, location);
        return hop >= options.Redirects ? throw new ZooException($"{shown}: the server sent us on more than {options.Redirects} times.")
            : !SourceAddress.IsWeb(next) || (current.Scheme == Uri.UriSchemeHttps && next.Scheme != Uri.UriSchemeHttps)
                ? throw new ZooException($"{shown}: the server sends us from {current.Scheme} on to {next.Scheme}://{next.Host}, which is refused. Give a source that you trust: `--from <url|file>`.")
            : next;
    }
}
