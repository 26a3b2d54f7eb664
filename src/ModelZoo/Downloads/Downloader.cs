namespace ModelZoo.Downloads;

/// <summary>
/// Brings files into a cache: from an https or http address, a file:// address or a path. A file is in place whole and with the right hash, or not at all; what
/// came of a download that broke off is kept beside it and continued, if the server still has the same file. Processes that fetch the same file wait for each
/// other. Threads may share one.
/// </summary>
public sealed class Downloader : IDisposable
{
    private const long Mebibyte = 1 << 20;
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly DownloadOptions options;
    private readonly HttpTransfer transfer;

    public Downloader(DownloadOptions? options = null)
    {
        this.options = options ?? new();
        this.transfer = new(this.options);
    }

    /// <summary>Fetches a file, unless the right one is there already.</summary>
    /// <param name="source">Where it is: https://…, http://…, file://… or a path.</param>
    /// <param name="target">Where it goes; missing folders are made.</param>
    /// <param name="expected">What its hash begins with; null accepts any content, and then the file is fetched even if one is there.</param>
    /// <param name="force">Fetch it even if the right one is there.</param>
    /// <param name="progress">Receives a report of every piece, on the thread that works.</param>
    /// <param name="check">Given the path of the whole file before it takes the target's place; if it throws, what was there stays, and the new file
    /// goes.</param>
    /// <param name="cancel">Stops; what has come is kept.</param>
    /// <exception cref="ZooException">It cannot be had or written, or has another hash; the message says which, and what to do.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<Download> FetchAsync(
        string source, string target, ExpectedHash? expected = null, bool force = false, IProgress<DownloadProgress>? progress = null,
        Action<string>? check = null, CancellationToken cancel = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(source);
        ArgumentException.ThrowIfNullOrWhiteSpace(target);
        string path = Path.GetFullPath(target);
        var part = new PartFile(path);
        try
        {
            if (!force && await PresentAsync(path, expected, cancel).ConfigureAwait(false) is { } there)
            {
                return there;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using IDisposable held = await FetchLock.TakeAsync(path, () =>
                progress?.Report(new(part.Length, null, "another process is fetching the same file; waiting for it")), cancel).ConfigureAwait(false);
            if (!force && await PresentAsync(path, expected, cancel).ConfigureAwait(false) is { } meanwhile)
            {
                return meanwhile;
            }

            await (SourceAddress.Parse(source) is { IsFile: false } address
                ? RepeatAsync(address, part, progress, cancel)
                : LocalCopy.RunAsync(source, part, progress, cancel)).ConfigureAwait(false);
            string hash = await ExpectedHash.OfFileAsync(part.Path, cancel).ConfigureAwait(false);
            if (expected is not null && await expected.CheckAsync(part.Path, hash, cancel).ConfigureAwait(false) is (false, var found))
            {
                long length = part.Length;
                part.Discard();
                throw new ZooException($"{source}: its {length:N0} bytes have the {expected.Algorithm} {found}, but {expected.Origin} says "
                    + $"{expected.Digits}{(expected.Digits.Length < found.Length ? "…" : "")}. "
                    + "It is damaged or another file; nothing was put in place. Try again, or another source (`--from`).");
            }

            MustPass(part, check);
            part.Finish();
            return new(path, new FileInfo(path).Length, hash, expected is not null, Fetched: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileAccessError.Writing(part.Path, e);
        }
    }

    /// <summary>Closes the connections.</summary>
    public void Dispose() => transfer.Dispose();

    private static void MustPass(PartFile part, Action<string>? check)
    {
        try
        {
            check?.Invoke(part.Path);
        }
        catch
        {
            part.Discard();
            throw;
        }
    }

    private static async Task<Download?> PresentAsync(string path, ExpectedHash? expected, CancellationToken cancel)
    {
        if (expected is null || !File.Exists(path))
        {
            return null;
        }

        string hash = await ExpectedHash.OfFileAsync(path, cancel).ConfigureAwait(false);
        return (await expected.CheckAsync(path, hash, cancel).ConfigureAwait(false)).Fits
            ? new(path, new FileInfo(path).Length, hash, HashChecked: true, Fetched: false)
            : null;
    }

    private async Task RepeatAsync(Uri address, PartFile part, IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        long most = part.Length;
        for (int failures = 0; ;)
        {
            try
            {
                await transfer.AttemptAsync(address, part, progress, cancel).ConfigureAwait(false);
                return;
            }
            catch (BrokenOffException e)
            {
                failures = part.Length >= most + Mebibyte ? 1 : failures + 1;
                most = Math.Max(most, part.Length);
                if (failures >= options.Attempts)
                {
                    throw new ZooException($"{SourceAddress.Redact(address)}: {e.Message}; so ended {failures} attempts in a row."
                        + (part.Read() is null ? "" : $" {part.Length:N0} bytes are kept: the same command goes on from there."), e);
                }

                TimeSpan pause = e.RetryAfter ?? options.Pause * Math.Pow(2, failures - 1);
                pause = pause < LongestPause ? pause : LongestPause;
                progress?.Report(new(part.Length, null,
                    string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{e.Message}; next attempt in {pause.TotalSeconds:0.#} s")));
                await Task.Delay(pause, cancel).ConfigureAwait(false);
            }
        }
    }
}

/// <summary>How patient a <see cref="Downloader"/> is, and what it refuses.</summary>
public sealed record DownloadOptions
{
    /// <summary>Attempts in a row that may end early without having brought a new mebibyte.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>The pause before the second attempt; it doubles with each further one.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a server may send nothing.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The largest file that is taken, in bytes: the largest weights that are published anywhere near this zoo have 2.6 GB.</summary>
    public long MaximumBytes { get; init; } = 8L << 30;

    /// <summary>How often a server may send us on to another address.</summary>
    public int Redirects { get; init; } = 10;
}

/// <summary>How far a download is.</summary>
/// <param name="Bytes">Of the file, on the disk.</param>
/// <param name="Total">Of the whole file; null where the server does not say.</param>
/// <param name="Remark">What happened on the way ("the connection broke off …"); null for the ordinary report.</param>
public readonly record struct DownloadProgress(long Bytes, long? Total, string? Remark = null);

/// <summary>A file that is in place.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">64 hexadecimal digits, lower case.</param>
/// <param name="HashChecked">Whether the hash was known before: from the file's name or the caller.</param>
/// <param name="Fetched">False where it was there already.</param>
public sealed record Download(string Path, long Bytes, string Sha256, bool HashChecked, bool Fetched);

/// <summary>An attempt that ended early in a way that another one may not.</summary>
internal sealed class BrokenOffException(string message, Exception? cause = null, TimeSpan? retryAfter = null) : Exception(message, cause)
{
    /// <summary>How long the server asks to be left alone.</summary>
    internal TimeSpan? RetryAfter { get; } = retryAfter;
}
