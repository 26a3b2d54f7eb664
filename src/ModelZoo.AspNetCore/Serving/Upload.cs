using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace ModelZoo.AspNetCore.Serving;

/// <summary>The bytes of all bodies that are held at a time.</summary>
internal sealed class UploadBudget(long most)
{
    private long taken;

    /// <summary>Held now.</summary>
    public long Taken => Volatile.Read(ref taken);

    /// <exception cref="RequestException">There is no room: 503.</exception>
    public void Take(long bytes)
    {
        if (Interlocked.Add(ref taken, bytes) > most)
        {
            Interlocked.Add(ref taken, -bytes);
            throw RequestException.Busy("Too many uploads are under way.", TimeSpan.FromSeconds(1));
        }
    }

    public void Return(long bytes) => Interlocked.Add(ref taken, -bytes);
}

/// <summary>The pictures of one request, undecoded, in memory that grows only as bytes come.</summary>
internal sealed class Upload : IDisposable
{
    private const int Piece = 16 * 1024;

    private readonly UploadBudget budget;
    private readonly ClassifierServerOptions options;
    private readonly List<(string? Name, ReadOnlyMemory<byte> Bytes)> pictures = [];
    private readonly List<byte[]> rented = [];
    private long taken;

    private Upload(UploadBudget budget, ClassifierServerOptions options) => (this.budget, this.options) = (budget, options);

    /// <summary>What the client calls each, if it says so, and the file.</summary>
    public IReadOnlyList<(string? Name, ReadOnlyMemory<byte> Bytes)> Pictures => pictures;

    /// <summary>Bytes of the body.</summary>
    public long Length { get; private set; }

    /// <summary>How many answers the body asks for; null where it does not say.</summary>
    public int? Top { get; private set; }

    /// <summary>Reads a picture, a form of files, or JSON: <c>{ "images": ["base64", …], "top": 3 }</c>.</summary>
    /// <exception cref="RequestException">The body is something else (415), too large (413), has no picture or is not what it says (400).</exception>
    public static async Task<Upload> ReadAsync(HttpRequest request, ClassifierServerOptions options, UploadBudget budget, CancellationToken cancel)
    {
        if (request.ContentLength > options.MaxRequestBytes)
        {
            throw RequestException.TooLarge($"The body has {request.ContentLength:N0} bytes; {options.MaxRequestBytes:N0} are allowed.");
        }

        var upload = new Upload(budget, options);
        try
        {
            await upload.ReadBodyAsync(request, cancel).ConfigureAwait(false);
            return upload.Pictures.Count > 0 ? upload : throw RequestException.Bad("There is no picture in the request.");
        }
        catch (BadHttpRequestException e)
        {
            upload.Dispose();
            throw e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? RequestException.TooLarge($"The body has more than {options.MaxRequestBytes:N0} bytes.")
                : new RequestException(e.StatusCode, e.Message);
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or IOException)
        {
            upload.Dispose();
            throw RequestException.Bad($"The body cannot be read: {e.Message}");
        }
        catch
        {
            upload.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        pictures.Clear();
        rented.ForEach(bytes => ArrayPool<byte>.Shared.Return(bytes));
        rented.Clear();
        budget.Return(Interlocked.Exchange(ref taken, 0));
    }

    private Task ReadBodyAsync(HttpRequest request, CancellationToken cancel)
    {
        string type = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? parsed) ? parsed.MediaType.ToString() : "";
        return type.ToUpperInvariant() switch
        {
            "MULTIPART/FORM-DATA" => ReadFormAsync(request, HeaderUtilities.RemoveQuotes(parsed!.Boundary).ToString(), cancel),
            "APPLICATION/JSON" => ReadJsonAsync(request, cancel),
            "" when request.ContentType is null => ReadPictureAsync(request, cancel),
            "APPLICATION/OCTET-STREAM" => ReadPictureAsync(request, cancel),
            var other when other.StartsWith("IMAGE/", StringComparison.Ordinal) => ReadPictureAsync(request, cancel),
            _ => throw new RequestException(StatusCodes.Status415UnsupportedMediaType,
                "Send a picture (image/jpeg, application/octet-stream …), a form with files (multipart/form-data), or application/json."),
        };
    }

    private async Task ReadPictureAsync(HttpRequest request, CancellationToken cancel)
    {
        ReadOnlyMemory<byte> bytes = await ReadAsync(request.Body, options.MaxPictureBytes, "The picture", cancel).ConfigureAwait(false);
        if (bytes.Length > 0)
        {
            pictures.Add((null, bytes));
        }
    }

