using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
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
        var data = DataArgument.Create();
        var limit = DataArgument.Limit();
        var output = new Option<string?>("--output") { Description = "The checkpoint to write (default: runs/<model>-<data>.safetensors)", HelpName = "file" };
        var recipe = new RecipeArgument();
        var command = new Command("train", "Train a model from scratch by its recipe; any flag wins over the recipe.\n\nExample: zoo train lenet5 --data mnist:data/mnist --epochs 10 --output lenet5.safetensors") { model, data, limit, output };
        recipe.AddTo(command);
        var architecture = new ArchitectureArgument();
        architecture.AddTo(command, fromData: true);
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            ModelInfo info = Session.Catalog.Find(parsed.GetRequiredValue(model));
            info.RequireClasses("zoo train");
            return Task.FromResult(Run(session, info, recipe.Read(parsed, () => Catalog.RecipeOf(info)), architecture.Read(parsed), parsed.GetValue(data)!, parsed.GetValue(limit), parsed.GetValue(output)));
        });
        return command;
    }

    private static int Run(Session session, ModelInfo info, Recipe recipe, Func<ModelOptions, ModelOptions> change, string source, int limit, string? output)
    {
        ImageDataset train = DataArgument.Load(source, DataSplit.Train, limit);
        ImageDataset test = DataArgument.Load(source, DataSplit.Test);
        string path = output ?? Path.Combine("runs", $"{info.Name}-{DataSource.Parse(source).Name}.safetensors");
        OutputFile.MustBeWritable(path);
        ModelOptions options = change(info.Defaults with { NumClasses = train.Info.ClassNames.Count });
        using ResolvedModel fresh = ModelArgument.Resolve(session, info.Name, options: options);
        Preprocessing preprocessing = TransferLearning.PreprocessingFor(train, fresh.Preprocessing);
        using ImageTensors trainImages = ImageTensors.From(train, preprocessing, session.Device);
        using ImageTensors testImages = ImageTensors.From(test, preprocessing, session.Device);
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
        return TrainingReport.Show(session, info.Name, train, result, path);
    }
}
