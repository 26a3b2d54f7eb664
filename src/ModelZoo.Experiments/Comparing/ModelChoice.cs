using System.Globalization;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Weights;

namespace ModelZoo.Experiments.Comparing;

/// <summary>A model that was chosen for a comparison.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Info">Its line of the catalog.</param>
/// <param name="Options">What it is built with.</param>
public sealed record ModelChoice(string Name, ModelInfo Info, ModelOptions Options)
{
    /// <summary>What others published of it.</summary>
    public IReadOnlyList<Accuracy> Published { get; init; } = [];

    /// <summary>What the zoo measured of trained weights.</summary>
    public IReadOnlyList<Accuracy> Measured { get; init; } = [];

    /// <summary>
    /// Reads what people write: names of the catalog, names with shipped or published weights, checkpoints. No weights are loaded, and published ones need not
    /// be on this machine.
    /// </summary>
    /// <param name="specs">At least one; what is named twice counts once.</param>
    /// <param name="change">Other input sizes, for instance, than each model's own.</param>
    /// <param name="maxMemory">The most bytes that a network may take for one image; null: <see cref="MemoryNeed.DefaultLimit"/>.</param>
    /// <exception cref="ZooException">A name or a file is unknown, or an architecture does not allow the options or takes too much with them.</exception>
    public static IReadOnlyList<ModelChoice> Read(IReadOnlyList<string> specs, Func<ModelOptions, ModelOptions>? change = null, long? maxMemory = null)
    {
        ArgumentNullException.ThrowIfNull(specs);
        string[] distinct = [.. specs.Distinct()];
        ModelChoice[] choices = [.. distinct.Select(spec => One(spec, change ?? (static o => o)))];
        foreach ((ModelChoice choice, string spec) in choices.Zip(distinct))
        {
            SizeCheck.Require(choice.Info, choice.Options, maxMemory, spec);
        }

        // Two checkpoints of the same file name are told apart by their paths.
        return [.. choices.Select((c, i) => choices.Count(other => other.Name == c.Name) > 1 ? c with { Name = distinct[i] } : c)];
    }

    private static ModelChoice One(string spec, Func<ModelOptions, ModelOptions> change)
    {
        string[] parts = spec.Split(':', 2);
        if (Catalog.Models.TryFind(parts[0], out ModelInfo? info))
        {
            ModelOptions own = info.Defaults;
            if (parts.Length == 1)
            {
                return new(spec, info, change(own)) { Published = Accuracy.PublishedOf(info), Measured = Accuracy.ShippedOf(info) };
            }

            if (info.Published.FirstOrDefault(w => w.Name == parts[1]) is { } published)
            {
                return new(spec, info, change(info.PublishedOptions?.Invoke(own) ?? own))
                {
                    Published = published.Top1 is null ? [] : [Accuracy.Of(info, published)],
                };
            }

            using ResolvedModel shipped = ModelResolver.Resolve(Catalog.Models, spec, Catalog.ReadResource);
            return new(spec, info, change(shipped.Options)) { Measured = [.. Accuracy.ShippedOf(info).Where(a => a.Weights == spec)] };
        }

        if (!File.Exists(spec))
        {
            using ResolvedModel none = ModelResolver.Resolve(Catalog.Models, spec, Catalog.ReadResource); // tells what is wrong
            throw new ZooException($"{spec}: no such model.");
        }

        CheckpointInfo checkpoint = Checkpoint.ReadInfo(spec);
        return Catalog.Models.TryFind(checkpoint.Architecture, out ModelInfo? architecture)
            ? new(Path.GetFileNameWithoutExtension(spec), architecture, change(checkpoint.Options)) { Measured = Said(spec, checkpoint) }
            : throw new ZooException($"{spec}: was made with the architecture '{checkpoint.Architecture}', which the catalog does not have.");
    }

    private static Accuracy[] Said(string path, CheckpointInfo checkpoint) =>
        checkpoint.Extra.TryGetValue("testAccuracy", out string? text)
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double share)
            ? [new(checkpoint.Extra.GetValueOrDefault("testData", "its test data"), 100 * share, null,
                "measured by the zoo, as the checkpoint says")
            {
                Weights = path,
                Images = int.TryParse(checkpoint.Extra.GetValueOrDefault("testImages"), NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null,
            }]
            : [];
}
