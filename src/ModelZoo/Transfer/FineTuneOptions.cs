using System.Globalization;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Trust;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Transfer;

/// <summary>How a trained model is fitted to other data.</summary>
public sealed record FineTuneOptions
{
    /// <summary>For a head on a frozen backbone.</summary>
    public static Recipe HeadRecipe { get; } = new() { Epochs = 30, BatchSize = 32, Optimizer = "adam", LearningRate = 3e-3, Schedule = "cosine" };

    /// <summary>For the whole model: a low rate, so that what was learned is not lost.</summary>
    public static Recipe WholeRecipe { get; } = new() { Epochs = 15, BatchSize = 32, Optimizer = "adam", LearningRate = 1e-3, Schedule = "cosine" };

    /// <summary>The hyper-parameters; null: <see cref="HeadRecipe"/> with a frozen backbone, else <see cref="WholeRecipe"/>.</summary>
    public Recipe? Recipe { get; init; }

    /// <summary>Decides the new head's weights and the order of the images.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether everything but the head stays as it is: little data, similar to what the weights know.</summary>
    public bool BackboneFrozen { get; init; } = true;

    /// <summary>Which layers stay as they are; null: as <see cref="BackboneFrozen"/> says. A <see cref="TransferStrategy"/> has one.</summary>
    public FreezePlan? Plan { get; init; }

    /// <summary>
    /// Each group of layers (<see cref="LayerGroup"/>) is trained at the rate of the group behind it times this; 1: all at one rate (Howard and Ruder 2018,
    /// section 3.2: 1/2.6).
    /// </summary>
    public double RateDecay { get; init; } = 1;

    /// <summary>
    /// Gradual unfreezing: the head is trained first, and every so many epochs one more group in front of it (Howard and Ruder 2018, section 3.3); 0: all at
    /// once.
    /// </summary>
    public int UnfreezeEvery { get; init; }

    /// <summary>Whether every batch normalization stays in eval mode, so that no statistics move. Those with frozen parameters do in any case.</summary>
    public bool FreezeNormalization { get; init; }

    /// <summary>How features of a frozen backbone are computed.</summary>
    public FeaturePrecision Precision { get; init; }

    /// <summary>
    /// Of a quantized network: whether the features that are computed once are those that it makes on bytes, so that the head learns what it will see there;
    /// else they are those of its weights in float32, as the checkpoint of the new model is.
    /// </summary>
    public bool FeaturesOnBytes { get; init; }

    /// <summary>
    /// A folder in which features of a frozen backbone are kept between runs, by the hash of weights, images and preprocessing; null: in memory alone.
    /// </summary>
    public string? FeatureCache { get; init; }

    /// <summary>The most bytes that a training step may take (<see cref="TrainerOptions.MaxMemory"/>); null: all that this process may use.</summary>
    public long? MaxMemory { get; init; }

    /// <summary>What the pictures of the test are known again by; a checkpoint of the best epoch keeps it.</summary>
    public PictureSketch? ChosenOn { get; init; }

    /// <summary>Receives what is being done before and after the training, in words.</summary>
    public IProgress<string>? Remarks { get; init; }

    /// <summary>
    /// With a frozen backbone: compute what the head sees once, so that an epoch costs only the head. Not possible with augmentation, which makes new images
    /// all the time.
    /// </summary>
    public bool CacheFeatures { get; init; } = true;

    /// <summary>How the images become the model's input; null: <see cref="TransferLearning.PreprocessingFor"/>.</summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>How images in files are read; null: with a thread for every core, a bad image being an error.</summary>
    public LoaderOptions? Loader { get; init; }

    /// <summary>Where to compute; null: where the model is.</summary>
    public Device? Device { get; init; }

    /// <summary>Where the checkpoint of the whole model goes after every epoch; null: none is written.</summary>
    public string? CheckpointPath { get; init; }

    /// <summary>Where the checkpoint of the best epoch goes (<see cref="TrainerOptions.BestPath"/>); null: none is written.</summary>
    public string? BestPath { get; init; }

    /// <summary>
    /// Whether the head is drawn anew for every class. Otherwise classes that the weights know by the same name keep their rows of it, and new ones get new
    /// rows: a checkpoint is trained on with more images, or with another class, without learning everything again.
    /// </summary>
    public bool NewHead { get; init; }

    /// <summary>Added to what the checkpoint says about its making.</summary>
    public IReadOnlyDictionary<string, string> Extra { get; init; } = new Dictionary<string, string>();

    /// <summary>As in <see cref="TrainerOptions"/>.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>As in <see cref="TrainerOptions"/>.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>As in <see cref="TrainerOptions"/>.</summary>
    public double? TargetAccuracy { get; init; }

    /// <summary>As in <see cref="TrainerOptions"/>; every step then runs the whole model, as the teacher does.</summary>
    public Teacher? Teacher { get; init; }

    /// <summary>As in <see cref="TrainerOptions"/>.</summary>
    internal RangeTestOptions? RangeTestOnly { get; init; }

