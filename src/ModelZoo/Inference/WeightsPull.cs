using ModelZoo.Downloads;
using ModelZoo.Registry;

namespace ModelZoo.Inference;

/// <summary>Brings published weights into the cache, where <see cref="ModelResolver"/> finds them under their name.</summary>
public static class WeightsPull
{
    /// <summary>Fetches the weights, unless they are there already.</summary>
    /// <param name="downloader">Does the work.</param>
    /// <param name="model">The model's name in the catalog.</param>
    /// <param name="weights">One of its published weights.</param>
    /// <param name="from">Another address or a file, in the same or another format, kept under its own name; null for the published address.</param>
    /// <param name="sha256">The whole hash, where it is known; null: the digits in the file's name, if it carries any.</param>
    /// <param name="force">Fetch the file even if it is there.</param>
    /// <param name="progress">Receives a report of every piece.</param>
    /// <param name="cancel">Stops; what has come is kept.</param>
    /// <exception cref="ZooException">As for <see cref="Downloader.FetchAsync"/>.</exception>
    public static async Task<Download> RunAsync(
        Downloader downloader, string model, PublishedWeights weights, string? from = null, ExpectedHash? sha256 = null, bool force = false,
        IProgress<DownloadProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(downloader);
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        ArgumentNullException.ThrowIfNull(weights);
        string source = from ?? weights.Url;
        string name = SourceAddress.FileName(source);
        ExpectedHash? named = ExpectedHash.OfName(name);
        if (sha256 is not null && named is not null && !named.Fits(sha256.Digits))
        {
            throw new UsageException($"{sha256.Origin} {sha256.Digits} does not begin with {named.Digits}, as the name {name} says. One of them is of "
                + "another file.");
        }

        // Eight digits in a name tell damage; against somebody on the way, who can change what plain http carries, it takes the whole hash.
        if (sha256 is null && SourceAddress.Parse(source) is { Scheme: "http", IsLoopback: false })
        {
            throw new UsageException($"{source}: anybody on the way can change what comes over plain http. Give the file's whole hash (--sha256), or an "
                + "address with https.");
        }

        string path = WeightsCache.PathFor(model, weights, name);
        Download download = await downloader.FetchAsync(source, path, sha256 ?? named, force, progress, cancel).ConfigureAwait(false);
        string shown = SourceAddress.Parse(source) is { IsFile: false } address ? SourceAddress.Shown(address) : source;
        WeightsCache.Remember(model, weights, new(Path.GetRelativePath(WeightsCache.Folder, path), shown, download.Sha256));
        return download;
    }
}
