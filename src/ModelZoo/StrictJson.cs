using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace ModelZoo;

/// <summary>
/// The one reader of JSON from outside. What a text may say is the schema of its type (source-generated, so that nothing is looked up by name at run time);
/// anything else, a key that is there twice and a text that is no Unicode among it, is an error of one line.
/// </summary>
internal static class StrictJson
{
    private static readonly UTF8Encoding Utf8Text = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a value.</summary>
    /// <param name="json">The text, UTF-8.</param>
    /// <param name="type">What it may say.</param>
    /// <param name="name">The file's name, for the message.</param>
    /// <param name="advice">What to do about a text that is wrong: a sentence.</param>
    /// <exception cref="ZooException">It says something else; the message names the file and the key.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, string name, string advice)
        where T : class
    {
        if (json.StartsWith("\uFEFF"u8))
        {
            json = json[3..];
        }

        if (!Utf8.IsValid(json))
        {
            throw new ZooException($"{name}: is not valid UTF-8. {advice}");
        }

        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("It says null.");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or OverflowException or ArgumentException
            or NotSupportedException)
        {
            throw new ZooException($"{name}: {Reason(error)}. {advice}", error);
        }
    }

    /// <summary>Reads a value out of a text.</summary>
    /// <inheritdoc cref="Read{T}(ReadOnlySpan{byte}, JsonTypeInfo{T}, string, string)"/>
    public static T Read<T>(string json, JsonTypeInfo<T> type, string name, string advice)
        where T : class
    {
        try
        {
            return Read(Utf8Text.GetBytes(json).AsSpan(), type, name, advice);
        }
        catch (EncoderFallbackException error)
        {
            throw new ZooException($"{name}: its JSON holds half a surrogate pair, which is no text. {advice}", error);
        }
    }

    /// <summary>What is wrong, without the reader's own bookkeeping.</summary>
    internal static string Reason(Exception error)
    {
        string message = error.Message;
        int end = message.IndexOf(" Path: ", StringComparison.Ordinal);
        string what = (end < 0 ? message : message[..end]).TrimEnd('.', ' ').ReplaceLineEndings(" ");
        string where = (error as JsonException)?.Path is { Length: > 1 } path ? $" at {(path.Length > 100 ? path[..100] + "…" : path)}" : "";
        return $"its JSON is not as it should be{where} ({what})";
    }
}
