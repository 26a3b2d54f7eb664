namespace ModelZoo.Weights;

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
    internal static string Shown(Uri address) => new UriBuilder(address) { UserName = "", Password = "", Query = "", Fragment = "" }.Uri.AbsoluteUri;
}
