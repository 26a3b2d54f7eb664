using System.CommandLine;
using System.Globalization;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;

namespace ModelZoo.Cli.Inputs;

/// <summary>The data that a command works on, and how it is read.</summary>
internal sealed class DataArgument
{
    private readonly Option<string> data = Create();
    private readonly Option<int> limit = new("--limit") { Description = "Use only n images: the first, of a folder every so-manieth", HelpName = "n" };
    private readonly Option<double> valShare = new("--val-share")
    {
        Description = "Of a folder without train and val: the share of each class to keep for the test",
        HelpName = "x",
        DefaultValueFactory = _ => 0.2
    };
    private readonly Option<long> splitSeed = new("--split-seed") { Description = "Of a folder without train and val: which images those are", HelpName = "n" };
    private readonly Option<string> task = CreateTask("What the labels of csv:<path> are: one class a picture, several labels, or a number");
    private readonly Option<string?> column = CreateColumn();
    private readonly Option<int> workers = new("--workers") { Description = "Threads that decode images (default: one a core)", HelpName = "n" };
    private readonly Option<string> onBadImage = GlobalOptions.Choice("--on-bad-image", "What to do with an image that cannot be read", "fail", "fail", "skip");

    private readonly Option<long> maxPixels = DecodingArgument.Create();

    internal static Option<string> Create() => new("--data")
    {
        Description = $"The data: {string.Join(", ", DataSource.Forms)}",
        HelpName = "data",
        DefaultValueFactory = _ => "digits",
    };

    internal static Option<string> CreateTask(string description) =>
        GlobalOptions.Choice("--task", description, "classes", "classes", "multi-label", "regression");

    internal static Option<string?> CreateColumn() => new("--label-column")
    {
        Description = "Of csv:<path>: the column of the labels, its name or its number (default: the one that is left, or is called label)",
        HelpName = "name"
    };

    internal static TaskKind TaskOf(string name) => name switch
    {
        "multi-label" => TaskKind.MultiLabel,
        "regression" => TaskKind.Regression,
        _ => TaskKind.Classes,
    };

    internal static Option<string> CreateSplit() => GlobalOptions.Choice(
        "--split", "Which part of the data; auto takes test, or val where there is none", "auto", "auto", "train", "val", "test");

    internal static ImageDataset Load(string source, DataSplit split) => DataSource.Parse(source).Load(split);

    /// <param name="command">The command that takes them.</param>
    /// <param name="learns">Whether it is for the data to say what is learned; else the model knows.</param>
    internal void AddTo(Command command, bool learns = false)
    {
        Array.ForEach<Option>([data, limit, valShare, splitSeed, column, workers, onBadImage, maxPixels], command.Add);
        if (learns)
        {
            command.Add(task);
        }
    }

    /// <summary>Adds what an audit takes: all parts of the data, whose bad images are part of what it finds.</summary>
    internal void AddToAudit(Command command) => Array.ForEach<Option>([limit, column, task, workers, maxPixels], command.Add);

    /// <summary>What an audit works on.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="named">The data: as for --data, or a folder or CSV file alone.</param>
    internal DataChoice ReadForAudit(ParseResult parsed, string named)
    {
        bool alone = !named.Contains(':', StringComparison.Ordinal);
        string source = alone && Directory.Exists(named) ? $"folder:{named}"
            : alone && File.Exists(named) ? $"csv:{named}"
            : named;
        return Read(parsed, source);
    }

    /// <summary>
    /// The choice for a run that goes on: what its folder says, read from another place where --data names one. Other flags must say what the folder says.
    /// </summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="recorded">What the run was started with.</param>
    internal DataChoice Resume(ParseResult parsed, DataChoice recorded)
    {
        DataChoice flags = Read(parsed);
        MustAgree(limit, flags.Limit, recorded.Limit);
        MustAgree(valShare, flags.Split.ValShare, recorded.Split.ValShare);
        MustAgree(splitSeed, flags.Split.Seed, recorded.Split.Seed);
        MustAgree(onBadImage, flags.Loader.OnBadImage, recorded.Loader.OnBadImage);
        MustAgree(task, flags.Labels.Kind, recorded.Labels.Kind);
        MustAgree(column, flags.Labels.Column ?? "", recorded.Labels.Column ?? "");
        return recorded with
        {
            Source = IsGiven(data)
            ? flags.Source
            : recorded.Source,
            Loader = flags.Loader with { OnBadImage = recorded.Loader.OnBadImage }
        };

        bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };

