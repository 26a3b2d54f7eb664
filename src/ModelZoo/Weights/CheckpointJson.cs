using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ModelZoo.Data;

namespace ModelZoo.Weights;

/// <summary>The JSON text under the key "modelzoo" of a checkpoint's metadata.</summary>
internal static class CheckpointJson
{
    public const string Key = "modelzoo";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    public static string Write(CheckpointInfo info)
    {
        Check(info, "The checkpoint's description");
        IReadOnlyDictionary<string, string> sorted = new SortedDictionary<string, string>(info.Extra.ToDictionary(), StringComparer.Ordinal);
        return JsonSerializer.Serialize(info with { Extra = sorted }, Options);
    }

    /// <exception cref="ZooException">The text says something else than a description should.</exception>
    public static CheckpointInfo Read(WeightsFile file)
    {
        if (!file.Metadata.TryGetValue(Key, out string? json))
        {
            throw new ZooException($"{file.Name}: holds tensors ({file.Format}), but is no checkpoint made by the zoo: nothing in it says which model it is. "
                + "Give the model's name and this file as its weights (--weights), or make a checkpoint of it with `zoo import`.");
        }

        CheckpointInfo info;
        try
        {
            info = JsonSerializer.Deserialize<CheckpointInfo>(json, Options) ?? throw new JsonException("null");
        }
        catch (JsonException error)
        {
            throw new ZooException($"{file.Name}: its description of the model cannot be read ({error.Message}). The file is damaged or from a newer version.", error);
        }

        Check(info, file.Name);
        return info;
    }

    private static void Check(CheckpointInfo info, string name)
    {
        (int classes, int channels, int height, int width) = info.Options;
        string? wrong = string.IsNullOrWhiteSpace(info.Architecture) ? "names no architecture"
            : classes < 1 || channels < 1 || height < 1 || width < 1 ? $"has impossible sizes ({info.Options})"
            : info.Labels.Count != classes ? $"has {info.Labels.Count} labels for {classes} classes"
            : (info.Preprocessing.Channels, info.Preprocessing.Height, info.Preprocessing.Width) != (channels, height, width) ? "prepares images of another size than the model takes"
            : null;
        if (wrong is not null)
        {
            throw new ZooException($"{name}: {wrong}.");
        }

        try
        {
            info.Preprocessing.Check();
        }
        catch (ZooException error)
        {
            throw new ZooException($"{name}: {error.Message}", error);
        }
    }
}
