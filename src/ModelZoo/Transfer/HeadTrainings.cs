using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Trains new heads of one model on parts of features.</summary>
internal sealed class HeadTrainings : IDisposable
{
    private const int MostSteps = 3_000, LeastPerClass = 2;

    private readonly FineTuneOptions options;
    private readonly Imaging.Preprocessing preprocessing;
    private readonly ResolvedModel model;
    private readonly HeadPath path;
    private readonly Recipe recipe;
    private readonly int steps;
    private readonly CancellationToken cancel;

    /// <param name="pretrained">The trained model; it is not changed.</param>
    /// <param name="data">What to learn.</param>
    /// <param name="options">Recipe, preprocessing, how pictures are read, where features are kept.</param>
    /// <param name="cancel">Stops between two trainings, or two batches of features.</param>
    /// <exception cref="ZooException">Something other than a chain of layers lies behind the head.</exception>
    public HeadTrainings(ResolvedModel pretrained, LabeledImages data, FineTuneOptions options, CancellationToken cancel)
    {
        this.options = options with { Bytes = options.FeaturesOnBytes ? pretrained.Quantization : null };
        this.cancel = cancel;
        preprocessing = options.Preprocessing ?? TransferLearning.PreprocessingFor(data, pretrained.Preprocessing);
        recipe = options.Recipe ?? FineTuneOptions.HeadRecipe;
        steps = Math.Min(MostSteps, recipe.Epochs * ((data.Count + recipe.BatchSize - 1) / recipe.BatchSize));
        model = FineTuneModel.Copy(pretrained, data.Info.ClassNames, PredictionTask.Classes, preprocessing, options, []);
        try
        {
            if (options.Device is { } device)
            {
                model.Model.to(device);
            }

            path = Path(data.Name);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The features of pictures; the caller's.</summary>
    public ImageTensors Read(LabeledImages pictures)
    {
        LoaderOptions loader = (options.Loader ?? new()) with { Device = options.Device };
        using IImageBatches images = ImageBatches.Open(pictures, preprocessing, null, loader);
        using DisposeScope scope = NewDisposeScope();
        using var reader = new FeatureReader(model.Model, model.Model.Head, before: true, Features.Example(images), bytes: options.Bytes);
        return FeatureFile.GetOrCompute(options.FeatureCache, model.Model, model.Model.Head, images, options.Bytes is null ? "float32" : "int8", options.Bytes,
            reader.Run, options.Remarks, cancel).Features;
    }

    /// <summary>Trains a new head on some of the features.</summary>
    /// <param name="all">Features.</param>
    /// <param name="from">Those that may be learned.</param>
    /// <param name="size">How many of them are, about: classes in proportion, two of each at least.</param>
    /// <param name="tested">What it is tested on.</param>
    /// <param name="seed">Of the part, the head and the order.</param>
    /// <returns>Whether each of those is right.</returns>
    public IReadOnlyList<bool> Train(ImageTensors all, int[] from, int size, ImageTensors tested, ulong seed)
    {
        cancel.ThrowIfCancellationRequested();
        using DisposeScope scope = NewDisposeScope();
        random.manual_seed((long)seed);
        TransferLearning.ReplaceHead(model.Model, tested.ClassNames.Count);
        using ImageTensors some = Part(all, Drawn(all.ExampleLabels, from, size, seed));
        int batch = Math.Min(recipe.BatchSize, some.Count), perEpoch = (some.Count + batch - 1) / batch;
        new Trainer(path, recipe with { BatchSize = batch, Epochs = (steps + perEpoch - 1) / perEpoch }, new TrainerOptions { Seed = seed, MaxSteps = steps })
            .Fit(some, null, null, cancel);
        return Evaluator.Evaluate(path, tested).Hits;
    }

    /// <summary>Some of the features; the caller's.</summary>
    public static ImageTensors Part(ImageTensors all, int[] places)
    {
        using Tensor chosen = tensor([.. places.Select(i => (long)i)], device: all.Inputs.device);
        return ImageTensors.FromTensors(all.Inputs.index_select(0, chosen).DetachFromDisposeScope(),
            all.Labels.index_select(0, chosen).DetachFromDisposeScope(), all.ClassNames);
    }

    public void Dispose() => model.Dispose();

    // As many of each class as its share of all, in a random order.
    private static int[] Drawn(IReadOnlyList<int> labels, int[] from, int size, ulong seed)
    {
        int[] order = [.. from];
        new SeededRandom(seed).Shuffle<int>(order);
        double share = (double)size / from.Length;
        return [.. order.GroupBy(i => labels[i]).SelectMany(g => g.Take(Math.Max(LeastPerClass, (int)Math.Round(share * g.Count())))).Order()];
    }

    private HeadPath Path(string data)
    {
        using DisposeScope scope = NewDisposeScope();
        using ModelMode mode = ModelMode.Eval(model.Model);
        Device device = model.Model.parameters().FirstOrDefault()?.device ?? CPU;
        Tensor example = zeros([1, preprocessing.Channels, preprocessing.Height, preprocessing.Width], device: device);
        return HeadPath.Find(model.Model, TransferLearning.Find(model.Model, model.Model.Head), example)
            ?? throw new ZooException($"{model.Info.Name}: something other than a chain of layers lies behind its head, so {data} can't be learned from "
                + "features.");
    }
}
