using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Runtime;
using ModelZoo.Trust;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>One answer of a classifier.</summary>
/// <param name="Label">The class.</param>
/// <param name="Probability">In [0,1]: the softmax of the logits, or of several labels the sigmoid of the label's own; of a number not a number.</param>
public sealed record Prediction(string Label, double Probability)
{
    /// <summary>Of several labels, any number of which may be there: whether this one is, its probability reaching its threshold. Else null.</summary>
    public bool? IsThere { get; init; }

    /// <summary>Of a number: what is predicted, <see cref="Label"/> being what the number is called. Else null.</summary>
    public double? Value { get; init; }
}

/// <summary>
/// Names what is in an image: a file, a stream, a picture or pixels. The network is compiled (<see cref="CompiledModel"/>). Threads may share one.
/// </summary>
/// <remarks>What it does is measured (<see cref="ClassifierTelemetry"/>).</remarks>
public sealed partial class ImageClassifier : IImageClassifier, IDisposable, IAsyncDisposable
{
    /// <summary>Images are classified in batches of at most this many, and of at most so many values.</summary>
    private const int MaxBatch = 256, MaxValues = 32 * 3 * 224 * 224;

    /// <summary>Why apps with classifiers cannot be trimmed.</summary>
    private const string Untrimmed = "TorchSharp finds the parts of a module by reflection over its fields.";

    private static readonly DatasetInfo Anything = new("images", "", "", ["?"]);

    private readonly ResolvedModel model;
    private readonly Device device;
    private readonly int batchSize;
    private readonly Lazy<ImagePipeline> pipeline; // a model of arrays with other channels has none
    private readonly DisposalGate gate;
    private readonly CompiledModel compiled;
    private readonly OutputReader reader;
    private readonly Judge? judge; // of a calibrated model
    private readonly TestViews? views;
    private readonly ILogger logger;

    private ImageClassifier(ResolvedModel model, TestViews? views, ILogger? logger)
    {
        model.RequirePredictions("an image classifier");
        if (views is not null && (model.Task.Kind != TaskKind.Classes || model.Calibration is not null))
        {
            throw new UsageException(model.Calibration is not null
                ? $"Test-time augmentation (--tta {views.Name}) and a calibration do not go together: what the calibration of {model.Info.Name} promises is "
                    + "for images that are seen once. Leave one out."
                : $"Test-time augmentation (--tta {views.Name}) averages probabilities of classes, and {model.Info.Name} predicts something else.");
        }

        views?.MustSuit(model.Preprocessing);
        this.views = views;
        this.model = model;
        gate = new DisposalGate(this);
        compiled = model.Compile();
        judge = model.Calibration is { } calibration ? new(calibration) : null;
        reader = new(model.Model, compiled, features: judge?.WantsFeatures == true);
        device = model.Model.parameters().FirstOrDefault()?.device ?? CPU;
        pipeline = new(() => new ImagePipeline(model.Preprocessing, Decoding));
        Preprocessing p = model.Preprocessing;
        batchSize = (int)Math.Clamp(MaxValues / Math.Max(1, (long)p.Channels * p.Height * p.Width * (views?.Count ?? 1)), 1, MaxBatch);
        this.logger = logger ?? NullLogger.Instance;
        this.logger.Ready(Name, Labels.Count, p.Height, p.Width, compiled.Fallback ?? "libtorch's fused operators");
        if (TorchRuntime.Remark is { } remark)
        {
            this.logger.Remark(remark);
        }
    }

    /// <summary>The architecture's name, as measurements and logs have it.</summary>
    public string Name => model.Info.Name;

    /// <summary>Class names, in the order of the logits.</summary>
    public IReadOnlyList<string> Labels => model.Labels;

    /// <summary>What is predicted: one class of several, any number of labels, or a number.</summary>
    public PredictionTask Task => model.Task;

    /// <summary>What the model's certainty is worth; with it answers say what they do not know (<see cref="Answer.Unknown"/>). Null: not calibrated.</summary>
    public Calibration? Calibration => model.Calibration;

    /// <summary>How images become the model's input.</summary>
    public Preprocessing Preprocessing => model.Preprocessing;

