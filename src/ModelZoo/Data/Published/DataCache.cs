using ModelZoo.Weights;

namespace ModelZoo.Data;

/// <summary>Where fetched datasets are: a folder each in data/ of the zoo's folder (<see cref="WeightsCache.Home"/>).</summary>
public static class DataCache
{
    private const string Complete = ".complete";

    /// <summary>The folder of a dataset.</summary>
    public static string FolderOf(string name) => Path.Combine(WeightsCache.Home, "data", name);

    /// <summary>Whether a dataset was fetched whole.</summary>
    public static bool Has(string name) => File.Exists(Path.Combine(FolderOf(name), Complete));

    /// <summary>The folder of a dataset that was fetched.</summary>
    /// <exception cref="UsageException">It was not; the message says how.</exception>
    public static string Require(string name) => Has(name) ? FolderOf(name)
        : throw new UsageException($"{name} is not in the cache. `zoo data get {name}` fetches it; or write {name}:<folder>, with the folder that holds the official files.");

    /// <summary>Fetches a dataset and unpacks what needs it, unless it is there already.</summary>
    /// <param name="downloader">Does the work.</param>
    /// <param name="data">Which.</param>
    /// <param name="from">Another place, an address or a folder of this machine, that holds the same files; null: the published ones.</param>
    /// <param name="force">Fetch it even if it is there.</param>
    /// <param name="progress">Given a file's name, where to report about it.</param>
    /// <param name="cancel">Stops; what has come is kept.</param>
    /// <returns>Whether anything was fetched.</returns>
    /// <exception cref="ZooException">A file cannot be had, has another hash, or the archive is not what it should be.</exception>
    public static async Task<bool> GetAsync(
        Downloader downloader, PublishedData data, string? from = null, bool force = false, Func<string, IProgress<DownloadProgress>?>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(downloader);
        ArgumentNullException.ThrowIfNull(data);
        if (Has(data.Name) && !force)
        {
            return false;
        }

        string folder = FolderOf(data.Name);
        foreach (PublishedFile file in data.Files)
        {
            string path = Path.Combine(folder, file.Name);
            await FetchAsync(downloader, file, from is null ? file.Places : [from], path, force, progress?.Invoke(file.Name), cancel).ConfigureAwait(false);
            if (data.Unpacked.Count > 0)
            {
                Archive.Unpack(path, folder, data.Unpacked, cancel);
                File.Delete(path);
            }
        }

        AtomicFile.Write(Path.Combine(folder, Complete), stream => stream.Write("fetched and checked\n"u8));
        return true;
    }

    private static async Task FetchAsync(
        Downloader downloader, PublishedFile file, IReadOnlyList<string> places, string path, bool force, IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        for (int i = 0; ; i++)
        {
            string place = places[i], source = place.Contains("://", StringComparison.Ordinal) ? $"{place.TrimEnd('/')}/{file.Name}" : Path.Combine(place, file.Name);
            try
            {
                await downloader.FetchAsync(source, path, ExpectedHash.Md5(file.Md5, "its publisher"), force, progress, cancel).ConfigureAwait(false);
                return;
            }
            catch (ZooException e) when (i + 1 < places.Count)
            {
                progress?.Report(new DownloadProgress(0, null, $"{e.Message} Trying the next address."));
            }
        }
    }
}