    private async Task ReadFormAsync(HttpRequest request, string boundary, CancellationToken cancel)
    {
        if (boundary.Length is 0 or > 70) // RFC 2046, 5.1.1
        {
            throw RequestException.Bad("The form has no boundary, or one of more than 70 characters.");
        }

        var reader = new MultipartReader(boundary, request.Body) { HeadersCountLimit = 16, HeadersLengthLimit = 8 * 1024 };
        while (await reader.ReadNextSectionAsync(cancel).ConfigureAwait(false) is { } section)
        {
            if (ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out ContentDispositionHeaderValue? part) && part.IsFileDisposition())
            {
                Room();
                string? name = HeaderUtilities.RemoveQuotes(part.FileNameStar.HasValue ? part.FileNameStar : part.FileName).Value;
                ReadOnlyMemory<byte> bytes = await ReadAsync(section.Body, options.MaxPictureBytes, "A picture", cancel).ConfigureAwait(false);
                pictures.Add((name, bytes));
            }
            else
            {
                ReadOnlyMemory<byte> field = await ReadAsync(section.Body, 1024, "A field of the form", cancel).ConfigureAwait(false);
                if (part is not null && HeaderUtilities.RemoveQuotes(part.Name) == "top")
                {
                    Top = Utf8Parser.TryParse(field.Span, out int top, out int used) && used == field.Length ? top
                        : throw RequestException.Bad("The form's field 'top' is no number.");
                }
            }
        }
    }

    private async Task ReadJsonAsync(HttpRequest request, CancellationToken cancel)
    {
        ReadOnlyMemory<byte> body = await ReadAsync(request.Body, options.MaxRequestBytes, "The body", cancel).ConfigureAwait(false);
        var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = 4 });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw RequestException.Bad("""The body is no JSON object; send { "images": ["<base64>", …], "top": 3 }.""");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("images"u8))
            {
                ReadImages(ref reader);
            }
            else if (reader.ValueTextEquals("top"u8))
            {
                reader.Read();
                Top = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int top) ? top
                    : throw RequestException.Bad("'top' is no whole number.");
            }
            else
            {
                throw RequestException.Bad($"The body has a key '{Printable.Plain(reader.GetString() ?? "")}'; known are 'images' and 'top'.");
            }
        }

        while (reader.Read())
        {
        }
    }

    private void ReadImages(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw RequestException.Bad("'images' is no list.");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Room();
            int most = reader.TokenType == JsonTokenType.String ? reader.ValueSpan.Length / 4 * 3 : 0;
            if (most > options.MaxPictureBytes + 2)
            {
                throw RequestException.TooLarge($"A picture has more than {options.MaxPictureBytes:N0} bytes.");
            }

            Take(most);
            pictures.Add((null, reader.TokenType == JsonTokenType.String && reader.TryGetBytesFromBase64(out byte[]? bytes) ? bytes
                : throw RequestException.Bad($"Picture {pictures.Count + 1} of 'images' is no base64 text.")));
        }
    }

    private void Room()
    {
        if (pictures.Count >= options.MaxPictures)
        {
            throw RequestException.TooLarge($"There are more than {options.MaxPictures} pictures in the request.");
        }
    }

    private void Take(long bytes)
    {
        budget.Take(bytes);
        taken += bytes;
    }

    private async Task<ReadOnlyMemory<byte>> ReadAsync(Stream body, long most, string what, CancellationToken cancel)
    {
        (byte[] bytes, int length) = (Rent(Piece), 0);
        for (long size = Piece; ;)
        {
            if (length == size)
            {
                long larger = Math.Min(2 * size, most + 1);
                bytes = Grown(bytes, size, larger);
                size = larger;
            }

            int read = await body.ReadAsync(bytes.AsMemory(length, (int)size - length), cancel).ConfigureAwait(false);
            if (read == 0)
            {
                return bytes.AsMemory(0, length);
            }

            Length += read;
            length += read;
            if (length > most)
            {
                throw RequestException.TooLarge($"{what} has more than {most:N0} bytes.");
            }
        }
    }

    // From a pool: large arrays of one use each would be collected with everything that lives.
    private byte[] Rent(long size)
    {
        Take(size);
        byte[] bytes = ArrayPool<byte>.Shared.Rent((int)size);
        rented.Add(bytes);
        return bytes;
    }

    private byte[] Grown(byte[] bytes, long size, long larger)
    {
        Take(-size);
        byte[] grown = Rent(larger);
        bytes.AsSpan(0, (int)size).CopyTo(grown);
        rented.Remove(bytes);
        ArrayPool<byte>.Shared.Return(bytes);
        return grown;
    }
}

/// <summary>A request that is answered with an error of its own.</summary>
internal sealed class RequestException(int status, string message) : Exception(message)
{
    public int Status => status;

    /// <summary>When to try again.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    public static RequestException Bad(string message) => new(StatusCodes.Status400BadRequest, message);

    public static RequestException TooLarge(string message) => new(StatusCodes.Status413PayloadTooLarge, message);

    public static RequestException Busy(string message, TimeSpan retryAfter) =>
        new(StatusCodes.Status503ServiceUnavailable, message) { RetryAfter = retryAfter };

    public static RequestException Full(string message, TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, message) { RetryAfter = retryAfter };
}