    /// <summary>Loads a classifier.</summary>
    /// <param name="catalog">The known models.</param>
    /// <param name="pathOrName">A checkpoint that the zoo made (<c>runs/best.safetensors</c>), or a model with shipped or pulled weights
    /// (<c>lenet5:mnist</c>).</param>
    /// <param name="readResource">Reads shipped weights: ModelZoo.Models' Catalog.ReadResource.</param>
    /// <param name="decoding">How files are decoded; null: turned as their EXIF orientation says.</param>
    /// <param name="logger">Is told what is loaded, and of pictures that cannot be read; null: nobody is.</param>
    /// <exception cref="ZooException">Name, weights or file are unknown or unreadable.</exception>
    /// <exception cref="UsageException">The model makes something other than classes, or has no weights yet.</exception>
    [RequiresUnreferencedCode(Untrimmed)]
    public static ImageClassifier Load(
        ModelCatalog catalog, string pathOrName, Func<string, byte[]> readResource, DecodeOptions? decoding = null, ILogger? logger = null)
    {
        ResolvedModel resolved = ModelResolver.Resolve(catalog, pathOrName, readResource);
        try
        {
            return resolved.Trained
                ? FromResolved(resolved, decoding, logger)
                : throw new UsageException($"{pathOrName} has fresh weights: it would only guess. Name shipped or pulled weights ({pathOrName}:<weights>; `zoo "
                    + "list` shows them), or a checkpoint.");
        }
        catch
        {
            resolved.Dispose();
            throw;
        }
    }

    /// <summary>Uses a model that is loaded already; this object then owns it and keeps it in eval mode.</summary>
    /// <param name="model">The model.</param>
    /// <param name="decoding">How files are decoded; null: turned as their EXIF orientation says.</param>
    /// <param name="logger">Is told of it, and of pictures that cannot be read; null: nobody is.</param>
    /// <exception cref="UsageException">The model makes something other than classes.</exception>
    [RequiresUnreferencedCode(Untrimmed)]
    public static ImageClassifier FromResolved(ResolvedModel model, DecodeOptions? decoding = null, ILogger? logger = null) =>
        FromResolved(model, null, decoding, logger);

    /// <summary>The same, with test-time augmentation: answers are the mean of several views' probabilities.</summary>
    /// <param name="model">The model, without a calibration: that is for images that are seen once.</param>
    /// <param name="views">As what each image is seen; crops are made of pictures alone. Null: once, as it is.</param>
    /// <param name="decoding">How files are decoded; null: turned as their EXIF orientation says.</param>
    /// <param name="logger">Is told of it, and of pictures that cannot be read; null: nobody is.</param>
    /// <exception cref="UsageException">The model makes something other than classes, or is calibrated.</exception>
    /// <exception cref="ZooException">Crops are wanted, and the model takes whole images.</exception>
    [RequiresUnreferencedCode(Untrimmed)]
    public static ImageClassifier FromResolved(ResolvedModel model, TestViews? views, DecodeOptions? decoding = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new ImageClassifier(model, views, logger) { Decoding = decoding ?? new() };
    }

    /// <summary>Classifies one image.</summary>
    /// <param name="pixels">[C,H,W] in [0,1].</param>
    /// <param name="channels">C: the model's, or 1.</param>
    /// <param name="height">Rows; another size than the model's is brought to it.</param>
    /// <param name="width">Columns.</param>
    /// <param name="top">How many answers.</param>
    /// <returns>The most probable classes, the best first; of equal ones the first in the order of the labels.</returns>
    /// <exception cref="ZooException">The image cannot be brought to the model's size or channels, or the network's output is not finite.</exception>
    public Answer Predict(ReadOnlySpan<float> pixels, int channels, int height, int width, int top = 5) =>
        Predict(ImageDataset.FromFloats(Anything, new ImageShape(channels, height, width), pixels.ToArray(), [0]), top)[0];

    /// <summary>Classifies many images, batch by batch.</summary>
    /// <param name="images">Their labels are not looked at.</param>
    /// <param name="top">How many answers for each.</param>
    /// <returns>For each image what <see cref="Predict(ReadOnlySpan{float}, int, int, int, int)"/> returns.</returns>
    public IReadOnlyList<Answer> Predict(ImageDataset images, int top = 5)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        using DisposalGate.Call call = gate.Enter();
        var answers = new List<Answer>(images.Count);
        for (int first = 0; first < images.Count; first += batchSize)
        {
            int count = Math.Min(batchSize, images.Count - first);
            answers.AddRange(Answers(images.Subset([.. Enumerable.Range(first, count)]), top));
        }

