using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Data.Loading;
using ModelZoo.Models;
using ModelZoo.Training;
using ModelZoo.Transfer;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo train</c>: from fresh weights, by the model's recipe.</summary>
internal static class TrainCommand
{
    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var data = new DataArgument();
        var output = new Option<string?>("--output") { Description = "The checkpoint to write (default: runs/<model>-<data>.safetensors)", HelpName = "file" };
        var recipe = new RecipeArgument();
        var command = new Command("train", "Train a model from scratch by its recipe; any flag wins over the recipe.\n\nExample: zoo train lenet5 --data mnist:data/mnist --epochs 10 --output lenet5.safetensors") { model, output };
        data.AddTo(command);
        recipe.AddTo(command);
        var architecture = new ArchitectureArgument();
        architecture.AddTo(command, fromData: true);
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            ModelInfo info = Session.Catalog.Find(parsed.GetRequiredValue(model));
            info.RequireClasses("zoo train");
            return Task.FromResult(Run(session, info, recipe.Read(parsed, () => Catalog.RecipeOf(info)), architecture.Read(parsed), data.Read(parsed), parsed.GetValue(output)));
        });
        return command;
    }

    private static int Run(Session session, ModelInfo info, Recipe recipe, Func<ModelOptions, ModelOptions> change, DataChoice data, string? output)
    {
        LabelledImages train = data.Open(DataSplit.Train, limited: true), test = data.Open(DataSplit.Test);
        string path = output ?? Path.Combine("runs", $"{info.Name}-{data.Source.ShortName}.safetensors");
        OutputFile.MustBeWritable(path);
        ModelOptions options = change(info.Defaults with { NumClasses = train.Info.ClassNames.Count });
        using ResolvedModel fresh = ModelArgument.Resolve(session, info.Name, options: options);
        Preprocessing preprocessing = TransferLearning.PreprocessingFor(train, fresh.Preprocessing);
        LoaderOptions loader = data.Loader with { Device = session.Device };
        using IImageBatches trainImages = ImageBatches.Open(train, preprocessing, recipe, loader);
        using IImageBatches testImages = ImageBatches.Open(test, preprocessing, null, loader);
        var trainer = new Trainer(fresh.Model, recipe, new TrainerOptions
        {
            Seed = (ulong)session.Seed,
            CheckpointPath = path,
            Describe = result => new CheckpointInfo
            {
                Architecture = info.Name,
                Options = options,
                Labels = train.Info.ClassNames,
                Preprocessing = preprocessing,
                Extra = Provenance.Of(session, train, recipe, result, test),
            },
        });
        TrainingResult result = TrainingView.Show(session, $"train {info.Name}", progress => trainer.Fit(trainImages, testImages, progress, session.Cancel));
        DataChoice.Report(session, trainImages, testImages);
        return TrainingReport.Show(session, info.Name, train, data.Source, result, path);
    }
}
