using System.Text.Json;
using ModelZoo.Registry;

namespace ModelZoo.Downloads;

/// <summary>Where pulled weights are: the folder weights/ of <c>MODELZOO_HOME</c>, or of the user's cache.</summary>
public static class WeightsCache
{
    private const string Variable = "MODELZOO_HOME";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>
    /// The zoo's folder: <c>MODELZOO_HOME</c>, else modelzoo/ in <c>XDG_CACHE_HOME</c> or <c>~/.cache</c> (on Windows in the local application data).
    /// </summary>
    public static string Home =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } own ? Path.GetFullPath(own) : Path.Combine(UsersCache, "modelzoo");

    /// <summary>The folder of pulled files.</summary>
    public static string Folder => Path.Combine(Home, "weights");

    private static string UsersCache => OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
        // relative ones are to be ignored, says its specification
        : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg) ? xdg
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".cache");

    /// <summary>
    /// Where a file of a model's weights goes: by its own name where that carries its hash, else into a folder of the model's weights, because many mirrors
    /// call every file model.safetensors.
    /// </summary>
    public static string PathFor(string model, PublishedWeights weights, string fileName)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return ExpectedHash.OfName(fileName) is null ? Path.Combine(Folder, $"{model}.{weights.Name}", fileName) : Path.Combine(Folder, fileName);
    }

    /// <summary>The file that holds a model's published weights; null where they were not pulled.</summary>
    public static string? Find(string model, PublishedWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        string[] names = [.. ReadEntry(model, weights) is { } entry ? [entry.File] : Array.Empty<string>(), weights.File];
        return names.Select(name => Path.Combine(Folder, name)).FirstOrDefault(File.Exists);
    }

    /// <summary>Remembers which file of the folder holds a model's weights, and where it came from.</summary>
    /// <exception cref="ZooException">It cannot be written.</exception>
    internal static void Remember(string model, PublishedWeights weights, CacheEntry entry) =>
        AtomicFile.Write(EntryPath(model, weights), stream => JsonSerializer.Serialize(stream, entry, Json));

    /// <summary>What was remembered; null for nothing, or nothing that can be read.</summary>
    internal static CacheEntry? ReadEntry(string model, PublishedWeights weights)
    {
        try
        {
            string path = EntryPath(model, weights);
            CacheEntry? entry = File.Exists(path) ? JsonSerializer.Deserialize<CacheEntry>(File.ReadAllBytes(path), Json) : null;
            return entry?.File is { } file && Path.GetFullPath(file, Folder).StartsWith(Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)
                ? entry
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException || FileAccessError.Covers(e))
        {
            return null;
        }
    }

    private static string EntryPath(string model, PublishedWeights weights) => Path.Combine(Folder, $"{model}.{weights.Name}.json");
}

/// <summary>A pulled file.</summary>
/// <param name="File">Its path in the folder.</param>
/// <param name="Source">The address or path that it came from.</param>
/// <param name="Sha256">64 hexadecimal digits, lower case.</param>
internal sealed record CacheEntry(string File, string Source, string Sha256);
