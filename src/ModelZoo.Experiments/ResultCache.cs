using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace ModelZoo.Experiments;

/// <summary>
/// Partial results of one experiment with one choice of settings: small JSON files by name, so that an interrupted run goes on where it was. A file that can't
/// be read counts as missing.
/// </summary>
public sealed class ResultCache
{
    private readonly string? folder;

    /// <param name="folder">Made when the first value is kept.</param>
    public ResultCache(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        this.folder = folder;
    }

    private ResultCache() => folder = null;

    /// <summary>Keeps nothing.</summary>
    public static ResultCache None { get; } = new();

    /// <summary>Whether anything is kept.</summary>
    public bool Any => folder is not null && Directory.Exists(folder);

    /// <summary>What was kept under a name.</summary>
    public bool TryGet<T>(string key, [MaybeNullWhen(false)] out T value)
    {
        value = default;
        string? path = PathOf(key);
        if (path is null || !File.Exists(path))
        {
            return false;
        }

        try
        {
            value = JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), ResultStore.Json)!;
            return value is not null;
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Keeps a value, all of it or nothing.</summary>
    public void Set<T>(string key, T value)
    {
        if (PathOf(key) is { } path)
        {
            ResultStore.MakeFolder(folder!);
            AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, value, ResultStore.Json));
        }
    }

    /// <summary>What was kept, or what is computed and kept now.</summary>
    public T GetOrAdd<T>(string key, Func<T> compute)
    {
        ArgumentNullException.ThrowIfNull(compute);
        if (TryGet(key, out T? kept))
        {
            return kept!;
        }

        T value = compute();
        Set(key, value);
        return value;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        if (folder is not null && Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private string? PathOf(string key)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(key);
        return folder is null
            ? null
            : Path.Combine(folder, string.Concat(key.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')) + ".json");
    }
}