        void MustAgree<T>(Option option, T given, T recordedValue)
            where T : notnull
        {
            if (IsGiven(option) && !given.Equals(recordedValue))
            {
                throw new UsageException(string.Create(CultureInfo.InvariantCulture,
                    $"{option.Name} {given}: the run was started with {recordedValue}. Leave the flag out to go on with the run, or start another one."));
            }
        }
    }

    internal DataChoice Read(ParseResult parsed) => Read(parsed, parsed.GetValue(data)!);

    private DataChoice Read(ParseResult parsed, string source)
    {
        if (parsed.GetValue(workers) is < 0 or > 1024)
        {
            throw new UsageException($"--workers is {parsed.GetValue(workers)}; it must be 1 … 1024.");
        }

        if (parsed.GetResult(limit) is not null && parsed.GetValue(limit) < 1)
        {
            throw new UsageException($"--limit {parsed.GetValue(limit)}: it must be 1 or more.");
        }

        return new DataChoice(
            DataSource.Parse(source),
            parsed.GetValue(limit),
            new SplitOptions { ValShare = parsed.GetValue(valShare), Seed = (ulong)parsed.GetValue(splitSeed) }.Validate(),
            new LoaderOptions
            {
                Workers = parsed.GetValue(workers),
                OnBadImage = parsed.GetValue(onBadImage) == "skip" ? OnBadImage.Skip : OnBadImage.Fail,
                Decoding = DecodingArgument.Read(parsed, maxPixels),
            })
        {
            Labels = new LabelOptions { Kind = TaskOf(parsed.GetValue(task) ?? ""), Column = parsed.GetValue(column) },
        };
    }
}

/// <summary>The data that was asked for.</summary>
/// <param name="Source">Where it is.</param>
/// <param name="Limit">At most so many images for what the command is about; 0: all.</param>
/// <param name="Split">How a folder without parts is divided.</param>
/// <param name="Loader">How images are read.</param>
internal sealed record DataChoice(DataSource Source, int Limit, SplitOptions Split, LoaderOptions Loader)
{
    /// <summary>What the labels are, and where.</summary>
    internal LabelOptions Labels { get; init; } = new();

    /// <summary>What is learned from.</summary>
    internal LabeledImages OpenToTrain(Session session)
    {
        LabeledImages images = Limited(Source.Open(DataSplit.Train, Split, Labels));
        images.MustTeach();
        return Said(session, images);
    }

    /// <summary>The training part, for others to be compared with.</summary>
    internal LabeledImages OpenTraining() => Source.Open(DataSplit.Train, Split, Labels);

    /// <summary>What is measured while training.</summary>
    internal LabeledImages OpenToWatch(Session session) => Said(session, Source.Open(DataSplit.Val, Split, Labels));

    /// <summary>The test part, for pictures of it to be shown to a model.</summary>
    internal static LabeledImages OpenToShow(string source, PredictionTask task)
    {
        DataSource parsed = DataSource.Parse(source);
        return parsed.Open(DataSplit.Test, labels: new LabelOptions { Kind = parsed.HasColumns ? task.Kind : TaskKind.Classes });
    }

    /// <summary>The part that --split names.</summary>
    internal LabeledImages OpenPart(Session session, string part) => Limited(Said(session, part switch
    {
        "train" => Source.OpenExactly(DataSplit.Train, Split, Labels),
        "val" => Source.OpenExactly(DataSplit.Val, Split, Labels),
        "test" => Source.OpenExactly(DataSplit.Test, Split, Labels),
        _ => Source.Open(DataSplit.Test, Split, Labels),
    }));

    /// <summary>The images with a trained model's classes; fresh weights have no names for what they will tell apart.</summary>
    internal static LabeledImages Matched(Session session, LabeledImages data, ResolvedModel model)
    {
        if (!model.Trained && data.Targets is null && data.Info.ClassNames.Count != model.Labels.Count)
        {
            throw new UsageException($"{data.Name} has {data.Info.ClassNames.Count} classes and the model has {model.Labels.Count}. Give the model a new head "
                + "with `zoo finetune`.");
        }

        LabeledImages matched = model.Trained ? data.WithClasses(model.Labels) : data;
        foreach (string remark in matched.Remarks)
        {
            session.SayOnce(remark);
        }

        return matched;
    }

    private LabeledImages Limited(LabeledImages images) => Limit > 0 ? images.Take(Limit) : images;

    private static LabeledImages Said(Session session, LabeledImages images)
    {
        foreach (string remark in images.Remarks)
        {
            session.SayOnce(remark);
        }

        return images;
    }

    /// <summary>Says which images were left out.</summary>
    internal static void Report(Session session, params IImageBatches?[] batches)
    {
        BadImage[] bad = [.. session.Gather([.. batches.SelectMany(b => b?.Skipped ?? [])]).DistinctBy(image => image.Name)];
        if (bad.Length > 0)
        {
            session.Say($"{Tables.Count(bad.Length)} image{(bad.Length == 1 ? "" : "s")} could not be read and {(bad.Length == 1 ? "was" : "were")} left out:");
            foreach (BadImage image in bad.Take(10))
            {
                session.Say($"  {image.Problem}");
            }

            if (bad.Length > 10)
            {
                session.Say($"  and {Tables.Count(bad.Length - 10)} more");
            }
        }
    }
}
