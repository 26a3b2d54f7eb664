using System.Diagnostics;
using System.Text;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Transfer;
using ModelZoo.Verification.Blueprints;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelZoo.Models;

/// <summary>
/// The generated files of a model in a checkout: its card, its blueprint, and the manifest that the tests hold its keys against. Everything is read from the
/// sources on disk, shipped weights included, so that a model that was just added needs no earlier build.
/// </summary>
/// <param name="root">The checkout: the folder with ModelZoo.sln.</param>
public sealed class CatalogFiles(string root)
{
    private const string Solution = "ModelZoo.sln", Python = "/usr/bin/python3";

    /// <summary>The checkout.</summary>
    public string Root => root;

    /// <summary>The folder models/.</summary>
    public string Models => Path.Combine(root, "models");

    /// <summary>The folder of the tests that compare with torchvision.</summary>
    public string Oracle => Path.Combine(root, "tests", "ModelZoo.Tests", "Oracle");

    /// <summary>The checkout that a folder is in.</summary>
    /// <exception cref="ZooException">It is in none.</exception>
    public static CatalogFiles Find(string folder)
    {
        for (DirectoryInfo? at = new(folder); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, Solution)))
            {
                return new(at.FullName);
            }
        }

        throw new ZooException($"{folder} is not inside a checkout of ModelZoo (no {Solution} in it or above it). Run the command there, or name the checkout "
            + "with --root.");
    }

    /// <summary>The file of a model's card.</summary>
    public string CardOf(ModelInfo info) => Path.Combine(Models, Catalog.CardNameOf(info));

    /// <summary>The file of a model's blueprint.</summary>
    public string BlueprintOf(ModelInfo info) => Path.Combine(Models, Catalog.BlueprintNameOf(info));

    /// <summary>The file of a model's manifest: a head line with parameters and MACs, then a line "key [shape]" per tensor, parameters first.</summary>
    public string ManifestOf(ModelInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        return Path.Combine(root, "tests", "ModelZoo.Tests", "Models", "Manifests", $"{info.Name}.txt");
    }

    /// <summary>Writes every generated file of a model: card, blueprint, manifest, and of a model that torchvision has its golden values.</summary>
    /// <param name="info">The model.</param>
    /// <param name="accuracyOn">Test data for the accuracy of shipped weights; null: what the card says of them stays.</param>
    /// <param name="device">Where the accuracy is measured.</param>
    /// <exception cref="ZooException">The network cannot be built or measured, or a file cannot be written.</exception>
    public CatalogAddition Add(ModelInfo info, LabeledImages? accuracyOn = null, Device? device = null)
    {
        ArgumentNullException.ThrowIfNull(info);
        ModelCard card = WriteCard(info, accuracyOn is null ? null : card => Accuracies(info, card, accuracyOn, device ?? CPU));
        WriteBlueprint(info);
        List<string> written = [CardOf(info), BlueprintOf(info)], remaining = [];
        if (info.Torchvision is { } builder)
        {
            if (RunOracle("golden", Oracle, info.Name, builder) is { } failure)
            {
                remaining.Add($"{info.Name}: torchvision's manifest and golden values, `zoo catalog add {info.Name}` again where torchvision is: {failure}");
            }
            else
            {
                written.AddRange([Path.Combine(Oracle, "Golden", $"{info.Name}.safetensors"), ManifestOf(info)]);
            }
        }
        else if (WriteManifest(info, card))
        {
            written.Add(ManifestOf(info));
            remaining.Add($"{info.Name}: hold {ManifestOf(info)} against the paper or another implementation; it is the model's own word so far");
        }

        string recipe = Path.Combine(Models, info.Family, "recipe.json");
        if (info.Task == ModelTask.Classification && !(File.Exists(recipe) && Recipe.Has(info.Name, File.ReadAllText(recipe), recipe)))
        {
            remaining.Add($"{info.Name}: a recipe in {recipe}");
        }

        if (info.Torchvision is not null && info.Published.Count == 0)
        {
            remaining.Add($"{info.Name}: the weights that torchvision publishes, in {Path.Combine(Models, "TorchvisionWeights.cs")}");
        }

        if (PublishedFigures.All.All(f => f.Model != info.Name))
        {
            remaining.Add($"{info.Name}: published parameters and MACs, where there are any, in {Path.Combine(Models, "PublishedFigures.cs")}");
        }

        string page = Path.Combine(root, "docs", "models.md"), text = File.Exists(page) ? File.ReadAllText(page) : "";
        if (!Catalog.Models.Models.Any(m => m.Family == info.Family && text.Contains($"`{m.Name}`", StringComparison.Ordinal)))
        {
            remaining.Add($"{info.Name}: a row of the family {info.Family} in {page}, and a fault in it "
                + $"in a list of {Path.Combine(root, "tests", "ModelZoo.Tests", "Verification", "Mutations")}");
        }

        remaining.Add("scripts/test --filter \"DisplayName~<model>|FullyQualifiedName~ModelPageTests\" builds the new files in and runs every test that "
            + "concerns a model");
        return new(info.Name, card, written, remaining);
    }

    /// <summary>Measures a model and writes its card; accuracies stay where the weights are the same file as before.</summary>
    /// <param name="info">The model.</param>
    /// <param name="accuracies">Measures the accuracy of shipped weights anew; null: they stay.</param>
    /// <returns>The card.</returns>
    public ModelCard WriteCard(ModelInfo info, Func<ModelCard, IReadOnlyDictionary<string, WeightsCard>>? accuracies = null)
    {
        string path = CardOf(info);
        ModelCard? before = File.Exists(path) ? ModelCard.Parse(File.ReadAllBytes(path), path) : null;
        ModelCard card = ModelCard.Measure(info, ReadSource, before);
        card = accuracies is null ? card : card with { Weights = accuracies(card) };
        Write(path, card.ToJson());
        return card;
    }

    /// <summary>Traces a model and writes its blueprint.</summary>
    public void WriteBlueprint(ModelInfo info)
    {
        Write(BlueprintOf(info), Encoding.UTF8.GetBytes(BlueprintText.Write(Blueprint.Of(info))));
    }

    /// <summary>
    /// Writes a model's keys and shapes as the model itself has them, unless there is a manifest already: that one may come from an independent source.
    /// </summary>
    /// <returns>Whether it was written.</returns>
    public bool WriteManifest(ModelInfo info, ModelCard card)
    {
        ArgumentNullException.ThrowIfNull(card);
        string path = ManifestOf(info);
        if (File.Exists(path))
        {
            return false;
        }

        using ZooModel model = info.Create();
        IEnumerable<string> keys = model.state_dict().Select(entry => $"{entry.Key} [{string.Join(",", entry.Value.shape)}]");
        string text = string.Join('\n', keys.Prepend($"# {card.Parameters} parameters, {card.Macs} MACs")) + "\n";
        Write(path, Encoding.UTF8.GetBytes(text));
        return true;
    }

    private SortedDictionary<string, WeightsCard> Accuracies(ModelInfo info, ModelCard card, LabeledImages test, Device device)
    {
        var measured = new SortedDictionary<string, WeightsCard>(StringComparer.Ordinal);
        foreach ((string name, WeightsCard weights) in card.Weights)
        {
            using ResolvedModel resolved = ModelResolver.Resolve(Catalog.Models, $"{info.Name}:{name}", ReadSource);
            if (!test.Info.ClassNames.SequenceEqual(resolved.Labels))
            {
                measured[name] = weights; // made for other data
                continue;
            }

            resolved.Model.to(device);
            var options = new LoaderOptions { Device = device };
            using IImageBatches images = ImageBatches.Open(test, TransferLearning.PreprocessingToMeasure(test, resolved.Preprocessing), null, options);
            EvaluationResult result = Evaluator.Evaluate(resolved.Model, images);
            measured[name] = weights with { Accuracy = result.Accuracy, Data = test.Name, Images = result.Count };
        }

        return measured;
    }

    /// <returns>Null, or why there is no answer.</returns>
    private string? RunOracle(params string[] arguments)
    {
        string script = Path.Combine(Oracle, "oracle.py");
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

    private static void Write(string path, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, stream => stream.Write(content));
    }

    private byte[] ReadSource(string name)
    {
        string path = Path.Combine(Models, name);
        return File.Exists(path) ? File.ReadAllBytes(path) : throw new ZooException($"{path} is missing: the catalog says that these weights are shipped.");
    }
}

/// <summary>What was written of a model, and what is left to do by hand.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Card">What was measured.</param>
/// <param name="Written">The files.</param>
/// <param name="Remaining">A sentence each.</param>
public sealed record CatalogAddition(string Model, ModelCard Card, IReadOnlyList<string> Written, IReadOnlyList<string> Remaining);
