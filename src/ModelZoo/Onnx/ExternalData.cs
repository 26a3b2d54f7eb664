using System.Globalization;
using ModelZoo.Weights;

namespace ModelZoo.Onnx;

/// <summary>
/// Finds tensors that lie in files beside a model. The model comes from a stranger: only files in its own folder and below are opened, and no links are
/// followed there.
/// </summary>
/// <param name="model">The model's name in messages.</param>
/// <param name="folder">Where it lies; null where it came from memory.</param>
internal sealed class ExternalData(string model, string? folder) : IDisposable
{
    private readonly Dictionary<string, ByteSource> files = new(StringComparer.Ordinal);

    /// <summary>The bytes of a tensor that says that they are elsewhere.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <param name="length">How many bytes its shape and type ask for.</param>
    /// <exception cref="ZooException">It says so badly, or the file cannot be read or is too short.</exception>
    public RawBytes Find(TensorProto tensor, long length)
    {
        string location = Entry(tensor, "location") ?? throw Refused(tensor, "says that its elements are in another file, but not in which");
        long offset = Number(tensor, "offset") ?? 0;
        long said = Number(tensor, "length") ?? length;
        if (said != length)
        {
            throw Refused(tensor, $"has {said} bytes in {Printable.Name(location)}, but its shape and type need {length}");
        }

        ByteSource source = Open(tensor, location);
        return offset <= source.Length - length
            ? new(source, offset, length)
            : throw Refused(tensor, $"needs {length} bytes from byte {offset} of {Printable.Name(location)} on, which has {source.Length}; it may have been "
                + "cut off");
    }

    public void Dispose()
    {
        foreach (ByteSource source in files.Values)
        {
            source.Dispose();
        }
    }

    private ByteSource Open(TensorProto tensor, string location)
    {
        if (folder is null)
        {
            throw Refused(tensor, "has its elements in another file, which a model in memory cannot have");
        }

        if (files.TryGetValue(location, out ByteSource? open))
        {
            return open;
        }

        string[] parts = location.Split('/');
        if (parts.Any(part => part.Length is 0 or > 200 || part is "." or ".." || part.AsSpan().ContainsAny("\\:\0")))
        {
            throw Refused(tensor, $"has its elements in {Printable.Name(location)}, which is not the plain path of a file in the model's folder");
        }

        string path = folder;
        foreach (string part in parts)
        {
            path = Path.Combine(path, part);
            if (new FileInfo(path).LinkTarget is not null)
            {
                throw Refused(tensor, $"has its elements in {Printable.Name(location)}, which is or goes through a link; put the file itself there");
            }
        }

        try
        {
            return files[location] = new FileSource(path);
        }
        catch (Exception error) when (FileAccessError.Covers(error))
        {
            throw FileAccessError.Reading(path, error);
        }
    }

    private static string? Entry(TensorProto tensor, string key) => tensor.ExternalData.Find(entry => entry.Key == key)?.Value;

    private long? Number(TensorProto tensor, string key) => Entry(tensor, key) is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
        : throw Refused(tensor, $"has {Printable.Name(text)} as its {key}, which is no number");

    private ZooException Refused(TensorProto tensor, string what) => new($"{model}: tensor {Printable.Name(tensor.Name)} {what}. {OnnxFile.Advice}");
}
