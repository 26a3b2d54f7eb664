using System.CommandLine;
using System.Globalization;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using ModelZoo.Transfer;
using ModelZoo.Trust;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo train</c>: from fresh weights, by the model's recipe.</summary>
internal static class TrainCommand
{
    internal static Command Create()
    {
        var model = new Argument<string?>("model") { Description = "A model of the catalog (lenet5); not with --resume", Arity = ArgumentArity.ZeroOrOne };
        var data = new DataArgument();
        var run = new RunArgument();
        var recipe = new RecipeArgument();
        var command = new Command("train",
            "Train a model from scratch by its recipe; any flag wins over the recipe.\n\nExample: zoo train lenet5 --data mnist:data/mnist --epochs 10 "
            + "--output runs/lenet5") { model };
        data.AddTo(command, learns: true);
        run.AddTo(command);
        recipe.AddTo(command, variants: true);
        command.Add(RunReport.Option);
        var architecture = new ArchitectureArgument();
        architecture.AddTo(command, fromData: true);
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            RunFolder? resumed = run.Resumed(parsed);
            TrainingRequest request = resumed is null
                ? new TrainingRequest(parsed.GetValue(model)
                    ?? throw new UsageException("Name the model to train, or a run to go on with: --resume <folder>."), data.Read(parsed), session.Seed, null,
                    null, null)
                : TrainingRequest.Read(resumed, session, parsed, data);
            if (parsed.GetValue(model) is { } named && named != request.Model)
            {
                throw new UsageException($"{named}: the run in {resumed!.Path} trains {request.Model}. Leave the model out to go on with the run.");
            }

            ModelInfo info = Session.Catalog.Find(request.Model);
            info.RequireClasses("zoo train");
            Recipe chosen = recipe.Read(parsed, variant => resumed?.ReadRecipe() ?? Catalog.RecipeOf(info, variant));
            Func<ModelOptions, ModelOptions> change = architecture.Read(parsed);
            return Task.FromResult(Run(session, info, chosen, options => change(request.Change(options)), request,
                options => run.Read(parsed, options), RunReport.Read(parsed)));
        });
        return command;
    }

    private static int Run(Session session, ModelInfo info, Recipe recipe, Func<ModelOptions, ModelOptions> change, TrainingRequest request,
        Func<TrainerOptions, TrainerOptions> recorded, RunReport report)
    {
        LabeledImages train = request.Data.OpenToTrain(session), test = request.Data.OpenToWatch(session);
        FolderSummary[]? folders = FolderSummaries.Say(session, train, test);
        ModelOptions options = change(info.Defaults with { NumClasses = train.Info.ClassNames.Count });
        TrainerOptions settings = recorded(new TrainerOptions { Seed = (ulong)request.Seed, Notes = request.Notes(options) });
        manual_seed(request.Seed);
        using ResolvedModel fresh = ModelArgument.Resolve(session, info.Name, options: options, seed: request.Seed, trained: true);
        Preprocessing preprocessing = TransferLearning.PreprocessingFor(train, fresh.Preprocessing);
        LoaderOptions loader = request.Data.Loader with { Device = session.Device };
        using IImageBatches trainImages = ImageBatches.Open(train, preprocessing, recipe, loader);
        using IImageBatches testImages = ImageBatches.Open(test, preprocessing, null, loader);
        settings = RunArgument.Place(settings, $"{info.Name}-{request.Data.Source.ShortName}");
        PictureSketch? watched = test.Sketch();
        var trainer = new Trainer(fresh.Model, recipe, settings with
        {
            MaxMemory = session.MaxMemory,
            Describe = result => new CheckpointInfo
            {
                Architecture = info.Name,
                Options = options,
                Labels = train.Info.ClassNames,
                Task = result.Task.Kind == TaskKind.Classes ? null : result.Task,
                Preprocessing = preprocessing,
                ChosenOn = result.Epochs.Count > 1 ? watched : null,
                Extra = Provenance.Of(session, train, recipe, result, test, request.Seed),
            },
        });
        TrainingResult result = TrainingView.Show(session, $"train {info.Name}", progress => trainer.Fit(trainImages, testImages, progress, session.Cancel));
        DataChoice.Report(session, trainImages, testImages);
        TrainedFiles files = settings.RunFolder is { } folder ? TrainedFiles.In(folder) : TrainedFiles.At(settings.BestPath!);
        string? page = report.Write(session, files, train, test, recipe, result, loader, trainImages.Skipped);
        return TrainingReport.Show(session, info.Name, train, test, request.Data.Source, result, files, folders, page);
    }

    /// <summary>What a run was started with: flags, or what its folder says.</summary>
    private sealed record TrainingRequest(string Model, DataChoice Data, long Seed, int? Height, int? Width, string? Norm)
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
            { RecordedSource = Note("data") };

            static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
        }

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
}
