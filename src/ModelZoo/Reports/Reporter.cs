using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using ModelZoo.Transfer;
using static TorchSharp.torch;

namespace ModelZoo.Reports;

/// <summary>Measures a trained model once and says what is to be known of it.</summary>
public static class Reporter
{
    /// <summary>Runs the model over the images, and explains its answers to a few of them.</summary>
    /// <param name="model">A trained model. It stays the caller's.</param>
    /// <param name="data">Images with labels; their classes are brought to the model's order by name.</param>
    /// <param name="options">What else the report says.</param>
    /// <param name="cancel">Ends it between two batches.</param>
    /// <exception cref="ZooException">Model and data do not fit.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static ModelReport Measure(ResolvedModel model, LabeledImages data, ReportOptions? options = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        model.RequirePredictions("a report");
        options ??= new();
        var clock = Stopwatch.StartNew();
        data = data.WithClasses(model.Labels);
        Preprocessing preprocessing = TransferLearning.PreprocessingToMeasure(data, model.Preprocessing);
        model = model with { Preprocessing = preprocessing };
        using IImageBatches images = ImageBatches.Open(data, preprocessing, null, options.Loader);
        using CompiledModel compiled = model.Compile();
        using JudgedModule? judged = model.Calibration is { } calibration && model.Task.Kind == TaskKind.Classes
            ? new(model.Model, compiled, calibration)
            : null;
        using nn.Module<Tensor, Tensor> network = judged ?? compiled.AsModule();
        using var recorder = new OutputRecorder(network);
        Measurement measured = Evaluator.Measure(recorder, new Watched(images, cancel), model.Task, options.BatchSize);
        if (!double.IsFinite(measured.Loss))
        {
            throw new ZooException($"{model.Info.Name} on {data.Name}: the loss is {measured.Loss}, because the network's output is not finite.");
        }

        if (recorder.Count == 0)
        {
            throw new ZooException($"{data.Name}: none of its images can be read.");
        }

        HashSet<int> skipped = [.. images.Skipped.Select(bad => bad.Index)];
        int[] read = [.. Enumerable.Range(0, data.Count).Where(i => !skipped.Contains(i))];
        var figures = new FigureMaker(model, data, recorder, read, options.Seed);
        (PictureChoice[] choices, ModelReport report) = figures.Make(measured, judged, options.Pictures, new ModelReport
        {
            Model = model.Info.Name,
            Source = options.Source ?? model.Info.Name,
            Data = data.Name,
            Images = read.Length,
            Task = model.Task.Kind,
            Warnings = options.Warnings,
            Parts = [.. options.Train is { } train ? new[] { Part("training", train, options.Unreadable) } : [], Part("measured", data, images.Skipped)],
            Folders = [.. new[] { options.Train, data }.SelectMany(i => i?.Folders ?? []).DistinctBy(f => f.Folder)],
            Training = options.Training is { Epochs.Count: > 0 } training ? Of(training, options.MeasuredEpoch) : null,
            Recipe = Recipe(options.Recipe?.ToJson() ?? model.Checkpoint?.Extra.GetValueOrDefault("recipe")),
            Making = new SortedDictionary<string, string>((model.Checkpoint?.Extra ?? new Dictionary<string, string>()).Where(e => e.Key != "recipe")
                .ToDictionary(), StringComparer.Ordinal),
            Preprocessing = preprocessing.Describe(),
            Command = options.Command,
            Machine = [.. RunDescription.Machine(), new("threads", get_num_threads().ToString(System.Globalization.CultureInfo.InvariantCulture))],
            Seconds = 0,
        });
        (report, PictureList[] lists) = PictureMaker.Make(report, model, data, choices, options, cancel);
        return report with { Pictures = lists, Seconds = clock.Elapsed.TotalSeconds };
    }

    private static ReportedTraining Of(TrainingResult result, int? measured) =>
        new(result.Task.Metric, result.Epochs, result.BestEpoch, measured, result.Elapsed.TotalSeconds, result.StoppedEarly);

    private static ReportedPart Part(string role, LabeledImages images, IReadOnlyList<BadImage> bad)
    {
        var counts = new int[images.Info.ClassNames.Count];
        foreach (int label in images.Labels)
        {
            if (images.Targets is not { } table)
            {
                counts[label]++;
            }
            else if (table.Task.Kind == TaskKind.MultiLabel)
            {
                ReadOnlySpan<float> row = table.Row(label);
                for (int c = 0; c < counts.Length; c++)
                {
                    counts[c] += row[c] > 0.5f ? 1 : 0;
                }
            }
        }

        return new(role, images.Name, images.Count, images.Task.Kind == TaskKind.Regression ? []
            : [.. images.Info.ClassNames.Select((name, c) => new ReportedCount(name, counts[c]))], [.. bad.Select(b => b.Problem)]);
    }

    // A checkpoint may say anything.
    private static JsonNode? Recipe(string? json)
    {
        try
        {
            return json is null ? null : JsonNode.Parse(json);
        }
        catch (JsonException)
        {
            return json;
        }
    }

    /// <summary>The images, until it is canceled.</summary>
    private sealed class Watched(IBatchSource images, CancellationToken cancel) : IBatchSource
    {
        public int Count => images.Count;

        public long[] Shape => images.Shape;

        public IReadOnlyList<string> ClassNames => images.ClassNames;

        public TargetTable? Targets => images.Targets;

        public IEnumerable<Batch> Shuffled(EpochSampler plan) => images.Shuffled(plan);

        public IEnumerable<Batch> InOrder(int batchSize) => images.InOrder(batchSize).Select(batch =>
        {
            if (cancel.IsCancellationRequested)
            {
                batch.Dispose();
                cancel.ThrowIfCancellationRequested();
            }

            return batch;
        });
    }
}
