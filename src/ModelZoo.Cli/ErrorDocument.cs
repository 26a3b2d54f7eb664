using System.Text.Encodings.Web;
using System.Text.Json;

namespace ModelZoo.Cli;

/// <summary>An error as the one JSON document that <c>--json</c> promises.</summary>
internal static class ErrorDocument
{
    /// <summary>Loads what writing one takes: where memory has run out, no assembly can be loaded any more.</summary>
    internal static void Prepare() => _ = Of("");

    /// <summary>The document. No serializer: that looks for its types' members, and loads assemblies for it.</summary>
    internal static string Of(string message) => "{\n  \"error\": \"" + JsonEncodedText.Encode(message, JavaScriptEncoder.UnsafeRelaxedJsonEscaping) + "\"\n}";
}
