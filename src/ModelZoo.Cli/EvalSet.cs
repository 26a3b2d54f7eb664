using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Distributed;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Training;
using ModelZoo.Transfer;
using ModelZoo.Trust;
using static TorchSharp.torch;

namespace ModelZoo.Cli;

/// <summary>Models that are measured on the same images, each with the images as it wants them.</summary>
internal sealed class EvalSet : IDisposable
{
    private readonly string[] specs;
    private readonly TestViews? views;
    private readonly List<ResolvedModel> models = [];
    private readonly List<IImageBatches> images = [];
    private readonly List<CompiledModel> compiled = [];
    private IReadOnlyList<string>? warnings;
    private RankGroup? ranks;

    private EvalSet(string[] specs, TestViews? views) => (this.specs, this.views) = (specs, views);

    /// <summary>As what each image is seen; null: once, as it is.</summary>
    internal TestViews? Views => views;

    /// <summary>With the classes of the first model, in its order.</summary>
    internal LabeledImages Data { get; private set; } = null!;

    internal IReadOnlyList<ResolvedModel> Models => models;

    /// <summary>As the first model wants them.</summary>
    internal IImageBatches Images => images[0];

    /// <summary>The first model's network.</summary>
    internal CompiledModel Network => compiled[0];

    /// <param name="session">Where remarks go.</param>
    /// <param name="specs">The models as they were named.</param>
    /// <param name="open">Opens one.</param>
    /// <param name="choice">The data.</param>
    /// <param name="part">Which part.</param>
    /// <param name="views">As what each image is seen; null: once, as it is.</param>
    internal static EvalSet Open(Session session, string[] specs, Func<string, ResolvedModel> open, DataChoice choice, string part,
        TestViews? views = null)
    {
        LoaderOptions loader = session.Loader(choice.Loader);
        var set = new EvalSet(specs, views) { ranks = session.Ranks };
        try
        {
            set.models.AddRange(specs.Select(open));
            PredictionTask task = set.models[0].Task;
            if (task.Kind != TaskKind.Classes && (specs.Length > 1 || views is not null))
            {
                throw new UsageException($"{(views is null ? "An ensemble" : $"--tta {views.Name}")} averages probabilities of classes; {specs[0]} predicts "
                    + $"{(task.Kind == TaskKind.Regression ? "a number" : "several labels")}.");
            }

            LabeledImages data = (choice with { Labels = choice.Labels with { Kind = task.Kind } }).OpenPart(session, part);
            FolderSummaries.Say(session, data);
            set.Data = DataChoice.Matched(session, data, set.models[0]);
            set.images.AddRange(set.models.Select(m => TransferLearning.PreprocessingToMeasure(set.Data, m.Preprocessing))
                .Select(p => views is { AreCrops: true } ? TenCrop.Open(set.Data, p, views, loader) : ImageBatches.Open(set.Data, p, null, loader)));
            set.compiled.AddRange(set.models.Select(m => m.Compile()));
            if (views is not null && set.models.Exists(m => m.Calibration is not null))
            {
                session.Say($"--tta {views.Name}: a calibration is for images that are seen once, so what it promises is not looked at here.");
            }

            return set;
        }
        catch
        {
            set.Dispose();
            throw;
        }
    }

    /// <summary>The accuracy of all together, whose probabilities are averaged.</summary>
    internal EvaluationResult Together(int top) => Evaluator.Evaluate([.. Enumerable.Range(0, models.Count).Select(Member)], BatchSize, top: top, ranks: ranks);

    /// <summary>The accuracy of a single calibrated model, and what comes of its doubts.</summary>
    internal (EvaluationResult Result, AnsweredResult Answered) Judged(int top)
    {
        using var judged = new JudgedModule(models[0].Model, compiled[0], models[0].Calibration!);
        EvaluationResult result = Evaluator.Evaluate(judged, images[0], BatchSize, top: top);
        return (result, judged.Result(result.Labels));
    }

    /// <summary>Whether there is one calibrated model, whose answers are those of `predict`.</summary>
    internal bool IsCalibrated => models.Count == 1 && views is null && models[0].Calibration is not null;

    /// <summary>The accuracy of one.</summary>
    internal EvaluationResult Alone(int index, int top) => Evaluator.Evaluate([Member(index)], BatchSize, top: top, ranks: ranks);

    /// <summary>For each model what is to be said of these images: that they had a part in what it is.</summary>
    internal IReadOnlyList<string> Warnings =>
        warnings ??= [.. models.SelectMany((m, i) => JudgedAgain.Warnings(m, Data).Select(warning => $"{specs[i]}: {warning}"))];

    /// <summary>Says them.</summary>
    internal void Warn(Session session)
    {
        foreach (string warning in Warnings)
        {
            session.Say(warning);
        }
    }

    /// <summary>Says which images were left out.</summary>
    internal void Report(Session session) => DataChoice.Report(session, [.. images]);

    public void Dispose()
    {
        images.ForEach(i => i.Dispose());
        compiled.ForEach(c => c.Dispose());
        models.ForEach(m => m.Dispose());
    }

    private int BatchSize => views is null ? 256 : 160 / views.Count;

    private (nn.Module<Tensor, Tensor> Network, IBatchSource Images) Member(int index)
    {
        nn.Module<Tensor, Tensor> network = Reordered.By(compiled[index].AsModule(), models[index].Labels, models[0].Labels, specs[index]);
        return (views is null ? network : views.Average(network), images[index]);
    }
}
