using System.Security.Cryptography;
using System.Text;
using ModelZoo.Training;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Features of a frozen trunk on the disk, under the hash of everything that made them.</summary>
internal sealed class FeatureFile
{
    private const int BatchSize = 64;

    private FeatureFile(string path) => Path = path;

    /// <summary>Where it is or will be.</summary>
    public string Path { get; }

    /// <summary>The file for these weights (all but the head's), images as the model gets them, their labels, and the precision.</summary>
    public static FeatureFile For(string folder, nn.Module model, string head, IBatchSource images, string precision)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add($"{model.GetName()} {head} {precision} [{string.Join(",", images.Shape)}]");
        foreach ((string key, Tensor value) in model.state_dict().OrderBy(e => e.Key, StringComparer.Ordinal).Where(e => !e.Key.StartsWith(head + ".", StringComparison.Ordinal)))
        {
            AddTensor(key, value);
        }

        foreach (Batch batch in images.InOrder(BatchSize))
        {
            using Batch read = batch;
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
    public ImageTensors? TryRead(IReadOnlyList<string> classNames, Device device)
    {
        if (!File.Exists(Path))
        {
            return null;
        }

        using SafetensorsFile file = SafetensorsFile.Open(Path);
        WeightsEntry entry = file["features"];
        using DisposeScope scope = NewDisposeScope();
        return ImageTensors.FromTensors(TensorBytes.Read(file, entry).to(device), TensorBytes.Read(file, file["labels"]).to(device), classNames);
    }

    /// <summary>Keeps features.</summary>
    public void Write(ImageTensors features)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
        FeatureTable.WriteSafetensors(Path, features, null, new Dictionary<string, string> { ["kind"] = "features" });
    }
}
