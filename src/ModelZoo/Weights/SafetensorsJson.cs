using System.Text.Json;

namespace ModelZoo.Weights;

/// <summary>Walks through the JSON of a safetensors header, forward only, and bounds how much text it turns into objects.</summary>
internal ref struct SafetensorsJson(ReadOnlySpan<byte> json, string file)
{
    // Names, shapes and metadata together: far above any model, far below harm.
    private const int MostTextBytes = 1 << 24;

    private Utf8JsonReader json = new(json, new JsonReaderOptions { MaxDepth = 4 });
    private long textBytes;

    /// <summary>Moves to the next key of the current object; false at its end.</summary>
    public bool NextKey() => !NextIs(JsonTokenType.EndObject);

    /// <summary>Moves on, and tells whether what comes is <paramref name="expected"/>.</summary>
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
