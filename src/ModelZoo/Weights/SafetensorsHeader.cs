using System.Text.Json;
using System.Text.Unicode;

namespace ModelZoo.Weights;

/// <summary>
/// Reads the JSON header of a safetensors file (the format: github.com/huggingface/safetensors, README, "Format"):
/// <c>{"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}}</c>. What comes out is complete and
/// well-typed; whether the offsets fit together is for <see cref="SafetensorsLayout"/> to say.
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
                throw json.Refused($"the key {Printable.Name(name)} appears twice");
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
                throw json.Refused($"__metadata__ {Printable.Name(key)} is not a text");
            }

            if (!metadata.TryAdd(key, json.Text()))
            {
                throw json.Refused($"the key {Printable.Name(key)} of __metadata__ appears twice");
            }
        }
    }
}

/// <summary>Reads what a safetensors header says of one tensor: its dtype, shape and data_offsets, each once, nothing else.</summary>
internal static class SafetensorsEntryReader
{
    private const int MostDimensions = 64;

    /// <exception cref="ZooException">It says something else; the message names the file and the tensor.</exception>
    public static SafetensorsEntry Read(ref SafetensorsJson json, string name)
    {
        if (!json.NextIs(JsonTokenType.StartObject))
        {
            throw Refused(ref json, name, "is not an object");
        }

        DType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (json.NextKey())
        {
            if (json.TextIs("dtype"))
            {
                type = type is null ? ReadType(ref json, name) : throw Refused(ref json, name, "has two fields 'dtype'");
            }
            else if (json.TextIs("shape"))
            {
                shape = shape is null ? ReadNumbers(ref json, name, "shape", MostDimensions) : throw Refused(ref json, name, "has two fields 'shape'");
            }
            else if (json.TextIs("data_offsets"))
            {
                offsets = offsets is null ? ReadNumbers(ref json, name, "data_offsets", 2) : throw Refused(ref json, name, "has two fields 'data_offsets'");
            }
            else
            {
                throw Refused(ref json, name, $"has an unknown field {Printable.Name(json.Text())}; the format has dtype, shape and data_offsets");
            }
        }

        if (type is not { } dtype || shape is null || offsets is null)
        {
            throw Refused(ref json, name, $"lacks its '{(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}'");
        }

        return offsets is [long begin, long end] && end >= begin
            ? new SafetensorsEntry(name, dtype, shape, begin, end - begin)
            : throw Refused(ref json, name, $"has data_offsets [{string.Join(", ", offsets)}], but [begin, end] with begin ≤ end is needed");
    }

    private static DType ReadType(ref SafetensorsJson json, string name)
    {
        if (!json.NextIs(JsonTokenType.String))
        {
            throw Refused(ref json, name, "has a dtype that is not a text");
        }

        foreach (DType type in DTypes.All)
        {
            if (json.TextIs(type.FormatName()))
            {
                return type;
            }
        }

        throw Refused(ref json, name,
            $"has the unknown dtype {Printable.Name(json.Text())}; known are {string.Join(", ", DTypes.All.Select(known => known.FormatName()))}");
    }

    private static long[] ReadNumbers(ref SafetensorsJson json, string name, string field, int most)
    {
        if (!json.NextIs(JsonTokenType.StartArray))
        {
            throw Refused(ref json, name, $"has a field '{field}' that is not a list of numbers");
        }

        Span<long> numbers = stackalloc long[MostDimensions];
        int count = 0;
        while (!json.NextIs(JsonTokenType.EndArray))
        {
            if (!json.IsWholeNumber(out long number))
            {
                throw Refused(ref json, name, $"has a field '{field}' that holds something other than whole numbers from 0 to {long.MaxValue}");
            }

            if (count == most)
            {
                throw Refused(ref json, name, $"has a field '{field}' of more than {most} numbers");
            }

            numbers[count++] = number;
        }

        return numbers[..count].ToArray();
    }

    private static ZooException Refused(ref SafetensorsJson json, string tensor, string what) => json.Refused($"tensor {Printable.Name(tensor)} {what}");
}

/// <summary>Walks through the JSON of a safetensors header, forward only, and bounds how much text it turns into objects.</summary>
internal ref struct SafetensorsJson(ReadOnlySpan<byte> json, string file)
{
    // Names, shapes and metadata together: far above any model, far below harm.
    private const int MostTextBytes = 1 << 24;

    private Utf8JsonReader json = new(json, new JsonReaderOptions { MaxDepth = 4 });
    private long textBytes;

    /// <summary>Moves to the next key of the current object; false at its end.</summary>
    public bool NextKey() => !NextIs(JsonTokenType.EndObject);

    /// <summary>Moves on, and returns whether what comes is <paramref name="expected"/>.</summary>
    /// <exception cref="JsonException">What comes is not JSON.</exception>
    public bool NextIs(JsonTokenType expected)
    {
        this.json.Read();
        return this.json.TokenType == expected;
    }

    /// <summary>Reads to the end, where only white space may come.</summary>
    /// <exception cref="JsonException">Something else comes.</exception>
    public void End()
    {
        while (this.json.Read())
        {
        }
    }

    /// <summary>True when the current key or text is this one; costs no memory.</summary>
    public readonly bool TextIs(ReadOnlySpan<char> text) => this.json.ValueTextEquals(text);

    /// <summary>The current key or text.</summary>
    public string Text()
    {
        Spend(this.json.ValueSpan.Length);
        return this.json.GetString()!;
    }

    /// <summary>True when the current value is a whole number from 0 to <see cref="long.MaxValue"/>.</summary>
    public bool IsWholeNumber(out long number)
    {
        number = 0;
        Spend(sizeof(long));
        return this.json.TokenType == JsonTokenType.Number && this.json.TryGetInt64(out number) && number >= 0;
    }

    public readonly ZooException Refused(string what) => new($"{file}: {what}. {SafetensorsFile.Advice}");

    private void Spend(int bytes)
    {
        textBytes += bytes;
        if (textBytes > MostTextBytes)
        {
            throw Refused($"its names, shapes and metadata take more than {MostTextBytes} bytes, which is not supported");
        }
    }
}
