using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Inference;
using ModelZoo.Registry;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo import</c>: weights from elsewhere, held against an architecture and made into a checkpoint.</summary>
internal static class ImportCommand
{
    internal static Command Create()
    {
        var file = new Argument<string>("file")
        {
            Description = "PyTorch's .pth (file.pth#key of several state dicts), TorchSharp's .dat, or safetensors; or an ONNX model"
        };
        var model = new Option<string?>("--model")
        {
            Description = "The architecture that the weights belong to: a name of `zoo list` (an ONNX model needs none)",
            HelpName = "name",
        };
        var output = new Option<string>("--output", "-o") { Description = "The checkpoint to write", HelpName = "x.safetensors", Required = true };
        Option<string?> labels = LabelsArgument.Create();
        var task = DataArgument.CreateTask("What the outputs are: logits of one class of several, of any number of labels, or a number");
        var force = new Option<bool>("--force") { Description = "Replace a file that is there" };
        var weights = new WeightsArgument();
        var command = new Command("import",
            "Make a checkpoint of weights from PyTorch or TorchSharp, or of an ONNX model.\n\nExample: "
            + "zoo import lenet.pth --model lenet5 -o lenet5.safetensors") { file, model,
            output, labels, task, force };
        weights.AddTo(command, withFile: false);
        command.OnRun((parsed, cancel) => Run(
            Session.Open(parsed, cancel), weights.Read(parsed, parsed.GetRequiredValue(file)), parsed.GetValue(model), parsed.GetRequiredValue(output),
                parsed.GetValue(labels), DataArgument.TaskOf(parsed.GetValue(task)!), parsed.GetValue(force)));
        return command;
    }

    private static int Run(Session session, WeightsChoice weights, string? model, string output, string? labels, TaskKind task, bool force)
    {
        bool graph = ImportedGraph.IsOne(weights.File!);
        ModelInfo? named = model is not null ? Session.Catalog.Find(model)
            : graph ? null
            : throw new UsageException("--model is missing: weights alone do not say which architecture they belong to. `zoo list` shows them all.");
        if (graph && named is not null)
        {
            throw new UsageException($"{weights.File}: an ONNX model says itself what it is; leave out --model.");
        }

        if (!output.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"--output {output}: a checkpoint's name ends in .safetensors. For other formats there is `zoo export`.");
        }

        OutputFile.MustBeNew(output, force);
        string format = "ONNX";
        if (!graph)
        {
            using WeightsFile file = WeightsFile.Open(weights.File!);
            format = file.Format;
        }

        string[]? given = LabelsArgument.Read(labels);
        using ResolvedModel resolved = Meaning(session, named is null
            ? ModelArgument.Resolve(session, weights.File!, weights with { File = null })
            : ModelArgument.Resolve(session, named.Name, weights), task, given);
        ModelInfo info = resolved.Info;
        string[] names = given ?? [.. resolved.Labels];
        int classes = resolved.Options.NumClasses;
        if (names.Length != classes)
        {
            throw new UsageException($"--labels {labels}: {names.Length} names for {classes} {(classes == 1 ? "output" : "classes")}.");
        }

        Checkpoint.Save(output, resolved.Model, (resolved with { Labels = names }).Describe(
            new SortedDictionary<string, string>(resolved.Checkpoint?.Extra.ToDictionary() ?? [], StringComparer.Ordinal)
            {
                ["importedBy"] = $"ModelZoo {typeof(ImportCommand).Assembly.GetName().Version?.ToString(3)}",
                ["importedFrom"] = $"{Path.GetFileName(weights.File)} ({format})",
            }));
        LoadReport report = resolved.Loading!;
        session.Show(new { model = info.Name, file = weights.File, format, output, classes, report }, console =>
            console.WriteLine($"{output}: {info.Name} with {Tables.Count(classes)} {(classes == 1 ? "output" : "classes")}, {report.Loaded.Count} tensors from "
                + $"{weights.File} ({format})"));
        return 0;
    }

    // One logit is no class of several: its softmax would always be 1.
    private static ResolvedModel Meaning(Session session, ResolvedModel loaded, TaskKind task, string[]? names)
    {
        if (task != TaskKind.Classes)
        {
            return loaded.Task.Kind == task ? loaded : loaded.Options.NumClasses == 1 || task != TaskKind.Regression
                ? loaded with { Task = new PredictionTask { Kind = task } }
                : throw new UsageException($"--task regression: the head has {loaded.Options.NumClasses} outputs; a number is one.");
        }

        if (loaded.Options.NumClasses > 1 || loaded.Info.Task != ModelTask.Classification || loaded.Task.Kind != TaskKind.Classes)
        {
            return loaded;
        }

        if (names is not { Length: 2 })
        {
            throw new UsageException("The head has one logit, of which a softmax would always make 100 %. If its sigmoid tells two classes apart, name them "
                + "with --labels no,yes (a positive logit means the second); if it is a number, say --task regression.");
        }

        session.Say($"one logit: its sigmoid is taken as the softmax of two, 0 for '{names[0]}' and the logit for '{names[1]}'");
        return loaded.WithTwoClasses(names);
    }
}