        return answers;
    }

    /// <summary>Frees the model, once the calls under way have ended; calls that come later throw <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        if (gate.Close())
        {
            thread.Dispose();
            compiled.Dispose();
            model.Dispose();
            logger.Disposed(Name);
        }
    }

    /// <summary>The same without holding the caller's thread.</summary>
    public ValueTask DisposeAsync() => new(System.Threading.Tasks.Task.Run(Dispose));

    /// <summary>What it computes with, for those in the library who look into it.</summary>
    internal ResolvedModel Resolved => model;

    private ImagePipeline Pipeline => pipeline.Value;

    private Answer[] Answers(ImageDataset images, int top)
    {
        if (views is { AreCrops: true })
        {
            throw new ZooException($"--tta {views.Name}: crops are cut out of pictures, and these images are arrays already. Take --tta "
                + $"{TestViews.Flip.Name}.");
        }

        using ImageTensors tensors = ImageTensors.From(images, Preprocessing, device);
        using (no_grad())
        {
            using DisposeScope scope = NewDisposeScope();
            return Answers(tensors.Batch([.. Enumerable.Range(0, images.Count)]).Inputs, top);
        }
    }

    private Answer[] Answers(Tensor inputs, int top)
    {
        using var measured = ClassifierTelemetry.Call.Computing(Name, (int)inputs.shape[0]);
        return measured.Done(Compute(inputs, top));
    }

    private Answer[] Compute(Tensor inputs, int top)
    {
        using IDisposable none = no_grad();
        using DisposeScope scope = NewDisposeScope();
        if (judge is not null)
        {
            ReadOutputs read = reader.Read(inputs);
            MustBeFinite(read.Logits);
            return [.. Enumerable.Range(0, read.Count).Select(i => Judged(judge.Of(read, i), top))];
        }

        Tensor outputs = compiled.Call(views?.Spread(inputs) ?? inputs); // [N,C,H,W] → [N,K]
        Tensor answers = Task.Kind switch
        {
            _ when views is not null => views.Mean(outputs),
            TaskKind.MultiLabel => outputs.sigmoid(),
            TaskKind.Regression => outputs.to(ScalarType.Float64).mul(Task.Scale).add(Task.Offset).to(ScalarType.Float32),
            _ => nn.functional.softmax(outputs, 1),
        };
        float[] values = answers.cpu().data<float>().ToArray();
        MustBeFinite(values);
        int count = (int)inputs.shape[0], classes = values.Length / count;
        return [.. Enumerable.Range(0, count).Select(i => new Answer(Rank([.. values.AsSpan(i * classes, classes)], top)))];
    }

    private void MustBeFinite(float[] values)
    {
        if (!Array.TrueForAll(values, float.IsFinite))
        {
            throw new ZooException($"{model.Info.Name}: its output for these images is not finite, so they have no class. The weights, or a value in the "
                + "preprocessing, are out of range; `zoo verify` finds the layer.");
        }
    }

    private Answer Judged(Verdict verdict, int top) => new(Rank([.. verdict.Probabilities], top))
    {
        Doubt = verdict.Doubt,
        Distance = verdict.Distance,
        MayBe = [.. Enumerable.Range(0, verdict.MayBe.Count).Where(c => verdict.MayBe[c]).OrderByDescending(c => verdict.Probabilities[c]).ThenBy(c => c)
            .Select(c => Labels[c])],
    };

    private IReadOnlyList<Prediction> Rank<T>(T[] values, int top)
        where T : System.Numerics.INumber<T>
    {
        double At(int c) => double.CreateChecked(values[c]);
        if (Task.Kind == TaskKind.Regression)
        {
            return [new Prediction(Labels[0], double.NaN) { Value = At(0) }];
        }

        return [.. Enumerable.Range(0, values.Length).OrderByDescending(c => values[c]).ThenBy(c => c)
            .Select(c => new Prediction(Labels[c], At(c)) { IsThere = Task.Kind == TaskKind.MultiLabel ? At(c) >= Task.ThresholdOf(c) : null })
            .Where((prediction, rank) => rank < top || prediction.IsThere == true)];
    }
}
