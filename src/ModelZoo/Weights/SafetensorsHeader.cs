using System.Text.Json;
using System.Text.Unicode;

namespace ModelZoo.Weights;

/// <summary>
/// Reads the JSON header of a safetensors file (the format: github.com/huggingface/safetensors, README, "Format"):
/// <c>{"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}}</c>. What comes out is complete and well-typed;
/// whether the offsets fit together is for <see cref="SafetensorsLayout"/> to say.
/// </summary>
internal ref struct SafetensorsHeader
{
    public const int MostBytes = 100_000_000; // the limit of the reference implementation

    // Bounds on what a header can make us allocate: far above any model, far below harm.
    private const int MostTensors = 1 << 17;
    private const int MostDimensions = 64;
    private const int MostTextBytes = 1 << 24;

    private readonly string _file;
    private readonly Dictionary<string, string> _metadata = new(StringComparer.Ordinal);
    private readonly List<SafetensorsEntry> _entries = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private Utf8JsonReader _json;
    private long _textBytes;

    private SafetensorsHeader(ReadOnlySpan<byte> json, string file)
    {
        _file = file;
        _json = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
    }

    /// <exception cref="ZooException">The header is not what the format asks for; the message names <paramref name="file"/> and the key.</exception>
    public static (Dictionary<string, string> Metadata, List<SafetensorsEntry> Entries) Parse(ReadOnlySpan<byte> json, string file)
    {
        if (json.IsEmpty || json[0] != '{')
        {
            throw new ZooException($"{file}: its header does not begin with '{{', so it is no safetensors file. {SafetensorsFile.Advice}");
        }

        if (!Utf8.IsValid(json))
        {
            throw new ZooException($"{file}: its header is not valid UTF-8. {SafetensorsFile.Advice}");
        }

        var header = new SafetensorsHeader(json, file);
        try
        {
            header.ReadRoot();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ZooException($"{file}: its header is not valid JSON ({error.Message.TrimEnd('.')}). {SafetensorsFile.Advice}", error);
        }

        return (header._metadata, header._entries);
    }

    private void ReadRoot()
    {
        _json.Read();
        while (NextKey())
        {
            string name = Text();
            if (!_names.Add(name))
            {
                throw Refused($"the key {Shown.Name(name)} appears twice");
            }

            if (name == "__metadata__")
            {
                ReadMetadata();
            }
            else if (_entries.Count == MostTensors)
            {
                throw Refused($"more than {MostTensors} tensors are not supported");
            }
            else
            {
                _entries.Add(ReadEntry(name));
            }
        }

        // The padding behind the object must be JSON white space too: reading on checks it.
        while (_json.Read())
        {
        }
    }

    private void ReadMetadata()
    {
        if (!NextIs(JsonTokenType.StartObject))
        {
            throw Refused("__metadata__ is not an object of texts");
        }

        while (NextKey())
        {
            string key = Text();
            if (!NextIs(JsonTokenType.String))
            {
                throw Refused($"__metadata__ {Shown.Name(key)} is not a text");
            }

            if (!_metadata.TryAdd(key, Text()))
            {
                throw Refused($"the key {Shown.Name(key)} of __metadata__ appears twice");
            }
        }
    }

    private SafetensorsEntry ReadEntry(string name)
    {
        if (!NextIs(JsonTokenType.StartObject))
        {
            throw Refused(name, "is not an object");
        }

        DType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (NextKey())
        {
            if (_json.ValueTextEquals("dtype"u8))
            {
                type = type is null ? ReadType(name) : throw Refused(name, "has two fields 'dtype'");
            }
            else if (_json.ValueTextEquals("shape"u8))
            {
                shape = shape is null ? ReadNumbers(name, "shape", MostDimensions) : throw Refused(name, "has two fields 'shape'");
            }
            else if (_json.ValueTextEquals("data_offsets"u8))
            {
                offsets = offsets is null ? ReadNumbers(name, "data_offsets", 2) : throw Refused(name, "has two fields 'data_offsets'");
            }
            else
            {
                throw Refused(name, $"has an unknown field {Shown.Name(Text())}; the format has dtype, shape and data_offsets");
            }
        }

        if (type is not { } dtype || shape is null || offsets is null)
        {
            throw Refused(name, $"lacks its '{(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}'");
        }

        return offsets is [long begin, long end] && end >= begin
            ? new SafetensorsEntry(name, dtype, shape, begin, end - begin)
            : throw Refused(name, $"has data_offsets [{string.Join(", ", offsets)}], but [begin, end] with begin ≤ end is needed");
    }

    private DType ReadType(string name)
    {
        if (!NextIs(JsonTokenType.String))
        {
            throw Refused(name, "has a dtype that is not a text");
        }

        foreach (DType type in DTypes.All)
        {
            if (_json.ValueTextEquals(type.FormatName()))
            {
                return type;
            }
        }

        throw Refused(name, $"has the unknown dtype {Shown.Name(Text())}; known are {string.Join(", ", DTypes.All.Select(known => known.FormatName()))}");
    }

    private long[] ReadNumbers(string name, string field, int most)
    {
        if (!NextIs(JsonTokenType.StartArray))
        {
            throw Refused(name, $"has a field '{field}' that is not a list of numbers");
        }

        Span<long> numbers = stackalloc long[MostDimensions];
        int count = 0;
        while (!NextIs(JsonTokenType.EndArray))
        {
            if (_json.TokenType != JsonTokenType.Number || !_json.TryGetInt64(out long number) || number < 0)
            {
                throw Refused(name, $"has a field '{field}' that holds something other than whole numbers from 0 to {long.MaxValue}");
            }

            if (count == most)
            {
                throw Refused(name, $"has a field '{field}' of more than {most} numbers");
            }

            numbers[count++] = number;
        }

        Spend(count * sizeof(long));
        return numbers[..count].ToArray();
    }

    // Moves to the next key of the current object; false at its end.
    private bool NextKey() => !NextIs(JsonTokenType.EndObject);

    private bool NextIs(JsonTokenType expected)
    {
        _json.Read();
        return _json.TokenType == expected;
    }

    private string Text()
    {
        Spend(_json.ValueSpan.Length);
        return _json.GetString()!;
    }

    private void Spend(int bytes)
    {
        _textBytes += bytes;
        if (_textBytes > MostTextBytes)
        {
            throw Refused($"its names, shapes and metadata take more than {MostTextBytes} bytes, which is not supported");
        }
    }

    private readonly ZooException Refused(string tensor, string what) => Refused($"tensor {Shown.Name(tensor)} {what}");

    private readonly ZooException Refused(string what) => new($"{_file}: {what}. {SafetensorsFile.Advice}");
}
