using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ModelZoo.Loading;
using ModelZoo.Training;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>What a layer of a trained model sees of each image: its feature vectors.</summary>
public static class Features
{
    // Activations of so many values per batch stay near the processor: 32 images of 3×224×224.
    private const long BatchValues = 32L * 3 * 224 * 224;

    /// <summary>
    /// Runs every image through the model in eval mode, without gradients, and keeps the input of one layer. Where the model can be traced, only what the layer
    /// needs is computed, with batch normalization folded into the convolutions: the same features up to rounding, in half the time.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">The path of a layer that runs once in a forward.</param>
    /// <param name="data">The images.</param>
    /// <param name="batchSize">Images per forward; 0: what suits their size.</param>
    /// <param name="quantization">Of a quantized network (<see cref="Inference.ResolvedModel.Quantization"/>): it computes on bytes; null for float32.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <returns>Features [N,…] with the same labels; the caller owns them.</returns>
    /// <exception cref="ZooException">There is no such layer, or a forward does not run it.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static ImageTensors Before(nn.Module<Tensor, Tensor> model, string layer, IBatchSource data, int batchSize = 0,
        QuantizationInfo? quantization = null, CancellationToken cancel = default) => Read(model, layer, before: true, data, batchSize, quantization, cancel);

    /// <summary>
    /// The same for a layer's output, before any in-place layer behind it changes it: VGG's fc7 is what "classifier.3" gives (and "classifier.4" after its
    /// activation).
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="layer">The path of a layer, or of a block of them.</param>
    /// <param name="data">The images.</param>
    /// <param name="batchSize">Images per forward; 0: what suits their size.</param>
    /// <param name="quantization">Of a quantized network (<see cref="Inference.ResolvedModel.Quantization"/>): it computes on bytes; null for float32.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <returns>Features [N,…] with the same labels; the caller owns them.</returns>
    /// <exception cref="ZooException">There is no such layer, or a forward does not run it.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static ImageTensors At(nn.Module<Tensor, Tensor> model, string layer, IBatchSource data, int batchSize = 0,
        QuantizationInfo? quantization = null, CancellationToken cancel = default) => Read(model, layer, before: false, data, batchSize, quantization, cancel);

    /// <summary>A batch of the first images, for tracing.</summary>
    internal static Tensor Example(IBatchSource data, int count = 1)
    {
        foreach (Batch batch in data.InOrder(Math.Min(count, data.Count)))
        {
            using Batch first = batch;
            return first.Inputs.alias();
        }

        throw new ZooException("There are no images.");
    }

    /// <summary>Computes a feature per image, batch by batch: of the images themselves no more than a batch need be there.</summary>
    internal static ImageTensors Compute(IBatchSource data, Func<Tensor, Tensor> compute, int batchSize, CancellationToken cancel)
    {
        long values = data.Shape.Aggregate(1L, static (a, b) => a * b);
        int size = batchSize > 0 ? batchSize : (int)Math.Clamp(BatchValues / values, 1, 256);
        using DisposeScope outer = NewDisposeScope();
        (Tensor? all, Tensor? labels, long first) = (null, null, 0);
        foreach (Batch batch in data.InOrder(size))
        {
            using Batch read = batch;
            cancel.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            Tensor made = compute(batch.Inputs);
            all ??= empty([data.Count, .. made.shape[1..]], dtype: made.dtype, device: made.device).MoveToOuterDisposeScope();
            labels ??= empty([data.Count], dtype: ScalarType.Int64, device: made.device).MoveToOuterDisposeScope();
            all.narrow(0, first, batch.Count).copy_(made);
            labels.narrow(0, first, batch.Count).copy_(batch.Labels);
            first += batch.Count;
        }

        if (all is null)
        {
            throw new ZooException("No image could be read.");
        }

        // Fewer where bad images were left out.
        return first == data.Count
            ? ImageTensors.FromTensors(all, labels!, data.ClassNames, data.Targets)
            : ImageTensors.FromTensors(all.narrow(0, 0, first).clone(), labels!.narrow(0, 0, first).clone(), data.ClassNames, data.Targets);
    }

    private static ImageTensors Read(nn.Module<Tensor, Tensor> model, string layer, bool before, IBatchSource data, int batchSize,
        QuantizationInfo? quantization, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        using DisposeScope scope = NewDisposeScope();
        using var reader = new FeatureReader(model, layer, before, Example(data), bytes: quantization);
        return Compute(data, reader.Run, batchSize, cancel);
    }
}

