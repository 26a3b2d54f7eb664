using System.Globalization;
using System.Text.Json;
using ModelZoo.Registry;
using static TorchSharp.torch;

namespace ModelZoo.Experiments.Comparing;

/// <summary>What to compare, and how.</summary>
public sealed record ComparisonRequest
{
    /// <summary>The models.</summary>
    public required IReadOnlyList<ModelChoice> Models { get; init; }

    /// <summary>Images of a forward and of a training step; ignored without <see cref="Rounds"/>.</summary>
    public int Batch { get; init; } = 8;

    /// <summary>Turns of each model; 0: nothing is timed.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Measures the turns; null: <see cref="ModelMeter"/>.</summary>
    public IModelMeter? Meter { get; init; }

    /// <summary>How each model is trained; null: none is.</summary>
    public TrainingPlan? Training { get; init; }

    /// <summary>Where to compute.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>The command that asks for this, for the page; empty for none.</summary>
    public string Command { get; init; } = "";

    /// <summary>Takes a line about how far it has come.</summary>
    public Action<string> Say { get; init; } = static _ => { };

    /// <summary>Ends the comparison.</summary>
    public CancellationToken Cancel { get; init; }
}

/// <summary>One model of a comparison.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Architecture">Its name in the catalog.</param>
/// <param name="Summary">What it is.</param>
/// <param name="Source">Where it is described.</param>
/// <param name="Profile">What it costs by arithmetic.</param>
public sealed record ComparedModel(string Name, string Architecture, string Summary, string Source, ModelProfile Profile)
{
    /// <summary>What others published.</summary>
    public IReadOnlyList<Accuracy> Published { get; init; } = [];

    /// <summary>What the zoo measured of trained weights.</summary>
    public IReadOnlyList<Accuracy> Measured { get; init; } = [];

    /// <summary>Times and memory on this machine; null where nothing was timed.</summary>
    public ModelTiming? Timing { get; init; }

    /// <summary>Its training within the comparison's budget; null without one.</summary>
    public TrainedModel? Trained { get; init; }
}

/// <summary>
/// Models side by side: size and cost from a trace, times and memory from one interleaved run, accuracies with their sources, and training under one budget.
/// </summary>
public sealed record ModelComparison
{
    /// <summary>In the order in which they were named.</summary>
    public required IReadOnlyList<ComparedModel> Models { get; init; }

    /// <summary>How times were measured; null where none were.</summary>
    public TimingSettings? Timing { get; init; }

    /// <summary>How the models were trained; null where none were.</summary>
    public TrainingSettings? Training { get; init; }

    /// <summary>What it ran on.</summary>
    public required string Machine { get; init; }

    /// <summary>The command that makes it.</summary>
    public required string Command { get; init; }

    /// <summary>Compares.</summary>
    /// <exception cref="ZooException">A model can't be built as asked, or can't learn the data.</exception>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    public static ModelComparison Run(ComparisonRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        IReadOnlyList<ModelChoice> choices = request.Models;
        request.Training?.CheckRecipes(choices);
        ComparedModel[] models = [.. choices.Select((choice, i) =>
        {
            request.Cancel.ThrowIfCancellationRequested();
            request.Say($"count {choice.Name} ({i + 1} of {choices.Count})");
            return new ComparedModel(choice.Name, choice.Info.Name, choice.Info.Summary, choice.Info.Source,
                ModelProfile.Of(choice.Info, choice.Options)) { Published = choice.Published, Measured = choice.Measured };
        })];
        TimingSettings? timing = null;
        if (request.Rounds > 0)
        {
            timing = new(request.Batch, request.Rounds, get_num_threads(), request.Device.type.ToString().ToLowerInvariant(), Load());
            models = Timed(request, models);
        }

        if (request.Training is { } plan)
        {
            IReadOnlyList<TrainedModel> trained = new BudgetTraining(plan, request.Device, request.Say, request.Cancel).Over(choices);
            models = [.. models.Select((m, i) => m with { Trained = trained[i] })];
        }

        return new()
        {
            Models = models,
            Timing = timing,
            Training = request.Training?.Settings(),
            Machine = MachineDescription.Of(request.Device),
            Command = request.Command
        };
    }

    /// <summary>As a JSON document.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ResultStore.Json);

    /// <summary>Reads such a document.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static ModelComparison Parse(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<ModelComparison>(json, ResultStore.Json) is { Models: not null } comparison
        ? comparison
        : throw new JsonException("This is no comparison of models.");

    private static ComparedModel[] Timed(ComparisonRequest request, ComparedModel[] models)
    {
        IModelMeter meter = request.Meter ?? new ModelMeter(request.Batch, request.Device);
        if (request.Meter is null)
        {
            // What the first network of a process pays once (threads, kernels) is no model's own memory.
            meter.Measure(request.Models[Array.IndexOf(models, models.MinBy(m => m.Profile.Macs))], memory: true);
        }

        IReadOnlyList<IReadOnlyList<Turn>> turns = InterleavedRounds.Run(models.Length, request.Rounds, (i, round) =>
        {
            request.Cancel.ThrowIfCancellationRequested();
            request.Say($"{(round == 0 ? "memory" : $"time, round {round} of {request.Rounds}")}: {models[i].Name}");
            return meter.Measure(request.Models[i], memory: round == 0);
        });
        return [.. models.Select((m, i) => m with { Timing = ModelTiming.Of(turns[i], request.Batch) })];
    }

    // The mean over the last minute.
    internal static double? Load()
    {
        try
        {
            return OperatingSystem.IsLinux() ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }
}
