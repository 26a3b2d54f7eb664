using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Statistics;
using ModelZoo.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>
/// k-fold cross-validation: as many trainings as folds, each on all pictures but those of a fold, which it is tested on once, after its last epoch. So every
/// picture is judged by a model that did not see it and was not chosen by it.
/// </summary>
public static class CrossValidation
{
    /// <summary>Deals the pictures into folds (<see cref="Folds.Stratified"/>) and trains for each.</summary>
    /// <param name="data">Pictures of one class each.</param>
    /// <param name="count">Folds.</param>
    /// <param name="seed">Which picture is in which fold.</param>
    /// <param name="train">Trains on a part and tests on the other.</param>
    /// <param name="done">Hears of each fold that is done.</param>
    /// <param name="cancel">Stops after the fold under way.</param>
    /// <returns>Of the folds that were trained to their end.</returns>
    /// <exception cref="ZooException">There are fewer pictures of a class than two, or of all than folds.</exception>
    /// <exception cref="UsageException">The pictures have several labels or a number each, or there are fewer folds than two.</exception>
    public static CrossValidationResult Run(LabeledImages data, int count, ulong seed, Func<FoldPart, TrainedFold> train, Action<FoldResult>? done = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(train);
        if (count < 2)
        {
            throw new UsageException($"--folds {count}: two or more are needed, so that something is left to learn from.");
        }

        if (data.Targets is not null)
        {
            throw new UsageException($"{data.Name}: folds are for one class of several, so that each fold has its share of every class.");
        }

        data.MustTeach();
        if (data.Info.ClassNames.Index().FirstOrDefault(c => data.Labels.ToArray().Count(l => l == c.Index) == 1) is { Item: { } lone })
        {
            throw new ZooException($"{data.Name}: '{lone}' has one picture; while its fold is tested nothing shows the class. Add another, or leave the class "
                + "out.");
        }

        Folds folds = Folds.Stratified(data.Labels, count, seed);
        var results = new List<FoldResult>();
        bool interrupted = false;
        for (int fold = 0; fold < count && !interrupted; fold++)
        {
            var part = new FoldPart(fold, count, Part(data, folds.Learned(fold)), Part(data, folds.Tested(fold)), folds.Tested(fold));
            TrainedFold trained = train(part);
            if (trained.Training.Canceled)
            {
                interrupted = true;
                continue;
            }

            results.Add(new(fold, trained.Training, [.. trained.Answers.Select(a => new OutOfFoldPrediction(part.Places[a.Place],
                data.NameOf(part.Places[a.Place]), data.Labels[part.Places[a.Place]], fold, a.Probabilities))]));
            done?.Invoke(results[^1]);
            interrupted = cancel.IsCancellationRequested && fold < count - 1;
        }

        return new() { Count = count, Seed = seed, ClassNames = data.Info.ClassNames, Folds = results, Interrupted = interrupted };
    }

    /// <summary>
    /// Fine-tunes a model for each fold; where only heads are trained and images don't change, the features of all pictures are computed once.
    /// </summary>
    /// <param name="pretrained">The trained model; it is not changed.</param>
    /// <param name="data">What to learn.</param>
    /// <param name="count">Folds.</param>
    /// <param name="options">Recipe, seed, what stays frozen; paths of checkpoints are not used.</param>
    /// <param name="folder">Where each fold's checkpoint goes, fold1.safetensors and so on; null: nowhere.</param>
    /// <param name="progress">Hears of the epochs of all folds, one after the other.</param>
    /// <param name="done">Hears of each fold that is done.</param>
    /// <param name="cancel">As in <see cref="Trainer.Fit"/>.</param>
    /// <exception cref="ZooException">As for <see cref="Run"/>, or the training failed.</exception>
    public static CrossValidationResult FineTune(ResolvedModel pretrained, LabeledImages data, int count, FineTuneOptions? options = null,
        string? folder = null, IProgress<TrainingProgress>? progress = null, Action<FoldResult>? done = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(pretrained);
        ArgumentNullException.ThrowIfNull(data);
        options ??= new();
        Preprocessing preprocessing = options.Preprocessing ?? TransferLearning.PreprocessingFor(data, pretrained.Preprocessing);
        LoaderOptions loader = (options.Loader ?? new()) with { Device = options.Device };
        using IImageBatches all = ImageBatches.Open(data, preprocessing, null, loader);
        using var shared = new SharedFeatures(all);
        return Run(data, count, options.Seed, Train, done, cancel) with { FeatureSeconds = shared.Seconds };

        TrainedFold Train(FoldPart part)
        {
            shared.Learned = [.. Enumerable.Range(0, data.Count).Except(part.Places)];
            using IImageBatches images = ImageBatches.Open(part.Learned, preprocessing, options.Chosen, loader);
            using FineTuneResult result = FineTuner.Run(pretrained, images, null, part.Learned.Name, options with
            {
                Preprocessing = preprocessing,
                Seed = options.Seed + (ulong)part.Fold,
                Precision = FeaturePrecision.Full, // it is the test that would show whether less is enough, and it is not for that
                CheckpointPath = folder is null ? null : Path.Combine(folder, part.FileName),
                BestPath = null,
                ChosenOn = null,
                Shared = shared,
                Extra = new Dictionary<string, string>(options.Extra) { ["fold"] = part.ToString() },
            }, progress is null ? null : Within(part, progress), cancel);
            return result.Training.Canceled ? new(result.Training, [])
                : shared.Test(result.Model, part.Places) is { } answers ? new(result.Training, answers)
                : new(result.Training, Test(result.Model.Model, part.Tested, preprocessing, loader));
        }
    }

