using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Statistics;
using ModelZoo.Training;
using ModelZoo.Transfer;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo finetune</c>: a trained model, a new head, other data.</summary>
internal static class FinetuneCommand
{
    internal static Command Create()
    {
        var model = new Argument<string?>("model")
        {
            Description = $"{ModelArgument.Kinds}; default for pictures in files: {PublishedPull.DefaultModel}, fetched from its NuGet package if need be",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var weights = new WeightsArgument();
        var data = new DataArgument();
        var strategy = new StrategyArgument();
        var output = new Option<string?>("--output")
        {
            Description = "The checkpoint of the best epoch (default: runs/<model>-<data>-finetuned.safetensors); that of the last lies beside it as "
                + "<name>.last.safetensors",
            HelpName = "file"
        };
        var cache = new Option<string?>("--feature-cache")
        {
            Description = "Keep the features of a frozen backbone in this folder, for the next run on the same images",
            HelpName = "folder"
        };
        var newHead = new Option<bool>("--new-head") { Description = "Draw the head anew also for classes that the weights know by name" };
        var precision = GlobalOptions.Choice("--feature-precision",
            "How the features of a frozen backbone are computed; auto takes bfloat16 where it is fast and changes no prediction", "auto", "auto", "float32");
        var learningCurve = new Option<bool>("--learning-curve")
        {
            Description = "Write no checkpoint, but train heads on parts of the pictures and say whether more of them would help"
        };
        var folds = FoldsArgument.Create();
        var teacher = TeacherArgument.Create();
        var recipe = new RecipeArgument();
        var command = new Command("finetune",
            "Replace a trained model's head, freeze its backbone and train the head on other data; or train more of it. Classes that the weights know by name "
            + "keep their part of the head.\n\nExample: zoo finetune --data folder:photos")
        {
            model, output, cache, precision, newHead, learningCurve, folds, teacher,
        };
        data.AddTo(command, learns: true);
        strategy.AddTo(command);
        recipe.AddTo(command);
        command.Add(RunReport.Option);
        weights.AddTo(command);
        command.OnRun((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            int? dealt = FoldsArgument.Read(parsed, folds);
            if (dealt is not null && (parsed.GetValue(teacher) is not null || parsed.GetValue(learningCurve)))
            {
                throw new UsageException(parsed.GetValue(learningCurve) ? "--folds and --learning-curve are two measurements. Leave one out."
                    : "--teacher and --folds do not go together: the teacher may have seen the pictures of the folds. Leave one out.");
            }

            if (parsed.GetValue(output) is { } given && dealt is null)
            {
                OutputFile.MustEndIn(given, OutputFile.Checkpoint, "a checkpoint", advice: OutputFile.OtherFormats);
            }

            DataChoice choice = dealt is null ? data.Read(parsed) : FoldsArgument.Whole(data.Read(parsed));
            LabeledImages? opened = null;
            if (parsed.GetValue(model) is not { } spec)
            {
                opened = PublishedPull.MustSuit(choice).OpenToTrain(session);
                spec = PublishedPull.DefaultAsync(session).GetAwaiter().GetResult(); // libtorch's threads are counted for this thread
            }

            using ResolvedModel pretrained = ImportedGraph.WithHead(ModelArgument.Resolve(session, spec, weights.Read(parsed), trained: true), session.Say);
            Check(pretrained);
            LabeledImages train = opened ?? choice.OpenToTrain(session);
            if (parsed.GetValue(learningCurve))
            {
                return Curve(session, pretrained, choice, train, recipe.Read(parsed, () => FineTuneOptions.HeadRecipe));
            }

            string name = Path.Combine("runs", $"{pretrained.Info.Name}-{choice.Source.ShortName}");
            string path = parsed.GetValue(output) ?? name + (dealt is null ? "-finetuned.safetensors" : "-folds");
            OutputFile.MustBeWritable(dealt is null ? path : Path.Combine(path, "predictions.csv"));
            FineTuneOptions options = strategy.Read(parsed, new FineTuneOptions(), train.Count, train.Info.ClassNames.Count, session.Say);
            Recipe chosen = recipe.Read(parsed, () => options.Plan == FreezePlan.HeadOnly ? FineTuneOptions.HeadRecipe : FineTuneOptions.WholeRecipe);
            options = options with
            {
                Recipe = chosen,
                Seed = (ulong)session.Seed,
                Device = session.Device,
                MaxMemory = session.MaxMemory,
                Preprocessing = Sized(TransferLearning.PreprocessingFor(train, pretrained.Preprocessing), chosen),
                BestPath = path,
                CheckpointPath = TrainedFiles.At(path).Last,
                NewHead = parsed.GetValue(newHead),
                FeatureCache = parsed.GetValue(cache),
                Precision = parsed.GetValue(precision) == "float32" ? FeaturePrecision.Full : FeaturePrecision.Auto,
                Remarks = new Remarks(session),
                Extra = Provenance.Of(session, train, chosen),
                Loader = choice.Loader with { Device = session.Device },
            };
            using OpenTeacher? taught = TeacherArgument.Open(session, parsed.GetValue(teacher), train, options.Preprocessing!);
            options = options with { Teacher = taught?.Network.Teacher };
            return dealt is { } count
                ? Deal(session, pretrained, train, options, count, path)
                : Run(session, pretrained, choice, train, options, RunReport.Read(parsed));
        });
        return command;
    }

    // Progressive sizes end with the input's.
    private static Preprocessing Sized(Preprocessing preprocessing, Recipe recipe) =>
        recipe.ProgressiveSizes is { } sizes && (preprocessing.Height, preprocessing.Width) != (sizes[^1], sizes[^1])
            ? preprocessing.Sized(sizes[^1])
            : preprocessing;

    private static void Check(ResolvedModel pretrained)
    {
        pretrained.Info.RequireClasses("zoo finetune");
        if (!pretrained.Trained)
        {
            throw new UsageException($"'{pretrained.Info.Name}' alone has fresh weights, and there is nothing to transfer from those. Name shipped weights "
                + $"({pretrained.Info.Name}:…, see `zoo list`), a checkpoint, or --weights.");
        }
    }

    private static int Run(Session session, ResolvedModel pretrained, DataChoice data, LabeledImages train, FineTuneOptions options, RunReport report)
    {
        LoaderOptions loader = data.Loader with { Device = session.Device };
        LabeledImages measured = data.OpenToWatch(session);
        FolderSummary[]? folders = FolderSummaries.Say(session, train, measured);
        using IImageBatches images = ImageBatches.Open(train, options.Preprocessing!, options.Recipe, loader);
        using IImageBatches test = ImageBatches.Open(measured, options.Preprocessing!, null, loader);
        options = options with
        {
            ChosenOn = measured.Sketch(),
            Extra = CheckpointOrigin.Measured(new(options.Extra.ToDictionary(), StringComparer.Ordinal), measured),
        };
        using FineTuneResult result = TrainingView.Show(
            session, $"finetune {pretrained.Info.Name}", progress => FineTuner.Run(pretrained, images, test, train.Name, options, progress, session.Cancel));
        DataChoice.Report(session, images, test);
        if (result.FeatureNote is { } note)
        {
            session.Say($"features: {note}; ready after {Tables.Seconds(result.Preparation.TotalSeconds)}");
        }

        TrainedFiles files = TrainedFiles.At(options.BestPath!);
        string? page = report.Write(session, files, train, measured, options.Recipe!, result.Training, loader, images.Skipped);
        return TrainingReport.Show(session, pretrained.Info.Name, train, measured, data.Source, result.Training, files, folders, page);
    }

    private static int Deal(Session session, ResolvedModel pretrained, LabeledImages train, FineTuneOptions options, int count, string folder)
    {
        FolderSummaries.Say(session, train);
        CrossValidationResult result = TrainingView.Show(session, $"finetune {pretrained.Info.Name}, {count} folds", progress => CrossValidation.FineTune(
            pretrained, train, count, options, folder, progress, fold => FoldsView.Say(session, fold, count), session.Cancel));
        return FoldsView.Show(session, pretrained.Info.Name, train, result, folder, null);
    }

    private static int Curve(Session session, ResolvedModel pretrained, DataChoice data, LabeledImages train, Recipe recipe)
    {
        LabeledImages test = data.OpenToWatch(session);
        FolderSummaries.Say(session, train, test);
        var options = new FineTuneOptions
        {
            Recipe = recipe,
            Seed = (ulong)session.Seed,
            Device = session.Device,
            Loader = data.Loader,
            Preprocessing = TransferLearning.PreprocessingFor(train, pretrained.Preprocessing),
        };
        LearningCurve curve = LearningCurves.Measure(pretrained, train, test, options, new Trainings(session), session.Cancel);
        return LearningCurveView.Show(session, pretrained.Info.Name, train, test, curve);
    }

    private sealed class Trainings(Session session) : IProgress<(int Done, int Of)>
    {
        public void Report((int Done, int Of) value)
        {
            if (value.Done % 5 == 0 || value.Done == value.Of)
            {
                session.Say($"learning curve: {value.Done} of {value.Of} heads trained");
            }
        }
    }
}
