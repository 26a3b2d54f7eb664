using System.Globalization;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using ModelZoo.Transfer;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo train --folds k</c>: a run of its own for each fold, all in one folder. A run that is done or begun is gone on with.</summary>
internal static class TrainFolds
{
    private const string Note = "folds";

    /// <summary>The run that says what all of them are: in a folder of folds the first.</summary>
    internal static RunFolder? Speaker(RunFolder? resumed)
    {
        string? first = resumed is null ? null : Path.Combine(resumed.Path, "fold1");
        return first is not null && !File.Exists(resumed!.Description) && File.Exists(new RunFolder(first).Description) ? new RunFolder(first) : resumed;
    }

    /// <summary>How many there are: as the flag says, and where a run goes on, as its folder does.</summary>
    internal static int? Count(int? flag, RunFolder? speaker)
    {
        if (speaker is null)
        {
            return flag;
        }

        int? recorded = speaker.ReadDescription().TryGetValue(Note, out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : null;
        return flag is null || flag == recorded ? recorded
            : throw new UsageException($"--folds {flag}: the run in {speaker.Path} has {recorded?.ToString(CultureInfo.InvariantCulture) ?? "no"} folds. Leave "
                + "the flag out to go on with it.");
    }

    /// <param name="session">Seed, device, where remarks go.</param>
    /// <param name="info">The model.</param>
    /// <param name="recipe">How to train.</param>
    /// <param name="change">The size and the like.</param>
    /// <param name="request">Data and seed.</param>
    /// <param name="recorded">Where and how often to record.</param>
    /// <param name="count">Folds.</param>
    internal static int Run(Session session, ModelInfo info, Recipe recipe, Func<ModelOptions, ModelOptions> change, TrainingRequest request,
        Func<TrainerOptions, TrainerOptions> recorded, int count)
    {
        request = request with { Data = FoldsArgument.Whole(request.Data) };
        LabeledImages data = request.Data.OpenToTrain(session);
        FolderSummaries.Say(session, data);
        ModelOptions options = change(info.Defaults with { NumClasses = data.Info.ClassNames.Count });
        TrainerOptions settings = recorded(new TrainerOptions());
        if (settings.CheckpointPath is { } file)
        {
            throw new UsageException($"--output {Path.GetFileName(file)}: with --folds it is a folder, in which each fold has its own.");
        }

        string root = RunArgument.Place(settings, $"{info.Name}-{request.Data.Source.ShortName}-folds").RunFolder!;
        LoaderOptions loader = request.Data.Loader with { Device = session.Device };
        CrossValidationResult result = TrainingView.Show(session, $"train {info.Name}, {count} folds", progress => CrossValidation.Run(
            data, count, (ulong)request.Seed, part => Train(part, progress), fold => FoldsView.Say(session, fold, count), session.Cancel));
        return FoldsView.Show(session, info.Name, data, result, root, $"zoo train --resume {root}");

        TrainedFold Train(FoldPart part, IProgress<TrainingProgress> progress)
        {
            long seed = request.Seed + part.Fold;
            manual_seed(seed);
            using ResolvedModel fresh = ModelArgument.Resolve(session, info.Name, options: options, seed: seed, trained: true);
            Preprocessing preprocessing = TransferLearning.PreprocessingFor(data, fresh.Preprocessing);
            using IImageBatches images = ImageBatches.Open(part.Learned, preprocessing, recipe, loader);
            var run = new RunFolder(Path.Combine(root, Path.GetFileNameWithoutExtension(part.FileName)));
            Dictionary<string, string> notes = request.Notes(options);
            notes[Note] = count.ToString(CultureInfo.InvariantCulture);
            notes["fold"] = part.ToString();
            var trainer = new Trainer(fresh.Model, recipe, settings with
            {
                Seed = (ulong)seed,
                Notes = notes,
                RunFolder = run.Path,
                Resume = File.Exists(run.State),
                MaxMemory = session.MaxMemory,
                Remarks = new Remarks(session),
                Describe = trained => new CheckpointInfo
                {
                    Architecture = info.Name,
                    Options = options,
                    Labels = data.Info.ClassNames,
                    Preprocessing = preprocessing,
                    Extra = new SortedDictionary<string, string>(Provenance.Of(session, part.Learned, trained.Recipe ?? recipe, trained, part.Tested, seed))
                    {
                        ["fold"] = part.ToString(),
                    },
                },
            });
            TrainingResult result = trainer.Fit(images, null, CrossValidation.Within(part, progress), session.Cancel);
            return new(result, result.Canceled ? [] : CrossValidation.Test(fresh.Model, part.Tested, preprocessing, loader));
        }
    }
}