    /// <summary>Features that several trainings share.</summary>
    internal SharedFeatures? Shared { get; init; }

    /// <summary>What computes on bytes, where <see cref="FeaturesOnBytes"/> asks for it and the network is quantized.</summary>
    internal QuantizationInfo? Bytes { get; init; }

    internal FreezePlan ChosenPlan => Plan ?? (BackboneFrozen ? FreezePlan.HeadOnly : FreezePlan.Nothing);

    internal Recipe Chosen => Recipe ?? (ChosenPlan == FreezePlan.HeadOnly ? HeadRecipe : WholeRecipe);
}

/// <summary>How features of a frozen backbone are computed.</summary>
public enum FeaturePrecision
{
    /// <summary>
    /// In bfloat16 where the processor computes in it, there is much to compute, and no prediction of the tuned head changes by it (checked after the training;
    /// else everything is done again in float32).
    /// </summary>
    Auto,

    /// <summary>In float32.</summary>
    Full,

    /// <summary>In bfloat16, whatever the processor and however little it saves, if no prediction changes by it.</summary>
    Bfloat16,
}

/// <summary>A model fitted to other data.</summary>
public sealed record FineTuneResult : IDisposable
{
    /// <summary>The new model, with labels, preprocessing and description; the caller owns it.</summary>
    public required ResolvedModel Model { get; init; }

    /// <summary>What the training came to.</summary>
    public required TrainingResult Training { get; init; }

    /// <summary>Whether the epochs ran on cached features.</summary>
    public required bool CachedFeatures { get; init; }

    /// <summary>How the features were computed, in words; null where they were not cached.</summary>
    public string? FeatureNote { get; init; }

    /// <summary>The classes whose rows of the head were kept, in the order of the new labels.</summary>
    public IReadOnlyList<string> KeptClasses { get; init; } = [];

    /// <summary>Wall time of preparing images and features, before the training.</summary>
    public required TimeSpan Preparation { get; init; }

    /// <summary>Frees the model.</summary>
    public void Dispose() => Model.Dispose();
}

/// <summary>The model that fine-tuning makes of a pretrained one.</summary>
internal static class FineTuneModel
{
    /// <summary>A model of its own, with the pretrained tensors and a head for the new labels.</summary>
    /// <param name="pretrained">What is copied.</param>
    /// <param name="labels">The new classes.</param>
    /// <param name="task">What is learned; of a number in which scale.</param>
    /// <param name="preprocessing">How their images become its input.</param>
    /// <param name="options">The seed of new rows.</param>
    /// <param name="kept">The classes that keep their rows of the head.</param>
    public static ResolvedModel Copy(ResolvedModel pretrained, IReadOnlyList<string> labels, PredictionTask task, Preprocessing preprocessing,
        FineTuneOptions options, IReadOnlyList<string> kept)
    {
        random.manual_seed((long)options.Seed);
        ModelOptions sizes = pretrained.Options with
        {
            NumClasses = labels.Count,
            InputHeight = preprocessing.Height,
            InputWidth = preprocessing.Width,
        };
        ZooModel model = pretrained.Info.Create(pretrained.Options);
        try
        {
            using (no_grad())
            {
                Dictionary<string, Tensor> source = pretrained.Model.state_dict();
                foreach ((string key, Tensor tensor) in model.state_dict())
                {
                    tensor.copy_(source[key]);
                }
            }

            TransferLearning.ReplaceHead(model, labels.Count);
            HeadRows.Copy(pretrained, model, labels, kept, task);
            return pretrained with
            {
                Model = model,
                Options = sizes,
                Labels = labels,
                Preprocessing = preprocessing,
                Checkpoint = null,
                Calibration = null,
                Loading = null,
                Headless = false,
            };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>What its checkpoint says.</summary>
    public static CheckpointInfo Describe(ResolvedModel model, string data, FineTuneOptions options, TrainingResult result)
    {
        var extra = new Dictionary<string, string>(options.Extra)
        {
            ["data"] = data,
            ["epochs"] = result.Epochs.Count.ToString(CultureInfo.InvariantCulture),
            ["recipe"] = (result.Recipe ?? options.Chosen).ToJson(),
            ["seed"] = options.Seed.ToString(CultureInfo.InvariantCulture),
            ["backbone"] = options.ChosenPlan == FreezePlan.HeadOnly
                ? "frozen"
                : options.ChosenPlan == FreezePlan.Nothing
                ? "trained"
                : $"frozen: {options.ChosenPlan}",
        };
        if (options.Teacher is { } teacher)
        {
            extra["teacher"] = teacher.Name;
        }

        if (result.TestAccuracy is { } accuracy)
        {
            extra[result.Task.MeasuredKey] = accuracy.ToString("0.####", CultureInfo.InvariantCulture);
        }

        return (model with { Task = result.Task, Calibration = null }).Describe(extra) with
        {
            ChosenOn = result.Epochs.Count > 1 ? options.ChosenOn : null,
            Quantization = null,
        };
    }
}