    /// <summary>What a model makes of pictures.</summary>
    /// <param name="model">[N,C,H,W] to logits [N,classes].</param>
    /// <param name="tested">The pictures.</param>
    /// <param name="preprocessing">How they become its input.</param>
    /// <param name="loader">How they are read; bad ones may be left out.</param>
    public static IReadOnlyList<(int Place, float[] Probabilities)> Test(nn.Module<Tensor, Tensor> model, LabeledImages tested, Preprocessing preprocessing,
        LoaderOptions? loader = null)
    {
        using IImageBatches images = ImageBatches.Open(tested, preprocessing, null, loader);
        float[][] rows = Probabilities(model, images);
        int[] read = [.. Enumerable.Range(0, tested.Count).Except(images.Skipped.Select(bad => bad.Index))];
        return [.. read.Zip(rows)];
    }

    /// <summary>The reports of a fold's training as those of all trainings, one after the other.</summary>
    public static IProgress<TrainingProgress> Within(FoldPart part, IProgress<TrainingProgress> progress) => new Shifted(progress, part);

    /// <summary>A part of the pictures.</summary>
    internal static LabeledImages Part(LabeledImages data, int[] indices) => data switch
    {
        LabeledFiles files => files.Subset(indices),
        ImageDataset images => images.Subset(indices),
        _ => throw new ZooException($"{data.Name}: its pictures cannot be taken apart."),
    };

    /// <summary>Softmax of the logits, a row for each example.</summary>
    internal static float[][] Probabilities(nn.Module<Tensor, Tensor> model, IBatchSource images)
    {
        var rows = new List<float[]>();
        using ModelMode mode = ModelMode.Eval(model);
        using IDisposable off = no_grad();
        foreach (Batch read in images.InOrder(64))
        {
            using Batch batch = read;
            using DisposeScope scope = NewDisposeScope();
            Tensor shares = nn.functional.softmax(model.call(batch.Inputs), 1); // [B,K]
            rows.AddRange(shares.cpu().contiguous().data<float>().ToArray().Chunk((int)shares.shape[1]));
        }

        return [.. rows];
    }

    private sealed class Shifted(IProgress<TrainingProgress> progress, FoldPart part) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) =>
            progress.Report(value with { Epoch = part.Fold * value.Epochs + value.Epoch, Epochs = part.Count * value.Epochs });
    }
}

/// <summary>One of the trainings of a cross-validation.</summary>
/// <param name="Fold">From 0.</param>
/// <param name="Count">Folds.</param>
/// <param name="Learned">To train on.</param>
/// <param name="Tested">To test on.</param>
/// <param name="Places">Where those are in all pictures.</param>
public sealed record FoldPart(int Fold, int Count, LabeledImages Learned, LabeledImages Tested, IReadOnlyList<int> Places)
{
    /// <summary>What its checkpoint is called: "fold2.safetensors".</summary>
    public string FileName => $"fold{(Fold + 1).ToString(CultureInfo.InvariantCulture)}.safetensors";

    /// <summary>"2 of 5".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Fold + 1} of {Count}");
}

/// <summary>What came of it.</summary>
/// <param name="Training">The training.</param>
/// <param name="Answers">Of each tested picture that could be read its place in <see cref="FoldPart.Tested"/>, and [K] probabilities.</param>
public sealed record TrainedFold(TrainingResult Training, IReadOnlyList<(int Place, float[] Probabilities)> Answers);

/// <summary>Features of all pictures, computed once for the trainings of all folds.</summary>
internal sealed class SharedFeatures(IImageBatches all) : IDisposable
{
    private ImageTensors? made;
    private Dictionary<int, int> rows = [];

    /// <summary>How long they took to compute, when they were; null where that is not known, or they were not.</summary>
    public double? Seconds { get; set; }

    /// <summary>The pictures of the training under way.</summary>
    public IReadOnlyList<int> Learned { get; set; } = [];

    /// <summary>The features of those pictures; the caller's.</summary>
    /// <param name="compute">Computes those of all.</param>
    public ImageTensors Of(Func<IBatchSource, ImageTensors> compute)
    {
        if (made is null)
        {
            made = compute(all);
            rows = Enumerable.Range(0, all.Count).Except(all.Skipped.Select(bad => bad.Index)).Index().ToDictionary(r => r.Item, r => r.Index);
        }

        return Part(Learned);
    }

    /// <summary>What a model, whose head alone is its own, makes of pictures; null where features are not what it was trained on.</summary>
    public IReadOnlyList<(int Place, float[] Probabilities)>? Test(ResolvedModel model, IReadOnlyList<int> places)
    {
        if (made is null)
        {
            return null;
        }

        using DisposeScope scope = NewDisposeScope();
        using ModelMode mode = ModelMode.Eval(model.Model);
        HeadPath path = HeadPath.Find(model.Model, TransferLearning.Find(model.Model, model.Model.Head), Features.Example(all))!;
        using ImageTensors some = Part(places);
        return [.. Enumerable.Range(0, places.Count).Where(p => rows.ContainsKey(places[p])).Zip(CrossValidation.Probabilities(path, some))];
    }

    public void Dispose() => made?.Dispose();

    private ImageTensors Part(IReadOnlyList<int> places)
    {
        using Tensor index = tensor([.. places.Where(rows.ContainsKey).Select(p => (long)rows[p])], device: made!.Device);
        return ImageTensors.FromTensors(made.Inputs.index_select(0, index), made.Labels.index_select(0, index), made.ClassNames, made.Targets);
    }
}
