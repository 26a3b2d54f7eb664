using System.Diagnostics;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Training;
using ModelZoo.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>Fits a trained model to other data: new head, frozen or slowly changing backbone.</summary>
public static class FineTuner
{
    /// <summary>
    /// Copies the model, gives it a head for the new classes and trains that (and the rest, if it is not to stay frozen). Classes that the model knows by name
    /// keep their rows of the head (<see cref="FineTuneOptions.NewHead"/>). The given model is not changed.
    /// </summary>
    /// <param name="pretrained">The trained model.</param>
    /// <param name="train">What to learn.</param>
    /// <param name="test">What to measure after each epoch, if anything.</param>
    /// <param name="options">Recipe, seed, what stays frozen.</param>
    /// <param name="progress">As in <see cref="Trainer.Fit"/>.</param>
    /// <param name="cancel">As in <see cref="Trainer.Fit"/>; while features are being made it throws.</param>
    /// <exception cref="ZooException">Data and model do not fit, or the training failed; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was canceled before the training began.</exception>
    public static FineTuneResult Run(
        ResolvedModel pretrained,
        LabeledImages train,
        LabeledImages? test,
        FineTuneOptions? options = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(pretrained);
        ArgumentNullException.ThrowIfNull(train);
        pretrained.Info.RequireClasses("fine-tuning");
        train.MustTeach();
        test = test?.WithClasses(train.Info.ClassNames);
        options ??= new FineTuneOptions();
        var clock = Stopwatch.StartNew();
        Preprocessing preprocessing = options.Preprocessing ?? TransferLearning.PreprocessingFor(train, pretrained.Preprocessing);
        LoaderOptions loader = (options.Loader ?? new()) with { Device = options.Device };
        using IImageBatches trainImages = ImageBatches.Open(train, preprocessing, options.Chosen, loader);
        using IImageBatches? testImages = test is null ? null : ImageBatches.Open(test, preprocessing, null, loader);
        TimeSpan reading = clock.Elapsed;
        options = options with { Preprocessing = preprocessing, ChosenOn = options.ChosenOn ?? test?.Sketch() };
        FineTuneResult result = Run(pretrained, trainImages, testImages, train.Name, options, progress, cancel);
        return result with { Preparation = reading + result.Preparation };
    }

