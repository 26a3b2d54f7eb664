using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Registry;
using ModelZoo.Trust;
using ModelZoo.Weights;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>A model ready to be used, and what belongs to it.</summary>
public sealed record ResolvedModel : IDisposable
{
    /// <summary>The network.</summary>
    public required ZooModel Model { get; init; }

    /// <summary>Its line of the catalog.</summary>
    public required ModelInfo Info { get; init; }

    /// <summary>What it was built with.</summary>
    public required ModelOptions Options { get; init; }

    /// <summary>Where its weights came from a checkpoint: what that says.</summary>
    public CheckpointInfo? Checkpoint { get; init; }

    /// <summary>Of a quantized checkpoint: which layers compute on bytes; null in float32.</summary>
    public QuantizationInfo? Quantization => Checkpoint?.Quantization;

    /// <summary>Class names, in the order of the logits.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>What its outputs mean.</summary>
    public PredictionTask Task { get; init; } = PredictionTask.Classes;

    /// <summary>What its certainty is worth, where its checkpoint says so and the network is the one that was calibrated.</summary>
    public Calibration? Calibration { get; init; }

    /// <summary>How images become its input.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>Where its weights came from a file: what became of each tensor.</summary>
    public LoadReport? Loading { get; init; }

    /// <summary>Whether its head is random although the rest came from a file: it has to be trained before it is used.</summary>
    public bool HeadUntrained => Headless || Loading is { Reinitialized.Count: > 0 };

    /// <summary>Whether its weights were published without a classifier: they serve fine-tuning and features alone.</summary>
    public bool Headless { get; init; }

    /// <summary>Whether it has weights from a file, rather than fresh ones.</summary>
    public required bool Trained { get; init; }

    /// <summary>For what asks for predictions: refuses a model that makes none, or always the same.</summary>
    /// <param name="what">What was asked for ("zoo eval").</param>
    /// <exception cref="UsageException">The model makes an image, has no classifier yet, or has one logit and so one class.</exception>
    public void RequirePredictions(string what)
    {
        Info.RequireClasses(what);
        RequireHead(what);
        if (Task.Kind == TaskKind.Classes && Options.NumClasses == 1)
        {
            throw new UsageException($"{Info.Name} has one output here and one class, of which it would always be certain. If the output is the logit of two "
                + "classes, import the weights with their names (`zoo import … --labels no,yes`); if it is a number, with `zoo import … --task regression`.");
        }
    }

    /// <summary>For what asks for outputs: refuses weights without a classifier.</summary>
    /// <param name="what">What was asked for ("zoo export").</param>
    /// <exception cref="UsageException">The model is <see cref="Headless"/>.</exception>
    public void RequireHead(string what)
    {
        if (Headless)
        {
            throw new UsageException($"{Info.Name} comes without a classifier, which {what} needs. Fit one to your pictures with `zoo finetune "
                + $"{Info.Name}:{Info.Published[^1].Name} --data folder:<path>`, or take its features with `zoo features`.");
        }
    }

    /// <summary>
    /// A model of one logit as the same model of two, whose softmax is the sigmoid of the one: the first class has the logit 0. The old network is freed.
    /// </summary>
    /// <param name="labels">Two names; the second is what a positive logit stands for.</param>
    /// <exception cref="ArgumentException">The model has more logits, or there are not two names.</exception>
    /// <exception cref="ZooException">Its head is neither a Linear nor a convolution.</exception>
    public ResolvedModel WithTwoClasses(IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (Options.NumClasses != 1 || labels.Count != 2)
        {
            throw new ArgumentException($"One logit and two names are needed, not {Options.NumClasses} and {labels.Count}.", nameof(labels));
        }

        if (Model.named_modules().FirstOrDefault(m => m.name == Info.Head).module is not (Linear or Conv2d))
        {
            throw new ZooException($"{Info.Name}: its head, {Info.Head}, is neither a Linear nor a convolution, so its one output is no logit. Train it with "
                + "two classes.");
        }

        ModelOptions two = Options with { NumClasses = 2 };
        ZooModel model;
        using (WeightInit.Skip())
        {
            model = Info.Create(two);
        }

        using (no_grad())
        {
            Dictionary<string, Tensor> source = Model.state_dict();
            foreach ((string key, Tensor tensor) in model.state_dict())
            {
                if (tensor.shape.SequenceEqual(source[key].shape))
                {
                    tensor.copy_(source[key]);
                }
                else
                {
                    tensor.zero_();
                    using Tensor second = tensor.narrow(0, 1, 1); // [1,…] of [2,…]
                    second.copy_(source[key]);
                }
            }
        }

        model.eval();
        Model.Dispose();
        return this with
        {
            Model = model,
            Options = two,
            Labels = labels,
            Calibration = null,
            Checkpoint = Checkpoint is null ? null : Checkpoint with { Quantization = null },
        };
    }

    /// <summary>What a checkpoint of it says: all of it, so that a copy answers as the original does.</summary>
    /// <param name="extra">How it was made; null: as its own checkpoint says.</param>
    public CheckpointInfo Describe(IReadOnlyDictionary<string, string>? extra = null) => new()
    {
        Architecture = Info.Name,
        Options = Options,
        Labels = Labels,
        Task = Task.Kind == TaskKind.Classes ? null : Task,
        Calibration = Calibration,
        ChosenOn = Checkpoint?.ChosenOn,
        Quantization = Quantization,
        Preprocessing = Preprocessing,
        Graph = Info.Graph,
        Extra = extra ?? Checkpoint?.Extra ?? new Dictionary<string, string>(),
    };

    /// <summary>Compiles the network for evaluation: on bytes, where its checkpoint is quantized.</summary>
    /// <param name="options">What else is wanted of it; null for the defaults.</param>
    public CompiledModel Compile(CompileOptions? options = null) => Model.Compile((options ?? new()) with { Quantization = Quantization });

    /// <summary>Frees the network.</summary>
    public void Dispose() => Model.Dispose();
}
