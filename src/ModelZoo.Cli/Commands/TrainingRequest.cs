using System.CommandLine;
using System.Globalization;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Training.Runs;
using static TorchSharp.torch;

namespace ModelZoo.Cli.Commands;

/// <summary>What a run was started with: flags, or what its folder says.</summary>
internal sealed record TrainingRequest(string Model, DataChoice Data, long Seed, int? Height, int? Width, string? Norm)
{
    /// <summary>Where the data was when the run began: a folder that has moved is still the same data.</summary>
    private string RecordedSource { get; init; } = Data.Source.ToString();

    /// <summary>From a run's folder; the number of threads is taken over with it, since the bits depend on it.</summary>
    internal static TrainingRequest Read(RunFolder folder, Session session, ParseResult parsed, DataArgument flags)
    {
        IReadOnlyDictionary<string, string> notes = folder.ReadDescription();
        string Note(string key) => notes.GetValueOrDefault(key) ?? throw new ZooException($"{folder.Description}: does not say the run's {key}.");
        if (parsed.GetValue(GlobalOptions.Threads) == 0)
        {
            set_num_threads(Number(Note("threads")));
        }
        else if (get_num_threads() != Number(Note("threads")))
        {
            session.Say($"zoo: the run was started with {Note("threads")} threads; with another number it goes on with other bits.");
        }

        int before = notes.GetValueOrDefault("ranks") is { } ranks ? Number(ranks) : 1, now = session.Ranks?.Size ?? 1;
        if (before != now)
        {
            session.Say($"zoo: the run was started by {before} process{(before == 1 ? "" : "es")} and goes on by {now}: the data in the same order, the sums "
                + "rounded otherwise.");
        }

        var recorded = new DataChoice(
            DataSource.Parse(Note("data")),
            Number(Note("limit")),
            new SplitOptions
            {
                ValShare = double.Parse(Note("val_share"), CultureInfo.InvariantCulture),
                Seed = ulong.Parse(Note("split_seed"), CultureInfo.InvariantCulture)
            },
            new LoaderOptions { OnBadImage = Enum.Parse<OnBadImage>(Note("on_bad_image")) })
        {
            Labels = new LabelOptions
            {
                Kind = Enum.Parse<TaskKind>(notes.GetValueOrDefault("task") ?? nameof(TaskKind.Classes)),
                Column = notes.GetValueOrDefault("label_column"),
            },
        };
        long seed = long.Parse(Note("seed"), CultureInfo.InvariantCulture);
        if (parsed.GetResult(GlobalOptions.Seed) is { Implicit: false } && session.Seed != seed)
        {
            throw new UsageException($"--seed {session.Seed}: the run was started with {seed}. Leave the flag out to go on with the run.");
        }

        return new TrainingRequest(Note("model"), flags.Resume(parsed, recorded), seed, Number(Note("height")), Number(Note("width")),
            notes.GetValueOrDefault("norm"))
        { RecordedSource = Note("data"), Teacher = notes.GetValueOrDefault("teacher_model") };

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    /// <summary>The model whose answers are learned too, if any.</summary>
    internal string? Teacher { get; init; }

    internal ModelOptions Change(ModelOptions options) =>
        options with { InputHeight = Height ?? options.InputHeight, InputWidth = Width ?? options.InputWidth, Norm = Norm ?? options.Norm };

    internal Dictionary<string, string> Notes(ModelOptions options)
    {
        Dictionary<string, string> notes = new()
        {
            ["model"] = Model,
            ["data"] = RecordedSource,
            ["limit"] = Text(Data.Limit),
            ["val_share"] = Data.Split.ValShare.ToString("R", CultureInfo.InvariantCulture),
            ["split_seed"] = Data.Split.Seed.ToString(CultureInfo.InvariantCulture),
            ["on_bad_image"] = Data.Loader.OnBadImage.ToString(),
            ["height"] = Text(options.InputHeight),
            ["width"] = Text(options.InputWidth),
        };
        if (options.Norm is { } norm)
        {
            notes["norm"] = norm;
        }

        if (Teacher is { } teacher)
        {
            notes["teacher_model"] = teacher;
        }

        if (Data.Labels.Kind != TaskKind.Classes)
        {
            notes["task"] = Data.Labels.Kind.ToString();
        }

        if (Data.Labels.Column is { } column)
        {
            notes["label_column"] = column;
        }

        return notes;

        static string Text(int n) => n.ToString(CultureInfo.InvariantCulture);
    }
}
