namespace ModelZoo.Weights;

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
