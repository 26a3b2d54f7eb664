using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace ModelZoo.Weights;

/// <summary>
/// Weights in several files, and the list that says which tensor is where: Hugging Face's <c>model.safetensors.index.json</c>
/// (huggingface.co/docs/transformers/big_models, "Sharded checkpoints"), or the same of PyTorch's <c>.bin</c>. The files lie beside the list.
/// </summary>
public sealed partial class ShardedFile : WeightsFile
{
    private const string Ending = ".index.json";
    private const int MostBytes = 1 << 24;
    private const int MostShards = 1 << 10;
    private const string Advice = "Fetch the list anew, from where the weights are.";

    private readonly Dictionary<string, WeightsFile> shards = new(StringComparer.Ordinal);
    private readonly List<ShardEntry> entries = [];
    private readonly List<string> notes = [];

    private ShardedFile(string path)
        : base(path)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        RegularFile.Require(path);
        long length = new FileInfo(path).Length;
        ShardIndex index = length <= MostBytes
            ? StrictJson.Read(File.ReadAllBytes(path), ShardIndexContext.Default.ShardIndex, path, Advice)
            : throw new ZooException($"{path}: has {length} bytes; no list of tensors is larger than {MostBytes}. {Advice}");
        string[] names = [.. index.WeightMap.Values.Distinct().Select(n => Plain(path, n))];
        if (names.Length is 0 or > MostShards)
        {
            throw new ZooException($"{path}: names {names.Length} files of weights; from 1 to {MostShards} are supported. {Advice}");
        }

        string[] missing = [.. names.Where(n => !File.Exists(Path.Combine(folder, n)))];
        if (missing.Length > 0)
        {
            throw new ZooException($"{path}: {missing.Length} of its {names.Length} files {(missing.Length == 1 ? "is" : "are")} not there: "
                + $"{string.Join(", ", missing.Take(3))}{(missing.Length > 3 ? ", …" : "")}. Fetch them into the same folder; the weights are in all of them.");
        }

        try
        {
            foreach (string name in names)
            {
                shards.Add(name, WeightsFile.Open(Path.Combine(folder, name)));
            }

            Add(index, path);
        }
        catch
        {
            Close();
            throw;
        }

        Index();
    }

    /// <inheritdoc/>
    public override string Format => $"{shards.Values.First().Format} in {shards.Count} {(shards.Count == 1 ? "file" : "files")}";

    /// <inheritdoc/>
    public override IReadOnlyList<WeightsEntry> Entries => entries;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Notes => notes;

    /// <summary>Whether a name is that of such a list.</summary>
    internal static bool IsIndex(string path) => path.EndsWith(Ending, StringComparison.OrdinalIgnoreCase);

    internal static ShardedFile OpenIndex(string path, string? section) => section is null
        ? new(path)
        : throw new ZooException($"{path}: lists tensors, and has no sections; leave out '#{section}'.");

    /// <summary>Which file of a folder holds its weights, as a sentence with a space before it; empty where that cannot be told.</summary>
    internal static string HintIn(string folder)
    {
        string[] usual = ["model.safetensors.index.json", "model.safetensors", "pytorch_model.bin.index.json", "pytorch_model.bin", "best.safetensors"];
        string? there = usual.FirstOrDefault(n => File.Exists(Path.Combine(folder, n)));
        return there is null ? "" : $" There is {Path.Combine(folder, there)}.";
    }

    /// <summary>For one file of several: what to give in its place, as a sentence with a space before it; else empty.</summary>
    internal static string HintFor(string path) => ShardName().Match(Path.GetFileName(path)) is { Success: true } match
        ? $" It is one of {int.Parse(match.Groups[2].ValueSpan, System.Globalization.CultureInfo.InvariantCulture)} files: give the list that lies beside "
            + $"them, {match.Groups[1].Value}{match.Groups[3].Value}{Ending}."
        : "";

    private protected override void Read(WeightsEntry entry, Span<byte> destination, long from) =>
        ((ShardEntry)entry).File.CopyTo(entry.Name, destination, from);

    private protected override void Close()
    {
        foreach (WeightsFile shard in shards.Values)
        {
            shard.Dispose();
        }
    }

    private void Add(ShardIndex index, string path)
    {
        foreach ((string key, string? name) in index.WeightMap)
        {
            WeightsFile shard = shards[name!];
            WeightsEntry entry = shard.Contains(key) ? shard[key] : throw new ZooException(
                $"{path}: says that {Printable.Name(key)} is in {name}, which does not have it. List and files are of different weights; fetch them anew.");
            entries.Add(new(key, entry.Type, entry.Shape, entry.ByteLength, shard));
        }

        int unlisted = shards.Values.Sum(s => s.Entries.Count) - entries.Count;
        if (unlisted > 0)
        {
            notes.Add($"{unlisted} {(unlisted == 1 ? "tensor" : "tensors")} of its files {(unlisted == 1 ? "is" : "are")} not on the list, and left aside");
        }
    }

    // A file beside the list, and nothing else: the list comes from a stranger.
    private static string Plain(string path, string? name) =>
        name?.Length is > 0 and <= 200 && name[0] != '.' && !IsIndex(name)
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '+' or '=')
            ? name
            : throw new ZooException($"{path}: names {Printable.Name(name ?? "")}, which is not the plain name of a file beside it. {Advice}");

    [GeneratedRegex(@"^(.+)-\d{5}-of-(\d{5})(\.(?:safetensors|bin))$")]
    private static partial Regex ShardName();

    private sealed record ShardEntry(string Name, DType Type, IReadOnlyList<long> Shape, long ByteLength, WeightsFile File)
        : WeightsEntry(Name, Type, Shape, ByteLength);
}

/// <summary>The list of a model in several files.</summary>
/// <param name="WeightMap">Each tensor's file.</param>
internal sealed record ShardIndex(Dictionary<string, string?> WeightMap)
{
    /// <summary>Of no use here: mostly the number of bytes.</summary>
    public JsonElement? Metadata { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, AllowDuplicateProperties = false, MaxDepth = 16)]
[JsonSerializable(typeof(ShardIndex))]
internal sealed partial class ShardIndexContext : JsonSerializerContext;
