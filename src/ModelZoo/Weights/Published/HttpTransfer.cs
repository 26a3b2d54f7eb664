using System.Globalization;
using System.Net;

namespace ModelZoo.Weights;

/// <summary>One attempt at a time to complete a part over HTTP (RFC 9110, section 14: Range, If-Range, Content-Range).</summary>
internal sealed class HttpTransfer(DownloadOptions options) : IDisposable
{
    private readonly HttpRequests requests = new(options);

    /// <summary>Continues the part if the server still has the same file, else begins anew. Returns when the part is complete.</summary>
    /// <exception cref="BrokenOffException">It did not become complete; what came is kept.</exception>
    /// <exception cref="ZooException">It will not become complete by trying again.</exception>
    internal async Task AttemptAsync(Uri address, PartFile part, IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        string shown = SourceAddress.Shown(address);
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
    private async Task BodyAsync(string shown, HttpResponseMessage response, long? total, PartFile part, IProgress<DownloadProgress>? progress, CancellationToken cancel)
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
                throw total is null ? TooLarge(shown, length) : new BrokenOffException($"the server sent more than the {Count(total.Value)} bytes that it had announced");
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
            throw new ZooException($"{shown}: {Count(total!.Value - have)} bytes are still to come, and {Path.GetDirectoryName(part.Path)} has only {Count(FreeBytes(part.Path))} free. "
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

    private ZooException TooLarge(string shown, long bytes) => new($"{shown}: {Count(bytes)} bytes or more are no weights of this zoo; at most {Count(options.MaximumBytes)} are taken.");

    // If-Range takes no weak ETags.
    private static string Validator(HttpResponseMessage response) => response.Headers.ETag is { IsWeak: false } tag ? tag.Tag
        : response.Content.Headers.LastModified is { } date ? date.ToString("R", CultureInfo.InvariantCulture)
        : "";

    private static string Status(HttpResponseMessage response) => $"{(int)response.StatusCode} {response.ReasonPhrase}".TrimEnd();

    private static string Count(long bytes) => bytes.ToString("N0", CultureInfo.InvariantCulture);
}