    /// <summary>The same for images that are opened already: a folder's, for instance, of which no more than a few batches need be in memory.</summary>
    /// <param name="pretrained">The trained model.</param>
    /// <param name="train">What to learn, preprocessed as <see cref="FineTuneOptions.Preprocessing"/> says (null: as the weights' own).</param>
    /// <param name="test">What to measure after each epoch, if anything.</param>
    /// <param name="dataName">What the checkpoint calls the data.</param>
    /// <param name="options">Recipe, seed, what stays frozen.</param>
    /// <param name="progress">As in <see cref="Trainer.Fit"/>.</param>
    /// <param name="cancel">As in <see cref="Trainer.Fit"/>; while features are being made it throws.</param>
    /// <exception cref="ZooException">Data and model do not fit, or the training failed; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was canceled before the training began.</exception>
    public static FineTuneResult Run(
        ResolvedModel pretrained,
        IBatchSource train,
        IBatchSource? test,
        string dataName,
        FineTuneOptions? options = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(pretrained);
        ArgumentNullException.ThrowIfNull(train);
        pretrained.Info.RequireClasses("fine-tuning");
        options ??= new FineTuneOptions();
        if (pretrained.Model.Head.Length == 0)
        {
            throw new ZooException($"{pretrained.Info.Name}: no one layer makes its outputs, so there is no head to replace. Export the network with its "
                + "classifier.");
        }

        var clock = Stopwatch.StartNew();
        PredictionTask task = train.Targets?.Task ?? PredictionTask.Classes;
        IReadOnlyList<string> known = options.NewHead ? [] : HeadRows.Known(pretrained, train.ClassNames);
        IReadOnlyList<string> kept = HeadRows.GoOn(pretrained, task) ? known : [];
        if ((HeadRows.Describe(pretrained, train.ClassNames, kept) ?? HeadRows.Refused(pretrained, task, known)) is { } said)
        {
            options.Remarks?.Report(said);
        }

        ResolvedModel target = FineTuneModel.Copy(pretrained, train.ClassNames, task, options.Preprocessing ?? pretrained.Preprocessing, options, kept);
        try
        {
            if (options.Device is { } device)
            {
                target.Model.to(device);
            }

            options = options with { Bytes = options.FeaturesOnBytes ? pretrained.Quantization : null };
            CheckpointInfo Describe(TrainingResult result) => FineTuneModel.Describe(target, dataName, options, result);
            (TrainingResult training, string? features) = Train(target.Model, target.Model.Head, train, test, options, Describe, progress, cancel);
            return new FineTuneResult
            {
                Model = target with { Checkpoint = Describe(training), Trained = true, Task = training.Task },
                Training = training,
                CachedFeatures = features is not null,
                FeatureNote = features,
                KeptClasses = kept,
                Preparation = clock.Elapsed - training.Elapsed,
            };
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    /// <summary>Finds a learning rate for what <c>Run</c> would train, with the same new head (<see cref="LearningRateFinder"/>); nothing is written.</summary>
    /// <param name="pretrained">The trained model.</param>
    /// <param name="train">What to learn.</param>
    /// <param name="options">Recipe, seed, what stays frozen.</param>
    /// <param name="range">The rates.</param>
    /// <param name="progress">As in <see cref="Trainer.Fit"/>.</param>
    /// <param name="cancel">Ends it.</param>
    /// <exception cref="ZooException">Data and model do not fit.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static LearningRateTest FindRate(ResolvedModel pretrained, LabeledImages train, FineTuneOptions? options = null, RangeTestOptions? range = null,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancel = default)
    {
        using FineTuneResult result = Run(pretrained, train, null, (options ?? new()) with
        {
            RangeTestOnly = range ?? new(),
            Precision = FeaturePrecision.Full,
            CheckpointPath = null,
            BestPath = null,
        }, progress, cancel);
        return result.Training.RangeTest!;
    }

    /// <summary>Trains a model whose head is replaced already, in place: the user's own, for instance.</summary>
    /// <param name="model">The model.</param>
    /// <param name="head">The path of its head.</param>
    /// <param name="train">What to learn.</param>
    /// <param name="test">What to measure after each epoch, if anything.</param>
    /// <param name="options">Recipe, seed, what stays frozen; paths of checkpoints are not used.</param>
    /// <param name="progress">As in <see cref="Trainer.Fit"/>.</param>
    /// <param name="cancel">As in <see cref="Trainer.Fit"/>; while features are being made it throws.</param>
    public static TrainingResult Train(
        nn.Module<Tensor, Tensor> model,
        string head,
        IBatchSource train,
        IBatchSource? test,
        FineTuneOptions? options = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancel = default) =>
        Train(model, head, train, test, (options ?? new FineTuneOptions()) with { CheckpointPath = null, BestPath = null }, null, progress, cancel).Training;

    private static (TrainingResult Training, string? Features) Train(
        nn.Module<Tensor, Tensor> model,
        string head,
        IBatchSource train,
        IBatchSource? test,
        FineTuneOptions options,
        Func<TrainingResult, CheckpointInfo>? describe,
        IProgress<TrainingProgress>? progress,
        CancellationToken cancel)
    {
        nn.Module<Tensor, Tensor> layer = TransferLearning.Find(model, head);
        LayerSchedule layers = Layers(model, head, train, options);
        var trainer = new TrainerOptions
        {
            Seed = options.Seed,
            CheckpointPath = options.CheckpointPath,
            BestPath = options.BestPath,
            CheckpointModel = model,
            Describe = describe,
            MaxSteps = options.MaxSteps,
            TimeLimit = options.TimeLimit,
            TargetAccuracy = options.TargetAccuracy,
            MaxMemory = options.MaxMemory,
            Remarks = options.Remarks,
            Teacher = options.Teacher,
            RangeTestOnly = options.RangeTestOnly,
        };
        if (!layers.HeadOnly)
        {
            return (new Trainer(model, options.Chosen, layers.AddTo(trainer)).Fit(train, test, progress, cancel), null);
        }

        if (options.CacheFeatures && options.Chosen.Augments)
        {
            options.Remarks?.Report("augmentation makes new images in every epoch, so features cannot be computed once: every step runs the whole model");
        }

        if (options.CacheFeatures && options.Teacher is not null)
        {
            options.Remarks?.Report("a teacher looks at the images in every step, so features cannot be computed once: every step runs the whole model");
        }

        HeadPath? path = options.CacheFeatures && !options.Chosen.Augments && options.Teacher is null ? FindPath(model, layer, train) : null;
        return path is null
            ? (new Trainer(model, options.Chosen, trainer with { TrainOnly = layer }).Fit(train, test, progress, cancel), null)
            : new CachedTraining(model, head, path, options).Fit(train, test, trainer, progress, cancel);
    }

    private static LayerSchedule Layers(nn.Module<Tensor, Tensor> model, string head, IBatchSource train, FineTuneOptions options)
    {
        using DisposeScope scope = NewDisposeScope();
        return new LayerSchedule(model, LayerGroup.Of(model, head, Features.Example(train)), options);
    }

    private static HeadPath? FindPath(nn.Module<Tensor, Tensor> model, nn.Module<Tensor, Tensor> head, IBatchSource data)
    {
        using DisposeScope scope = NewDisposeScope();
        using ModelMode mode = ModelMode.Eval(model);
        return HeadPath.Find(model, head, Features.Example(data));
    }
}
