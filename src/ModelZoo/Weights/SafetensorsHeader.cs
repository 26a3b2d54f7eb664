using System.Text.Json;
using System.Text.Unicode;

namespace ModelZoo.Weights;

/// <summary>
/// Reads the JSON header of a safetensors file (the format: github.com/huggingface/safetensors, README, "Format"):
/// <c>{"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}}</c>. What comes out is complete and well-typed;
/// whether the offsets fit together is for <see cref="SafetensorsLayout"/> to say.
/// </summary>
internal static class SafetensorsHeader
{
    public const int MostBytes = 100_000_000; // the limit of the reference implementation

    private const int MostTensors = 1 << 16;

    /// <exception cref="ZooException">The header is not what the format asks for; the message names <paramref name="file"/> and the key.</exception>
    public static (Dictionary<string, string> Metadata, List<SafetensorsEntry> Entries) Parse(ReadOnlySpan<byte> json, string file)
    {
        // The description wants '{' first; the reference implementation reads white space before it too, which some writers use to align the data to a page.
        if (!json.TrimStart(" \t\r\n"u8).StartsWith("{"u8))
        {
            throw new ZooException($"{file}: its header does not begin with '{{', so it is no safetensors file. {SafetensorsFile.Advice}");
        }

        if (!Utf8.IsValid(json))
        {
            throw new ZooException($"{file}: its header is not valid UTF-8. {SafetensorsFile.Advice}");
        }

        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        var entries = new List<SafetensorsEntry>();
        try
        {
            var reader = new SafetensorsJson(json, file);
            ReadRoot(ref reader, metadata, entries);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ZooException($"{file}: its header is not valid JSON ({error.Message.TrimEnd('.')}). {SafetensorsFile.Advice}", error);
        }

        return (metadata, entries);
    }

    private static void ReadRoot(ref SafetensorsJson json, Dictionary<string, string> metadata, List<SafetensorsEntry> entries)
    {
        json.NextIs(JsonTokenType.StartObject);
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (json.NextKey())
        {
            string name = json.Text();
            if (!names.Add(name))
            {
                throw json.Refused($"the key {Shown.Name(name)} appears twice");
            }

            if (name == "__metadata__")
            {
                ReadMetadata(ref json, metadata);
            }
            else if (entries.Count == MostTensors)
            {
                throw json.Refused($"more than {MostTensors} tensors are not supported");
            }
            else
            {
                entries.Add(SafetensorsEntryReader.Read(ref json, name));
            }
        }

        json.End();
    }

    private static void ReadMetadata(ref SafetensorsJson json, Dictionary<string, string> metadata)
    {
        if (!json.NextIs(JsonTokenType.StartObject))
        {
            throw json.Refused("__metadata__ is not an object of texts");
        }

        while (json.NextKey())
        {
            string key = json.Text();
            if (!json.NextIs(JsonTokenType.String))
            {
                throw json.Refused($"__metadata__ {Shown.Name(key)} is not a text");
            }

            if (!metadata.TryAdd(key, json.Text()))
            {
                throw json.Refused($"the key {Shown.Name(key)} of __metadata__ appears twice");
            }
        }
    }
}
