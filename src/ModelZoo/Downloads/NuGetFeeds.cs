using System.Text.RegularExpressions;
using ModelZoo.Registry;
using NuGet.Common;
using NuGet.Configuration;
using NuGet.Packaging;
using NuGet.Protocol;
using NuGet.Protocol.Core.Types;
using NuGet.Versioning;

namespace ModelZoo.Downloads;

/// <summary>
/// Gets NuGet packages as <c>dotnet restore</c> would: from the folder of packages that are there already, else from the feeds of the user's own
/// nuget.config, with its proxies, credentials and source mapping. Nothing is installed, and nothing of a package runs.
/// </summary>
/// <param name="folder">Where the search for a nuget.config begins, upward; null: the working directory.</param>
public sealed partial class NuGetFeeds(string? folder = null)
{
    private const int MostTimesLarger = 2; // than the package is known to be: a feed may have signed it once more

    /// <summary>Finds a package on this machine, unpacked, or fetches it.</summary>
    /// <param name="package">Which.</param>
    /// <param name="target">Where a fetched package goes, a file.</param>
    /// <param name="otherwise">How the package's file is given, for messages: "`zoo pull … --from &lt;file&gt;.nupkg`".</param>
    /// <param name="progress">Receives a report of every piece.</param>
    /// <param name="cancel">Stops; what has come is deleted.</param>
    /// <returns>A folder or a .nupkg file.</returns>
    /// <exception cref="ZooException">No feed gave it; the message names each with its reason, and says what to do.</exception>
    internal async Task<FoundPackage> GetAsync(
        PackageWeights package, string target, string otherwise, IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        var version = NuGetVersion.Parse(package.Version);
        ISettings settings;
        PackageSource[] sources;
        try
        {
            settings = Settings.LoadDefaultSettings(folder ?? Environment.CurrentDirectory);
            if (Unpacked(settings, package.Id, version) is { } there)
            {
                return new(there, there, Fetched: false);
            }

            sources = SourcesFor(settings, package.Id);
        }
        catch (Exception e) when (e is NuGetConfigurationException or IOException or UnauthorizedAccessException)
        {
            throw new ZooException($"The package {package} is looked for by the machine's NuGet settings, and they cannot be read: {OneLine(e)} Mend them, or "
                + $"give the package's file ({otherwise}).", e);
        }

        List<string> failures = [];
        foreach (PackageSource source in sources)
        {
            string shown = Shown(source);
            try
            {
                if (await TryFetchAsync(source, package, version, target, progress, cancel).ConfigureAwait(false))
                {
                    return new(target, shown, Fetched: true);
                }

                failures.Add($"{shown}: does not have it");
            }
            catch (Exception e) when (e is FatalProtocolException or HttpRequestException or IOException or UnauthorizedAccessException
                or InvalidOperationException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
            {
                cancel.ThrowIfCancellationRequested();
                failures.Add($"{shown}: {OneLine(e).TrimEnd('.')}");
            }
        }

        throw new ZooException($"The package {package} is not on this machine, and "
            + (sources.Length == 0 ? "its NuGet settings name no feed for it." : $"none of its NuGet feeds gave it: {string.Join("; ", failures)}.")
            + $" Name a feed that has it (`dotnet nuget add source <feed>`), or give the package's file ({otherwise}).");
    }

    private static string? Unpacked(ISettings settings, string id, NuGetVersion version)
    {
        IEnumerable<string> folders = SettingsUtility.GetFallbackPackageFolders(settings).Prepend(SettingsUtility.GetGlobalPackagesFolder(settings));
        return folders.Select(root => new VersionFolderPathResolver(root)).Where(r => File.Exists(r.GetHashPath(id, version)))
            .Select(r => r.GetInstallPath(id, version)).FirstOrDefault();
    }

    private static PackageSource[] SourcesFor(ISettings settings, string id)
    {
        var mapping = PackageSourceMapping.GetPackageSourceMapping(settings);
        HashSet<string>? allowed = mapping.IsEnabled ? new(mapping.GetConfiguredPackageSources(id) ?? [], StringComparer.OrdinalIgnoreCase) : null;
        return [.. PackageSourceProvider.LoadPackageSources(settings).Where(s => s.IsEnabled && (allowed?.Contains(s.Name) ?? true))];
    }

    private static async Task<bool> TryFetchAsync(PackageSource source, PackageWeights package, NuGetVersion version, string target,
        IProgress<DownloadProgress>? progress, CancellationToken cancel)
    {
        SourceRepository repository = Repository.Factory.GetCoreV3(source);
        FindPackageByIdResource packages = await repository.GetResourceAsync<FindPackageByIdResource>(cancel).ConfigureAwait(false)
            ?? throw new InvalidOperationException("it is no feed of NuGet packages");
        using var cache = new SourceCacheContext { NoCache = true, DirectDownload = true };
        if (!await packages.DoesPackageExistAsync(package.Id, version, cache, NullLogger.Instance, cancel).ConfigureAwait(false))
        {
            return false;
        }

        bool whole = false;
        try
        {
            using (var file = new CountedFile(target, package.Bytes, MostTimesLarger * package.Bytes, progress))
            {
                whole = await packages.CopyNupkgToStreamAsync(package.Id, version, file, cache, NullLogger.Instance, cancel).ConfigureAwait(false);
            }

            return whole;
        }
        finally
        {
            if (!whole)
            {
                File.Delete(target);
            }
        }
    }

    // The name that `dotnet nuget list source` shows, and the address without secrets.
    private static string Shown(PackageSource source)
    {
        string place = Uri.TryCreate(source.Source, UriKind.Absolute, out Uri? address) && SourceAddress.IsWeb(address) ? SourceAddress.Redact(address)
            : source.Source;
        return Printable.Plain(source.Name == source.Source ? place : $"{source.Name} ({place})");
    }

    private static string OneLine(Exception error)
    {
        Exception root = error.GetBaseException();
        string text = root == error ? error.Message : $"{error.Message} ({root.Message})";
        string line = string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
        return Printable.Plain(Address().Replace(line, m => Uri.TryCreate(m.Value, UriKind.Absolute, out Uri? address) ? SourceAddress.Redact(address) : "…"));
    }

    [GeneratedRegex("""https?://[^\s'"]+""", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Address();

    // A feed that sends more than the package can have is cut off. The protocol starts a broken transfer anew by itself.
    private sealed class CountedFile(string path, long total, long most, IProgress<DownloadProgress>? progress)
        : FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1 << 16, FileOptions.Asynchronous)
    {
        public override void Write(byte[] buffer, int offset, int count)
        {
            Count(count);
            base.Write(buffer, offset, count);
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Count(buffer.Length);
            base.Write(buffer);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Count(count);
            return base.WriteAsync(buffer, offset, count, cancellationToken);
        }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Count(buffer.Length);
            return base.WriteAsync(buffer, cancellationToken);
        }

        private void Count(int more)
        {
            long bytes = Position + more;
            if (bytes > most)
            {
                throw new IOException($"sent more than {most:N0} bytes, and the package has about {total:N0}");
            }

            progress?.Report(new(bytes, Math.Max(total, bytes)));
        }
    }
}

/// <summary>A package that is at hand; what is in it is not checked yet.</summary>
/// <param name="Path">A folder with its files, or a .nupkg.</param>
/// <param name="Origin">Where it was, for people.</param>
/// <param name="Fetched">Whether it came from a feed.</param>
internal sealed record FoundPackage(string Path, string Origin, bool Fetched);
