using System.CommandLine;
using System.Diagnostics;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Transfer;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo catalog</c>: the generated files of the models, for those who work on the zoo itself (CONTRIBUTING.md).</summary>
internal static class CatalogCommand
{
    private const string Python = "/usr/bin/python3";

    internal static Command Create() =>
        new("catalog", "Work on the catalog in a checkout of ModelZoo.\n\nExample: zoo catalog add mobilenet_v2") { CreateAdd() };

    private static Command CreateAdd()
    {
        var names = new Argument<string[]>("model") { Description = "Models that the catalog lists", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Every model" };
        var root = new Option<string?>("--root") { Description = "The checkout (default: the one that this folder is in)", HelpName = "folder" };
        var data = new Option<string?>("--data") { Description = "Measure the accuracy of shipped weights on this, too", HelpName = "data" };
        var command = new Command("add",
            "Write the files that are generated of a model: card, blueprint, the tests' manifest and, of a model that torchvision has, its golden values.\n\n"
            + "Example: zoo catalog add mobilenet_v2") { names, all, root, data };
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            string[] given = parsed.GetValue(names) ?? [];
            if (parsed.GetValue(all) == given.Length > 0)
            {
                throw new UsageException("zoo catalog add needs the names of models, or --all.");
            }

            ModelInfo[] models = given.Length == 0 ? [.. Session.Catalog.Models] : [.. given.Select(Session.Catalog.Find)];
            var files = CatalogFiles.Find(parsed.GetValue(root) is { } folder ? Path.GetFullPath(folder) : Environment.CurrentDirectory);
            Added[] added = [.. models.Select(info => Add(session, files, info, parsed.GetValue(data)))];
            session.Show(added.Length == 1 ? added[0] : added, console =>
            {
                foreach (Added one in added)
                {
                    foreach (string path in one.Written)
                    {
                        console.WriteLine($"wrote {path}");
                    }
                }

                foreach (string remaining in added.SelectMany(a => a.Remaining).Distinct())
                {
                    console.WriteLine($"left to do: {remaining}");
                }
            });
            return Task.FromResult(0);
        });
        return command;
    }

    private static Added Add(Session session, CatalogFiles files, ModelInfo info, string? data)
    {
        session.Cancel.ThrowIfCancellationRequested();
        session.Say(info.Name);
        ModelCard card = files.WriteCard(info, data is null ? null : card => Accuracies(session, info, card, data));
        files.WriteBlueprint(info);
        List<string> written = [files.CardOf(info), files.BlueprintOf(info)], remaining = [];
        if (info.Torchvision is { } builder)
        {
            if (RunOracle(files, "golden", files.Oracle, info.Name, builder) is { } failure)
            {
                remaining.Add($"{info.Name}: torchvision's manifest and golden values, `zoo catalog add {info.Name}` again where torchvision is: {failure}");
            }
            else
            {
                written.AddRange([Path.Combine(files.Oracle, "Golden", $"{info.Name}.safetensors"), files.ManifestOf(info)]);
            }
        }
        else if (files.WriteManifest(info, card))
        {
            written.Add(files.ManifestOf(info));
            remaining.Add($"{info.Name}: hold {files.ManifestOf(info)} against the paper or another implementation; it is the model's own word so far");
        }

        if (info.Task == ModelTask.Classification && !HasRecipe(files, info))
        {
            remaining.Add($"{info.Name}: a recipe in {Path.Combine(files.Models, info.Family, "recipe.json")}");
        }

        if (PublishedFigures.All.All(f => f.Model != info.Name))
        {
            remaining.Add($"{info.Name}: published parameters and MACs, where there are any, in {Path.Combine(files.Models, "PublishedFigures.cs")}");
        }

        remaining.Add("scripts/test --filter \"DisplayName~<model>\" builds the new files in and runs every test that concerns a model");
        return new(info.Name, card, written, remaining);
    }

    private static bool HasRecipe(CatalogFiles files, ModelInfo info)
    {
        string path = Path.Combine(files.Models, info.Family, "recipe.json");
        return File.Exists(path) && Recipe.Has(info.Name, File.ReadAllText(path), path);
    }

    /// <returns>Null, or why there is no answer.</returns>
    private static string? RunOracle(CatalogFiles files, params string[] arguments)
    {
        string script = Path.Combine(files.Oracle, "oracle.py");
        if (!File.Exists(Python) || !File.Exists(script))
        {
            return $"{(File.Exists(Python) ? script : Python)} is missing (scripts/setup --with-oracle installs torchvision).";
        }

        var start = new ProcessStartInfo(Python, [script, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new ZooException($"{Python} does not start.");
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        _ = output.Result;
        return process.ExitCode == 0 ? null : errors.Result.Trim().Split('\n')[^1];
    }

    private static SortedDictionary<string, WeightsCard> Accuracies(Session session, ModelInfo info, ModelCard card, string source)
    {
        var measured = new SortedDictionary<string, WeightsCard>(StringComparer.Ordinal);
        foreach ((string name, WeightsCard weights) in card.Weights)
        {
            using ResolvedModel resolved = ModelArgument.Resolve(session, $"{info.Name}:{name}");
            LabeledImages test = DataSource.Parse(source).Open(DataSplit.Test);
            if (!test.Info.ClassNames.SequenceEqual(resolved.Labels))
            {
                measured[name] = weights; // made for other data
                continue;
            }

            var options = new LoaderOptions { Device = session.Device };
            using IImageBatches images = ImageBatches.Open(test, TransferLearning.PreprocessingFor(test, resolved.Preprocessing), null, options);
            EvaluationResult result = Evaluator.Evaluate(resolved.Model, images);
            measured[name] = weights with { Accuracy = result.Accuracy, Data = test.Name, Images = result.Count };
        }

        return measured;
    }

    /// <summary>What was written of a model, and what is left to do by hand.</summary>
    private sealed record Added(string Model, ModelCard Card, IReadOnlyList<string> Written, IReadOnlyList<string> Remaining);
}
