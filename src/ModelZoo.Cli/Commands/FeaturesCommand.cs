using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
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
        var data = new DataArgument();
        var split = DataArgument.CreateSplit();
        var layer = new Option<string?>("--layer")
        {
            Description = "The layer whose output is wanted; VGG's fc7 is classifier.3 (default: what the head takes in)",
            HelpName = "name"
        };
        var output = new Option<string>("--output")
        {
            Description = $"Where they go: {string.Join(" or ", FeatureTable.Extensions)}",
            HelpName = "file",
            Required = true
        };
        var command = new Command("features",
            "Write the feature vectors that a layer makes of each image, with labels.\n\nExample: zoo features lenet5:mnist --data digits --output "
            + "features.csv") { model, split, layer, output };
        data.AddTo(command);
        weights.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            string path = parsed.GetRequiredValue(output);
            FeatureTable.CheckPath(path);
            OutputFile.MustBeWritable(path);
            using ResolvedModel resolved = ModelArgument.Resolve(session, parsed.GetRequiredValue(model), weights.Read(parsed));
            return Task.FromResult(Run(session, resolved, data.Read(parsed), parsed.GetValue(split)!, parsed.GetValue(layer), path));
        });
        return command;
    }

    private static int Run(Session session, ResolvedModel resolved, DataChoice choice, string part, string? layer, string path)
    {
        LabeledImages data = (choice with { Labels = choice.Labels with { Kind = choice.Source.HasColumns ? resolved.Task.Kind : TaskKind.Classes } })
            .OpenPart(session, part);
        FolderSummary[]? folders = FolderSummaries.Say(session, data);
        if (!resolved.Trained)
        {
            session.Say($"{resolved.Info.Name} has fresh weights, not trained ones: its features mean little.");
        }

        if (layer is null && resolved.Model.Head.Length == 0)
        {
            layer = resolved.Model.named_modules().Last().name; // an imported network without a classifier: its output
        }

        using IImageBatches images = ImageBatches.Open(data, TransferLearning.PreprocessingToMeasure(data, resolved.Preprocessing), null,
            choice.Loader with { Device = session.Device });
        using ImageTensors features = layer is null
            ? Features.Before(resolved.Model, resolved.Model.Head, images, cancel: session.Cancel, quantization: resolved.Quantization)
            : Features.At(resolved.Model, layer, images, cancel: session.Cancel, quantization: resolved.Quantization);
        DataChoice.Report(session, images);
        HashSet<int> skipped = [.. images.Skipped.Select(bad => bad.Index)];
        string[] names = [.. Enumerable.Range(0, data.Count).Where(i => !skipped.Contains(i)).Select(data.NameOf)];
        string what = layer ?? $"input of {resolved.Model.Head}";
        FeatureTable.Write(path, features, data is ImageDataset
            ? null
            : names, new Dictionary<string, string> { ["model"] = resolved.Info.Name, ["layer"] = what, ["data"] = data.Name });
        string model = resolved.Info.Name;
        session.Show(new { model, data = data.Name, layer = what, images = features.Count, folders, shape = features.Shape, output = path }, console =>
            console.WriteLine($"{model} on {data.Name}: {what}, {Tables.Count(features.Count)} × {Tables.Shape(features.Shape)} in {path}"));
        return 0;
    }
}
