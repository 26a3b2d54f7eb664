using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModelZoo.Training;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Writes feature vectors to a file, with labels, and file names where the images have any.</summary>
public static class FeatureTable
{
    /// <summary>What <see cref="Write"/> takes.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".safetensors", ".csv"];

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes a file, atomically. A .safetensors has "features" [N,…] and "labels" [N] (int64), and among its metadata "classes" and "files" as JSON lists; a .csv has a row per image: file
    /// (where known), label, class, then the values in row-major order, as the shortest text that gives the same float32.
    /// </summary>
    /// <param name="path">Where to.</param>
    /// <param name="features">What <see cref="Features.At"/> gave.</param>
    /// <param name="files">A name for each image; null where there are none.</param>
    /// <param name="facts">More metadata for a .safetensors: model, layer.</param>
    /// <exception cref="ZooException">The name has another ending, or the file cannot be written.</exception>
    public static void Write(string path, ImageTensors features, IReadOnlyList<string>? files = null, IReadOnlyDictionary<string, string>? facts = null)
    {
        ArgumentNullException.ThrowIfNull(features);
        CheckPath(path);
        if (files is not null && files.Count != features.Count)
        {
            throw new ArgumentException($"{files.Count} file names for {features.Count} images.", nameof(files));
        }

        if (Path.GetExtension(path).Equals(".csv", StringComparison.OrdinalIgnoreCase))
        {
            AtomicFile.Write(path, stream => WriteCsv(stream, features, files));
        }
        else
        {
            WriteSafetensors(path, features, files, facts);
        }
    }

    /// <summary>Refuses a name whose ending is none of <see cref="Extensions"/>.</summary>
    /// <exception cref="UsageException">It is.</exception>
    public static void CheckPath(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
        {
            throw new UsageException($"{path}: features go to a file that ends in {string.Join(" or ", Extensions)}.");
        }
    }

    internal static void WriteSafetensors(string path, ImageTensors features, IReadOnlyList<string>? files, IReadOnlyDictionary<string, string>? facts)
    {
        var metadata = new Dictionary<string, string>(facts ?? new Dictionary<string, string>()) { ["classes"] = JsonSerializer.Serialize(features.ClassNames, Json) };
        if (files is not null)
        {
            metadata["files"] = JsonSerializer.Serialize(files, Json);
        }

        SafetensorsWriter.Write(path, [Of("labels", features.Labels), Of("features", features.Inputs)], metadata);

        static WeightsTensor Of(string name, Tensor tensor) => new(name, tensor.dtype.ToFile(), tensor.shape, stream => TensorBytes.Write(tensor, stream));
    }

    private static void WriteCsv(Stream stream, ImageTensors features, IReadOnlyList<string>? files)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = features.Inputs.detach().cpu().to(ScalarType.Float32).reshape(features.Count, -1);
        long[] labels = features.Labels.cpu().data<long>().ToArray();
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine($"{(files is null ? "" : "file,")}label,class,{string.Join(",", Enumerable.Range(0, (int)rows.shape[1]).Select(i => $"f{i}"))}");
        for (int i = 0; i < features.Count; i++)
        {
            using Tensor row = rows.select(0, i).contiguous();
            string values = string.Join(",", row.data<float>().ToArray().Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
            writer.WriteLine($"{(files is null ? "" : Quoted(files[i]) + ",")}{labels[i]},{Quoted(features.ClassNames[(int)labels[i]])},{values}");
        }
    }

    private static string Quoted(string text) => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
