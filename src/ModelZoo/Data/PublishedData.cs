using System.Formats.Tar;
using System.IO.Compression;
using ModelZoo.Downloads;

namespace ModelZoo.Data;

/// <summary>A dataset that can be had from a public address.</summary>
/// <param name="Name">As in <see cref="DataSource"/>.</param>
/// <param name="Description">One line.</param>
/// <param name="Terms">The license, or who holds the rights.</param>
/// <param name="Files">What is fetched.</param>
/// <param name="Unpacked">Of an archive: the files to take out of it, by the last part of their names, with the most bytes that each may have; none: the files
/// are used as they come.</param>
public sealed record PublishedData(string Name, string Description, string Terms, IReadOnlyList<PublishedFile> Files,
    IReadOnlyList<(string Name, long MostBytes)> Unpacked)
{
    private const string CifarTerms = "no license is stated; the authors ask to be cited";
    private const long CifarBatch = 10_000 * 3073L;

    /// <summary>All that are known here.</summary>
    public static IReadOnlyList<PublishedData> All { get; } =
    [
        new("mnist", "handwritten digits, 28×28 gray, 60,000 + 10,000", "CC BY-SA 3.0",
            Idx(["https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"],
            ["f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432", "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c"]),
                []),
        new("fashion-mnist", "articles of clothing, 28×28 gray, 60,000 + 10,000", "MIT", Idx(["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
            ["8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe", "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310"]),
                []),
        new("cifar10", "ten classes of objects, 32×32 color, 50,000 + 10,000", CifarTerms,
            [new("cifar-10-binary.tar.gz", 170_052_171, "c32a1d4ab5d03f1284b67883e8d87530", ["https://www.cs.toronto.edu/~kriz/"])],
            [("batches.meta.txt", 10_000), .. Enumerable.Range(1, 5).Select(i => ($"data_batch_{i}.bin", CifarBatch)), ("test_batch.bin", CifarBatch)]),
        new("cifar100", "a hundred classes of objects, 32×32 color, 50,000 + 10,000", CifarTerms,
            [new("cifar-100-binary.tar.gz", 168_513_733, "03b5dce01913d631647c71ecec9e9cb8", ["https://www.cs.toronto.edu/~kriz/"])],
            [("fine_label_names.txt", 10_000), ("coarse_label_names.txt", 10_000), ("train.bin", 50_000 * 3074L), ("test.bin", 10_000 * 3074L)]),
    ];

    /// <summary>Bytes to fetch.</summary>
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>The dataset of a name.</summary>
    /// <exception cref="UsageException">There is none; the message offers the nearest.</exception>
    public static PublishedData Find(string name) => All.FirstOrDefault(data => data.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new UsageException($"No data '{name}' can be fetched.{NearestName.Hint(name, All.Select(data => data.Name))} There are "
            + $"{string.Join(", ", All.Select(data => data.Name))}.");

    // MD5 as torchvision's source has them.
    private static PublishedFile[] Idx(string[] places, string[] md5) => [
        new("train-images-idx3-ubyte.gz", places.Length == 2 ? 9_912_422 : 26_421_880, md5[0], places),
        new("train-labels-idx1-ubyte.gz", places.Length == 2 ? 28_881 : 29_515, md5[1], places),
        new("t10k-images-idx3-ubyte.gz", places.Length == 2 ? 1_648_877 : 4_422_102, md5[2], places),
        new("t10k-labels-idx1-ubyte.gz", places.Length == 2 ? 4_542 : 5_148, md5[3], places),
    ];
}

/// <summary>A file that can be fetched.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Md5">Its MD5, 32 hexadecimal digits, lower case: what its publisher or torchvision gives; no protection against intent, but against
/// damage.</param>
/// <param name="Places">Addresses of the folders that hold it, tried in this order.</param>
public sealed record PublishedFile(string Name, long Bytes, string Md5, IReadOnlyList<string> Places);

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
        : throw new UsageException($"{name} is not in the cache. `zoo data get {name}` fetches it; or write {name}:<folder>, with the folder that holds the "
            + "official files.");

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
        Downloader downloader, PublishedData data, string? from = null, bool force = false, Func<string, IProgress<DownloadProgress>?>? progress = null,
            CancellationToken cancel = default)
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
        Downloader downloader, PublishedFile file, IReadOnlyList<string> places, string path, bool force, IProgress<DownloadProgress>? progress,
            CancellationToken cancel)
    {
        for (int i = 0; ; i++)
        {
            string place = places[i], source = place.Contains("://", StringComparison.Ordinal)
                ? $"{place.TrimEnd('/')}/{file.Name}"
                : Path.Combine(place, file.Name);
            try
            {
                await downloader.FetchAsync(source, path, ExpectedHash.Md5(file.Md5, "its publisher"), force, progress, cancel: cancel).ConfigureAwait(false);
                return;
            }
            catch (ZooException e) when (i + 1 < places.Count)
            {
                progress?.Report(new DownloadProgress(0, null, $"{e.Message} Trying the next address."));
            }
        }
    }
}

/// <summary>Takes known files out of a .tar.gz: nothing else is written, whatever names the archive holds, and none of more bytes than is known.</summary>
internal static class Archive
{
    /// <param name="path">The archive.</param>
    /// <param name="folder">Where the files go, side by side.</param>
    /// <param name="wanted">The last parts of the files' names, and the most bytes of each.</param>
    /// <param name="cancel">Stops.</param>
    /// <exception cref="ZooException">The archive is damaged, lacks a file, or a file is larger.</exception>
    public static void Unpack(string path, string folder, IReadOnlyList<(string Name, long MostBytes)> wanted, CancellationToken cancel = default)
    {
        var missing = wanted.ToDictionary(file => file.Name, file => file.MostBytes, StringComparer.Ordinal);
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
            using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            using var tar = new TarReader(unzipped);
            while (missing.Count > 0 && tar.GetNextEntry() is { } entry)
            {
                cancel.ThrowIfCancellationRequested();
                string name = entry.Name[(entry.Name.LastIndexOf('/') + 1)..];
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || entry.DataStream is not { } content
                    || !missing.TryGetValue(name, out long most))
                {
                    continue;
                }

                if (entry.Length > most)
                {
                    throw new ZooException($"{path}: its {name} has {entry.Length} bytes, more than the {most} that it can have. Fetch it again: `zoo data get "
                        + "… --force`.");
                }

                AtomicFile.Write(Path.Combine(folder, name), content.CopyTo);
                missing.Remove(name);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or OverflowException or ArgumentException)
        {
            throw new ZooException($"{path}: damaged archive ({e.Message}). Fetch it again: `zoo data get … --force`.", e);
        }
        catch (IOException e)
        {
            throw FileAccessError.Reading(path, e);
        }

        if (missing.Count > 0)
        {
            throw new ZooException($"{path}: lacks {string.Join(", ", missing.Keys)}. Is it the binary version?");
        }
    }
}
