using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Training;
using ModelZoo.Trust;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Finds out on held-out pictures what a classifier's certainty is worth (<see cref="Calibration"/>).</summary>
public static class Calibrator
{
    private const int LeastKept = 1_000, KeptPerClass = 10;

    /// <summary>Runs the network on held-out pictures, and on some of those that it was trained on.</summary>
    /// <param name="model">The trained classifier; it is not changed: <c>model with { Calibration = … }</c> answers by the result.</param>
    /// <param name="heldOut">Pictures that it was not trained on, with its classes.</param>
    /// <param name="training">Pictures that it was trained on, with which others are compared; null: no picture is called unlike them.</param>
    /// <param name="options">What is promised.</param>
    /// <param name="loader">How pictures are read.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <exception cref="ZooException">There are too few pictures, or no threshold keeps the promise; or images and network do not fit.</exception>
    /// <exception cref="UsageException">The model does not choose one of several classes, or a rate is not one.</exception>
    public static Calibration Run(ResolvedModel model, LabeledImages heldOut, LabeledImages? training, CalibrationOptions? options = null,
        LoaderOptions? loader = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(heldOut);
        options ??= new();
        Check(model, options);
        options = options with { Data = options.Data.Length > 0 ? options.Data : heldOut.Name, HeldOut = options.HeldOut ?? heldOut.Sketch() };
        FeatureNeighbors? neighbors = training is null || options.UnlikeRate == 0 ? null : Keep(model, training, options, loader, cancel);
        return CalibrationFit.Of(Read(model, heldOut.WithClasses(model.Labels), neighbors, loader, cancel), options, neighbors);
    }

    /// <summary>The features of some of the training pictures, at most so many as a checkpoint keeps.</summary>
    /// <param name="model">The trained classifier.</param>
    /// <param name="training">Pictures that it was trained on.</param>
    /// <param name="options">The seed.</param>
    /// <param name="loader">How pictures are read.</param>
    /// <param name="cancel">Stops between two batches.</param>
    /// <returns>Null where no one layer is the head.</returns>
    public static FeatureNeighbors? Keep(ResolvedModel model, LabeledImages training, CalibrationOptions options, LoaderOptions? loader = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(options);
        using CompiledModel compiled = model.Compile();
        var reader = new OutputReader(model.Model, compiled, features: true);
        if (!reader.HasFeatures)
        {
            return null;
        }

        List<float> features = [];
        int dimensions = 1;
        foreach ((ReadOutputs read, int[] _) in Batches(reader, model, Some(training, model.Labels.Count, options.Seed), loader, cancel))
        {
            dimensions = read.Dimensions;
            int most = FeatureNeighbors.MostValues / dimensions * dimensions - features.Count;
            features.AddRange(read.Features.Take(most));
            if (read.Features.Length >= most)
            {
                break;
            }
        }

        MustBeFinite(model, training, features);
        return features.Count == 0 ? null : CalibrationFit.Keep(features.ToArray(), dimensions, options);
    }

    /// <summary>What the network makes of pictures.</summary>
    /// <param name="model">The trained classifier.</param>
    /// <param name="data">Pictures; their labels are taken as they are.</param>
    /// <param name="neighbors">What their features are compared with; null: nothing.</param>
    /// <param name="loader">How pictures are read.</param>
    /// <param name="cancel">Stops between two batches.</param>
    public static HeldOut Read(ResolvedModel model, LabeledImages data, FeatureNeighbors? neighbors, LoaderOptions? loader = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        using CompiledModel compiled = model.Compile();
        var reader = new OutputReader(model.Model, compiled, features: neighbors is not null);
        NeighborSearch? search = neighbors is null ? null : new(neighbors);
        (List<float> logits, List<int> labels, List<double> distances) = ([], [], []);
        foreach ((ReadOutputs read, int[] wanted) in Batches(reader, model, data, loader, cancel))
        {
            logits.AddRange(read.Logits);
            labels.AddRange(wanted);
            if (search is not null)
            {
                var far = new double[read.Count];
                Parallel.For(0, read.Count, i => far[i] = search.Distance(read.FeaturesOf(i)));
                distances.AddRange(far);
            }
        }

        MustBeFinite(model, data, logits);
        return new HeldOut(logits.ToArray(), labels, search is null ? null : distances);
    }

    private static void MustBeFinite(ResolvedModel model, LabeledImages data, List<float> values)
    {
        if (!values.TrueForAll(float.IsFinite))
        {
            throw new ZooException($"{model.Info.Name} on {data.Name}: its output is not finite; `zoo verify` finds the layer.");
        }
    }

    // In a random order.
    private static LabeledImages Some(LabeledImages training, int classes, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, training.Count)];
        new SeededRandom(seed).Shuffle<int>(order);
        int[] chosen = order[..Math.Min(order.Length, Math.Max(LeastKept, KeptPerClass * classes))];
        return training switch
        {
            LabeledFiles files => files.Subset(chosen),
            ImageDataset images => images.Subset(chosen),
            _ => training,
        };
    }

    private static IEnumerable<(ReadOutputs Read, int[] Labels)> Batches(OutputReader reader, ResolvedModel model, LabeledImages data, LoaderOptions? loader,
        CancellationToken cancel)
    {
        Preprocessing preprocessing = TransferLearning.PreprocessingToMeasure(data, model.Preprocessing);
        loader = (loader ?? new()) with { Device = model.Model.parameters().FirstOrDefault()?.device ?? CPU };
        using IImageBatches images = ImageBatches.Open(data, preprocessing, null, loader);
        int size = (int)Math.Clamp(32L * 3 * 224 * 224 / Math.Max(1, images.Shape.Aggregate(1L, static (a, b) => a * b)), 1, 256);
        foreach (Batch batch in images.InOrder(size))
        {
            using Batch read = batch;
            cancel.ThrowIfCancellationRequested();
            yield return (reader.Read(read.Inputs), Labels(read));
        }

        static int[] Labels(Batch batch)
        {
            using DisposeScope scope = NewDisposeScope();
            return [.. batch.Labels.cpu().data<long>().ToArray().Select(label => (int)label)];
        }
    }

    private static void Check(ResolvedModel model, CalibrationOptions options)
    {
        model.RequirePredictions("a calibration");
        if (model.Task.Kind != TaskKind.Classes)
        {
            throw new UsageException($"{model.Info.Name} predicts {(model.Task.Kind == TaskKind.Regression ? "a number" : "several labels")}; a calibration "
                + "is for one class of several.");
        }

        if (options.ErrorRate is not (> 0 and < 1))
        {
            throw new UsageException(FormattableString.Invariant($"--error-rate is {options.ErrorRate}; it must lie between 0 and 1: 0.05 is 1 error in 20."));
        }

        if (options.UnlikeRate is not (>= 0 and < 1))
        {
            throw new UsageException(FormattableString.Invariant($"--unlike-rate is {options.UnlikeRate}; it must be 0 … below 1."));
        }
    }
}
