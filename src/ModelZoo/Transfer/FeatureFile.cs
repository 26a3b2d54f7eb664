using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ModelZoo.Loading;
using ModelZoo.Training;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Features of a frozen backbone on the disk, under the hash of everything that made them.</summary>
internal sealed class FeatureFile
{
    private const int BatchSize = 64;
    private const string SecondsKey = "seconds";

    private FeatureFile(string path) => Path = path;

    /// <summary>Where it is or will be.</summary>
    public string Path { get; }

    /// <summary>Features of images: from the folder where they are there, else computed, and kept in it.</summary>
    /// <param name="folder">Null keeps nothing.</param>
    /// <param name="model">The backbone.</param>
    /// <param name="head">The layer that takes the features in.</param>
    /// <param name="images">As the model gets them.</param>
    /// <param name="precision">What they are computed in.</param>
    /// <param name="bytes">Of a network that computes on bytes: how; else null.</param>
    /// <param name="compute">Computes those of a batch.</param>
    /// <param name="remarks">Hears which of the two it was.</param>
    /// <param name="cancel">Stops between two batches.</param>
    public static KeptFeatures GetOrCompute(string? folder, nn.Module model, string head, IBatchSource images, string precision, QuantizationInfo? bytes,
        Func<Tensor, Tensor> compute, IProgress<string>? remarks, CancellationToken cancel)
    {
        FeatureFile? file = folder is null ? null : For(folder, model, head, images, precision, bytes, cancel);
        if (file?.TryRead(images, model.parameters().FirstOrDefault()?.device ?? CPU) is { } kept)
        {
            remarks?.Report($"features of {images.Count} images: read from {file.Path}");
            return kept;
        }

        remarks?.Report($"features of {images.Count} images: computed once, in {precision}");
        var clock = Stopwatch.StartNew();
        ImageTensors made = Features.Compute(images, compute, 0, cancel);
        double seconds = clock.Elapsed.TotalSeconds;
        file?.Write(made, seconds);
        return new(made, seconds);
    }

    /// <summary>The file for these weights (all but the head's), images as the model gets them, their labels, and the precision.</summary>
    public static FeatureFile For(string folder, nn.Module model, string head, IBatchSource images, string precision, QuantizationInfo? bytes = null,
        CancellationToken cancel = default)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add($"{model.GetName()} {head} {precision} [{string.Join(",", images.Shape)}]{(bytes is null ? "" : $" {JsonSerializer.Serialize(bytes)}")}");
        foreach ((string key, Tensor value) in model.state_dict().OrderBy(e => e.Key, StringComparer.Ordinal)
            .Where(e => !e.Key.StartsWith(head + ".", StringComparison.Ordinal)))
        {
            AddTensor(key, value);
        }

        foreach (Batch batch in images.InOrder(BatchSize))
        {
            using Batch read = batch;
            cancel.ThrowIfCancellationRequested();
            AddTensor("images", batch.Inputs);
            AddTensor("labels", batch.Labels);
        }

        return new(System.IO.Path.Combine(folder, Convert.ToHexStringLower(hash.GetHashAndReset())[..32] + ".safetensors"));

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));

        void AddTensor(string key, Tensor value)
        {
            Add($"{key} {value.dtype} [{string.Join(",", value.shape)}]");
            using Tensor detached = value.detach();
            using Tensor here = detached.cpu();
            using Tensor plain = here.contiguous();
            hash.AppendData(plain.bytes);
        }
    }

    /// <summary>The features with their labels; null where there are none.</summary>
    /// <exception cref="ZooException">There is a file, and it is damaged.</exception>
    public KeptFeatures? TryRead(IBatchSource images, Device device)
    {
        if (!File.Exists(Path))
        {
            return null;
        }

        using SafetensorsFile file = SafetensorsFile.Open(Path);
        WeightsEntry entry = file["features"];
        using DisposeScope scope = NewDisposeScope();
        double? seconds = file.Metadata.TryGetValue(SecondsKey, out string? text)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double s) ? s : null;
        return new(ImageTensors.FromTensors(TensorBytes.Read(file, entry).to(device), TensorBytes.Read(file, file["labels"]).to(device), images.ClassNames,
            images.Targets), seconds);
    }

    /// <summary>Keeps features, and how long they took where that is known.</summary>
    public void Write(ImageTensors features, double? seconds = null)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
        var facts = new Dictionary<string, string> { ["kind"] = "features" };
        if (seconds is { } took)
        {
            facts[SecondsKey] = took.ToString("R", CultureInfo.InvariantCulture);
        }

        FeatureTable.WriteSafetensors(Path, features, null, facts);
    }
}

/// <summary>Features, and how long it took to compute them when they were.</summary>
/// <param name="Features">The caller's.</param>
/// <param name="Seconds">Null where a file does not say.</param>
internal sealed record KeptFeatures(ImageTensors Features, double? Seconds);
