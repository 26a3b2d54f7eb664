using System.Text;
using ModelZoo.Registry;
using ModelZoo.Verification.Blueprints;

namespace ModelZoo.Models;

/// <summary>
/// The generated files of a model in a checkout: its card, its blueprint, and the manifest that the tests hold its keys against. Everything is read from the
/// sources on disk, shipped weights included, so that a model that was just added needs no earlier build.
/// </summary>
/// <param name="root">The checkout: the folder with ModelZoo.sln.</param>
public sealed class CatalogFiles(string root)
{
    private const string Solution = "ModelZoo.sln";

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
