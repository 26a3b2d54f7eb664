using System.Text.Json;

namespace ModelZoo.Weights;

/// <summary>Walks through the JSON of a safetensors header, forward only, and bounds how much text it turns into objects.</summary>
internal ref struct SafetensorsJson(ReadOnlySpan<byte> json, string file)
{
    // Names, shapes and metadata together: far above any model, far below harm.
    private const int MostTextBytes = 1 << 24;

    private Utf8JsonReader _json = new(json, new JsonReaderOptions { MaxDepth = 4 });
    private long _textBytes;

    /// <summary>Moves to the next key of the current object; false at its end.</summary>
    public bool NextKey() => !NextIs(JsonTokenType.EndObject);

    /// <summary>Moves on, and tells whether what comes is <paramref name="expected"/>.</summary>
    /// <exception cref="JsonException">What comes is not JSON.</exception>
    public bool NextIs(JsonTokenType expected)
    {
        _json.Read();
        return _json.TokenType == expected;
    }

    /// <summary>Reads to the end, where only white space may come.</summary>
    /// <exception cref="JsonException">Something else comes.</exception>
    public void End()
    {
        while (_json.Read())
        {
        }
    }

    /// <summary>True when the current key or text is this one; costs no memory.</summary>
    public readonly bool TextIs(ReadOnlySpan<char> text) => _json.ValueTextEquals(text);

    /// <summary>The current key or text.</summary>
    public string Text()
    {
        Spend(_json.ValueSpan.Length);
        return _json.GetString()!;
    }

    /// <summary>True when the current value is a whole number from 0 to <see cref="long.MaxValue"/>.</summary>
    public bool IsWholeNumber(out long number)
    {
        number = 0;
        Spend(sizeof(long));
        return _json.TokenType == JsonTokenType.Number && _json.TryGetInt64(out number) && number >= 0;
    }

    public readonly ZooException Refused(string what) => new($"{file}: {what}. {SafetensorsFile.Advice}");

    private void Spend(int bytes)
    {
        _textBytes += bytes;
        if (_textBytes > MostTextBytes)
        {
            throw Refused($"its names, shapes and metadata take more than {MostTextBytes} bytes, which is not supported");
        }
    }
}
