using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ModelZoo.Weights;

/// <summary>Writes safetensors files. The same tensors and metadata give the same bytes.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Writes a file, atomically (<see cref="AtomicFile"/>): when it fails, a file that was there before is still there. The tensors follow one another in the
    /// order given, in the header and in the data, without gaps, as the format demands; the data begin at a multiple of 8 bytes. Give tensors of wider types
    /// first to have each aligned to its type.
    /// </summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="tensors">What to write; no name twice.</param>
    /// <param name="metadata">Texts for <c>__metadata__</c>, written in ordinal order of their keys; left out where there are none.</param>
    /// <exception cref="ZooException">The file cannot be written; the message names it.</exception>
    /// <exception cref="ArgumentException">A name appears twice or is the reserved <c>__metadata__</c>, or a text is not valid Unicode.</exception>
    /// <exception cref="InvalidOperationException">A tensor wrote another number of bytes than its shape and type say.</exception>
    public static void Write(string path, IEnumerable<WeightsTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        WeightsTensor[] all = [.. tensors];
        byte[] header = Header(all, metadata ?? new Dictionary<string, string>());
        AtomicFile.Write(path, stream => Write(stream, header, all));
    }

    private static void Write(Stream stream, byte[] header, WeightsTensor[] tensors)
    {
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (WeightsTensor tensor in tensors)
        {
            WeightsWriter.WriteExactly(tensor, stream);
        }
    }

    private static byte[] Header(WeightsTensor[] tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string text) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(Checked(key), Checked(text));
                }

                json.WriteEndObject();
            }

            WriteEntries(json, tensors);
            json.WriteEndObject();
        }

        int padding = -buffer.WrittenCount & (Alignment - 1);
        return [.. buffer.WrittenSpan, .. Enumerable.Repeat((byte)' ', padding)];
    }

    private static void WriteEntries(Utf8JsonWriter json, WeightsTensor[] tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        long offset = 0;
        foreach (WeightsTensor tensor in tensors)
        {
            if (tensor.Name == "__metadata__")
            {
                throw new ArgumentException("The format keeps the name '__metadata__' for itself.", nameof(tensors));
            }

            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException($"Two tensors are called '{tensor.Name}'.", nameof(tensors));
            }

            json.WritePropertyName(Checked(tensor.Name));
            var entry = new HeaderEntry(tensor.Type.FormatName(), tensor.Shape, [offset, checked(offset + tensor.ByteLength)]);
            JsonSerializer.Serialize(json, entry, HeaderEntryContext.Default.HeaderEntry);
            offset += tensor.ByteLength;
        }
    }

    // The JSON writer would put U+FFFD in the place of half a surrogate pair: another name than the one given.
    private static string Checked(string text)
    {
        try
        {
            StrictUtf8.GetByteCount(text);
            return text;
        }
        catch (EncoderFallbackException error)
        {
            throw new ArgumentException("A name or text is not valid Unicode: it holds half a surrogate pair.", nameof(text), error);
        }
    }
}

/// <summary>What the header says of a tensor.</summary>
/// <param name="Dtype">"F32", …</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="DataOffsets">Its first byte after the header, and the one behind its last.</param>
internal sealed record HeaderEntry(string Dtype, IReadOnlyList<long> Shape, long[] DataOffsets);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(HeaderEntry))]
internal sealed partial class HeaderEntryContext : JsonSerializerContext;
