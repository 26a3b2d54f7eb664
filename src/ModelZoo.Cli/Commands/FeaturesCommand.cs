using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Training;
using ModelZoo.Transfer;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo features</c>: what a layer of a trained model makes of each image, to a file.</summary>
internal static class FeaturesCommand
{
    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var weights = new WeightsArgument();
        var data = DataArgument.Create();
        var limit = DataArgument.Limit();
        var split = GlobalOptions.Choice("--split", "Which part of the data", "test", "test", "train");
        var layer = new Option<string?>("--layer") { Description = "The layer whose output is wanted; VGG's fc7 is classifier.3 (default: what the head takes in)", HelpName = "name" };
        var output = new Option<string>("--output") { Description = $"Where they go: {string.Join(" or ", FeatureTable.Extensions)}", HelpName = "file", Required = true };
        var command = new Command("features", "Write the feature vectors that a layer makes of each image, with labels.\n\nExample: zoo features lenet5:mnist --data digits --output features.csv") { model, data, split, limit, layer, output };
        weights.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            string path = parsed.GetRequiredValue(output);
            FeatureTable.CheckPath(path);
            OutputFile.MustBeWritable(path);
            DataSplit part = parsed.GetValue(split) == "train" ? DataSplit.Train : DataSplit.Test;
            using ResolvedModel resolved = ModelArgument.Resolve(session, parsed.GetRequiredValue(model), weights.Read(parsed));
            return Task.FromResult(Run(session, resolved, DataArgument.Load(parsed.GetValue(data)!, part, parsed.GetValue(limit)), parsed.GetValue(layer), path));
        });
        return command;
    }

    private static int Run(Session session, ResolvedModel resolved, ImageDataset data, string? layer, string path)
    {
        if (!resolved.Trained)
        {
            session.Say($"{resolved.Info.Name} has fresh weights, not trained ones: its features mean little.");
        }

        using ImageTensors images = ImageTensors.From(data, TransferLearning.PreprocessingFor(data, resolved.Preprocessing), session.Device);
        using ImageTensors features = layer is null
            ? Features.Before(resolved.Model, resolved.Model.Head, images, cancel: session.Cancel)
            : Features.At(resolved.Model, layer, images, cancel: session.Cancel);
        string what = layer ?? $"input of {resolved.Model.Head}";
        FeatureTable.Write(path, features, facts: new Dictionary<string, string> { ["model"] = resolved.Info.Name, ["layer"] = what, ["data"] = data.Name });
        session.Show(new { model = resolved.Info.Name, data = data.Name, layer = what, images = features.Count, shape = features.Shape, output = path }, console =>
            console.WriteLine($"{resolved.Info.Name} on {data.Name}: {what}, {Tables.Count(features.Count)} × {Tables.Shape(features.Shape)} in {path}"));
        return 0;
    }
}