/// <summary>Writes feature vectors to a file, with labels, and file names where the images have any.</summary>
public static class FeatureTable
{
    /// <summary>What <see cref="Write"/> takes.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".safetensors", ".csv"];

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Writes a file, atomically. A .safetensors has "features" [N,…] and "labels" [N] (int64), and among its metadata "classes" and "files" as JSON lists; a
    /// .csv has a row per image: file (where known), label, class, then the values in row-major order, as the shortest text that gives the same float32.
    /// Where images have several labels or a number, there are "targets" [N,K] (float32: 1 for a label that is there and 0 for the others, or the number) in
    /// place of the labels, and one column, called labels or as the number is, in place of label and class.
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
            WriteSafetensors(path, features, files, facts, rows: features.Targets is null);
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

    /// <param name="path">Where to.</param>
    /// <param name="features">What is written.</param>
    /// <param name="files">A name for each image; null where there are none.</param>
    /// <param name="facts">More metadata.</param>
    /// <param name="rows">Whether labels are written, which of images with several labels or a number are rows of their table.</param>
    internal static void WriteSafetensors(string path, ImageTensors features, IReadOnlyList<string>? files, IReadOnlyDictionary<string, string>? facts,
        bool rows = true)
    {
        var metadata = new Dictionary<string, string>(facts
            ?? new Dictionary<string, string>())
        { ["classes"] = JsonSerializer.Serialize(features.ClassNames, Json) };
        if (files is not null)
        {
            metadata["files"] = JsonSerializer.Serialize(files, Json);
        }

        using DisposeScope scope = NewDisposeScope();
        WeightsTensor[] said = rows ? [Of("labels", features.Labels)]
            : [Of("targets", tensor(Targets(features, features.Targets!), [features.Count, features.Targets!.Columns]))];
        SafetensorsWriter.Write(path, [.. said, Of("features", features.Inputs)], metadata);

        static WeightsTensor Of(string name, Tensor tensor) => new(name, tensor.dtype.ToFile(), tensor.shape, stream => TensorBytes.Write(tensor, stream));
    }

    private static void WriteCsv(Stream stream, ImageTensors features, IReadOnlyList<string>? files)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor rows = features.Inputs.detach().cpu().to(ScalarType.Float32).reshape(features.Count, -1);
        long[] labels = features.Labels.cpu().data<long>().ToArray();
        using var writer = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        string head = features.Targets is null ? "label,class"
            : features.Targets.Task.Kind == TaskKind.Regression ? Quoted(features.ClassNames[0]) : "labels";
        writer.WriteLine($"{(files is null ? "" : "file,")}{head},{string.Join(",", Enumerable.Range(0, (int)rows.shape[1]).Select(i => $"f{i}"))}");
        for (int i = 0; i < features.Count; i++)
        {
            using Tensor row = rows.select(0, i).contiguous();
            string values = string.Join(",", row.data<float>().ToArray().Select(v => v.ToString("R", CultureInfo.InvariantCulture)));
            string said = features.Targets is { } targets ? Quoted(Said(targets.Row((int)labels[i]), targets.Task, features.ClassNames))
                : $"{labels[i]},{Quoted(features.ClassNames[(int)labels[i]])}";
            writer.WriteLine($"{(files is null ? "" : Quoted(files[i]) + ",")}{said},{values}");
        }
    }

    private static float[] Targets(ImageTensors features, TargetTable table) =>
        [.. features.Labels.cpu().data<long>().ToArray().SelectMany(row => table.Row((int)row).ToArray())];

    // The labels that are there, or the number.
    private static string Said(ReadOnlySpan<float> row, PredictionTask task, IReadOnlyList<string> names) => task.Kind == TaskKind.Regression
        ? row[0].ToString("R", CultureInfo.InvariantCulture)
        : string.Join('|', row.ToArray().Index().Where(v => v.Item > 0).Select(v => names[v.Index]));

    private static string Quoted(string text) => text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
