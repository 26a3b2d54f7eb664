using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Tests.Training;

/// <summary>Small data and models for the tests of training and transfer.</summary>
internal static class Samples
{
    public static Recipe Quick { get; } = new() { Epochs = 2, BatchSize = 16, Optimizer = "sgd", LearningRate = 0.02, Momentum = 0.9 };

    public static ImageDataset Digits(int count) => ModelZoo.Data.Digits.Load(DataSplit.Train).Take(count);

    public static ModelInfo Info(string name) => Catalog.Models.Find(name);

    public static ZooModel Fresh(string name, ulong seed = 1, int classes = 10)
    {
        random.manual_seed((long)seed);
        ModelInfo info = Info(name);
        return info.Create(info.Defaults with { NumClasses = classes });
    }

    /// <summary>The digits enlarged to the model's whole input.</summary>
    public static ImageTensors Tensors(string name, int count) => ImageTensors.From(Digits(count), Info(name).Preprocessing with { Fit = Fit.Resize });

    /// <summary>What a checkpoint of ten digits says.</summary>
    public static CheckpointInfo Description(string name) => new()
    {
        Architecture = name,
        Options = Info(name).Defaults with { NumClasses = 10 },
        Labels = [.. Enumerable.Range(0, 10).Select(c => $"{c}")],
        Preprocessing = Info(name).Preprocessing,
    };

    /// <summary>Every parameter and buffer, as bytes, row by row.</summary>
    public static Dictionary<string, byte[]> Bytes(nn.Module model) => model.state_dict().ToDictionary(e => e.Key, e =>
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor plain = e.Value.detach().contiguous();
        return plain.bytes.ToArray();
    });
}
