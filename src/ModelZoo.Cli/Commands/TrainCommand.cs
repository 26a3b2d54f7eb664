using System.CommandLine;
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
        recipe.AddTo(command, variants: true, shared: true);
        command.Add(RunReport.Option);
        command.Add(RankRun.Option);
        var folds = FoldsArgument.Create();
        var teacher = TeacherArgument.Create();
        command.Add(folds);
        command.Add(teacher);
        var architecture = new ArchitectureArgument();
        architecture.AddTo(command, fromData: true);
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            RunFolder? resumed = TrainFolds.Speaker(run.Resumed(parsed));
            int? dealt = TrainFolds.Count(FoldsArgument.Read(parsed, folds), resumed);
            if (dealt is not null && session.Ranks is not null)
            {
                throw new UsageException("--folds trains one fold after the other in one process. Start it without mpiexec or srun, or leave --folds out.");
            }

            TrainingRequest request = resumed is null
                ? new TrainingRequest(parsed.GetValue(model)
                    ?? throw new UsageException("Name the model to train, or a run to go on with: --resume <folder>."), data.Read(parsed), session.Seed, null,
                    null, null)
                : TrainingRequest.Read(resumed, session, parsed, data);
            if (parsed.GetValue(model) is { } named && named != request.Model)
            {
                throw new UsageException($"{named}: the run in {resumed!.Path} trains {request.Model}. Leave the model out to go on with the run.");
            }

            request = request with { Teacher = parsed.GetValue(teacher) ?? request.Teacher };
            if (dealt is not null && request.Teacher is not null)
            {
                throw new UsageException("--teacher and --folds do not go together: the teacher may have seen the pictures of the folds. Leave one out.");
            }

            ModelInfo info = Session.Catalog.Find(request.Model);
            info.RequireClasses("zoo train");
            Recipe chosen = recipe.Read(parsed, variant => resumed?.ReadRecipe() ?? Catalog.RecipeOf(info, variant));
            Func<ModelOptions, ModelOptions> change = architecture.Read(parsed);
            ModelOptions Changed(ModelOptions options) => change(request.Change(Ending(chosen, options)));
            TrainerOptions Recorded(TrainerOptions options) => session.Speaks ? run.Read(parsed, options) : options;
            return Task.FromResult(dealt is { } count
                ? TrainFolds.Run(session, info, chosen, Changed, request, Recorded, count)
                : Run(session, info, chosen, Changed, request, Recorded, RunReport.Read(parsed)));
        });
        return command;
    }

    // Progressive sizes end with the input's, which --size may name too.
    private static ModelOptions Ending(Recipe recipe, ModelOptions options) =>
        recipe.ProgressiveSizes is { } sizes ? options with { InputHeight = sizes[^1], InputWidth = sizes[^1] } : options;

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
        using OpenTeacher? teacher = TeacherArgument.Open(session, request.Teacher, train, preprocessing);
        LoaderOptions loader = session.Loader(request.Data.Loader);
        using IImageBatches trainImages = ImageBatches.Open(train, preprocessing, recipe, loader);
        using IImageBatches testImages = ImageBatches.Open(test, preprocessing, null, loader);
        settings = session.Speaks ? RunArgument.Place(settings, $"{info.Name}-{request.Data.Source.ShortName}") : settings;
        RankRun.Advise(RunArgument.Advice(settings.RunFolder));
        PictureSketch? watched = test.Sketch();
        var trainer = new Trainer(fresh.Model, recipe, settings with
        {
            Ranks = session.Ranks,
            MaxMemory = session.MaxMemory,
            Remarks = new Remarks(session),
            Teacher = teacher?.Network.Teacher,
            Describe = result => new CheckpointInfo
            {
                Architecture = info.Name,
                Options = options,
                Labels = train.Info.ClassNames,
                Task = result.Task.Kind == TaskKind.Classes ? null : result.Task,
                Preprocessing = preprocessing,
                ChosenOn = result.Epochs.Count > 1 ? watched : null,
                Extra = Provenance.Of(session, train, result.Recipe ?? recipe, result, test, request.Seed, teacher?.Network.Teacher),
            },
        });
        TrainingResult result = TrainingView.Show(session, $"train {info.Name}", progress => trainer.Fit(trainImages, testImages, progress, session.Cancel));
        DataChoice.Report(session, trainImages, testImages);
        if (!session.Speaks)
        {
            return 0;
        }

        TrainedFiles files = settings.RunFolder is { } folder ? TrainedFiles.In(folder) : TrainedFiles.At(settings.BestPath!);
        string? page = report.Write(session, files, train, test, recipe, result, loader, trainImages.Skipped);
        return TrainingReport.Show(session, info.Name, train, test, request.Data.Source, result, files, folders, page);
    }
}
