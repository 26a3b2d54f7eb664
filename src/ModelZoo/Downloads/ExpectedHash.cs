using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace ModelZoo.Downloads;

/// <summary>What the SHA-256 (or the MD5, of files that were published with that alone) of a file must begin with.</summary>
/// <param name="Digits">8 to 64 hexadecimal digits, lower case.</param>
/// <param name="Origin">Who says so, for messages: "its name", "--sha256".</param>
public sealed partial record ExpectedHash(string Digits, string Origin)
{
    private const int Whole = 64;

    private bool isMd5;

    /// <summary>"SHA-256" or "MD5".</summary>
    public string Algorithm => isMd5 ? "MD5" : "SHA-256";

    /// <summary>An MD5 of 32 hexadecimal digits, lower case.</summary>
    public static ExpectedHash Md5(string digits, string origin) => new(digits, origin) { isMd5 = true };

    /// <summary>What a name such as <c>resnet50-0676ba61.pth</c> promises; null where it promises nothing.</summary>
    public static ExpectedHash? OfName(string fileName)
    {
        ArgumentNullException.ThrowIfNull(fileName);
        Match match = AtTheEnd().Match(fileName);
        return match.Success ? new(match.Groups[1].Value, "its name") : null;
    }

    /// <summary>A hash that somebody typed, upper or lower case.</summary>
    /// <exception cref="UsageException">It is not 64 hexadecimal digits.</exception>
    public static ExpectedHash Parse(string text, string origin)
    {
        ArgumentNullException.ThrowIfNull(text);
        string digits = text.Trim().ToLowerInvariant();
        return digits.Length == Whole && digits.All(char.IsAsciiHexDigitLower)
            ? new(digits, origin)
            : throw new UsageException($"{origin}: a SHA-256 has 64 hexadecimal digits, not '{text}'.");
    }

    /// <summary>Whether a hash is as expected.</summary>
    /// <param name="sha256">64 hexadecimal digits, lower case.</param>
    public bool Fits(string sha256)
    {
        ArgumentNullException.ThrowIfNull(sha256);
        return sha256.StartsWith(Digits, StringComparison.Ordinal);
    }

    /// <summary>Whether a file is as expected.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sha256">Its SHA-256.</param>
    /// <param name="cancel">Stops.</param>
    /// <returns>And its digits by <see cref="Algorithm"/>.</returns>
    internal async Task<(bool Fits, string Digits)> CheckAsync(string path, string sha256, CancellationToken cancel)
    {
        if (!isMd5)
        {
            return (Fits(sha256), sha256);
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan | FileOptions.Asynchronous);
#pragma warning disable CA5351 // Against damage on the way, and because the publishers give nothing better.
        string md5 = Convert.ToHexStringLower(await MD5.HashDataAsync(stream, cancel).ConfigureAwait(false));
#pragma warning restore CA5351
        return (md5.StartsWith(Digits, StringComparison.Ordinal), md5);
    }

    internal static async Task<string> OfFileAsync(string path, CancellationToken cancel)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan | FileOptions.Asynchronous);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel).ConfigureAwait(false));
    }

    // The rule of torch.hub, whose names end in -xxxxxxxx.pth.
    [GeneratedRegex(@"-([0-9a-f]{8,64})\.[A-Za-z]+$", RegexOptions.CultureInvariant)]
    private static partial Regex AtTheEnd();
}

/// <summary>What people give as the source of a file.</summary>
internal static class SourceAddress
{
    /// <summary>An address with http, https or file; null for a plain path.</summary>
    /// <exception cref="UsageException">It is an address of another kind.</exception>
    internal static Uri? Parse(string source) =>
        File.Exists(source) || !source.Contains("://", StringComparison.Ordinal) || !Uri.TryCreate(source, UriKind.Absolute, out Uri? address) ? null
            : address.IsFile || IsWeb(address) ? address
            : throw new UsageException($"{source}: is neither a file nor an address with https, http or file.");

    /// <summary>The last part of a path or address.</summary>
    /// <exception cref="UsageException">That is no name for a file.</exception>
    internal static string FileName(string source)
    {
        string name = Parse(source) is { } address ? Path.GetFileName(Uri.UnescapeDataString(address.AbsolutePath)) : Path.GetFileName(source);
        return name.Length is > 0 and <= 200 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '+' or '=')
            ? name
            : throw new UsageException($"{source}: '{name}' cannot be the name of a file in the cache; it takes letters, digits and . - _ + = there.");
    }

    internal static bool IsWeb(Uri address) => address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp;

    /// <summary>Without user, query and fragment, which may hold secrets.</summary>
    internal static string Redact(Uri address) => new UriBuilder(address) { UserName = "", Password = "", Query = "", Fragment = "" }.Uri.AbsoluteUri;
}
