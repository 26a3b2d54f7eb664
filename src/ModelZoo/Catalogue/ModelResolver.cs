using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo;

/// <summary>Turns what people write (<c>lenet5</c>, <c>lenet5:mnist</c>, <c>run/best.safetensors</c>) into a model.</summary>
public static class ModelResolver
{
    private const string Extension = ".safetensors";

    /// <summary>Builds the model and loads its weights.</summary>
    /// <param name="catalog">The known models.</param>
    /// <param name="spec">
    /// A model's name (fresh weights), a name with shipped weights or published and pulled ones (<see cref="WeightsPull"/>) after a colon, or the path of a checkpoint that the zoo made.
    /// </param>
    /// <param name="readResource">Reads shipped weights: ModelZoo.Models' Catalog.ReadResource.</param>
    /// <param name="weightsPath">With a model's name: a safetensors file to load; if the zoo made it, its classes, labels and preprocessing come with it.</param>
    /// <param name="options">With a model's name: other sizes than the architecture's own.</param>
    /// <param name="seed">Decides fresh weights.</param>
    /// <exception cref="ZooException">Name, weights or file are unknown, unreadable or do not fit; the message says which and why.</exception>
    public static ResolvedModel Resolve(
        ModelCatalog catalog, string spec, Func<string, byte[]> readResource, string? weightsPath = null, ModelOptions? options = null, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(readResource);
        ArgumentException.ThrowIfNullOrWhiteSpace(spec);
        string[] parts = spec.Split(':', 2);
        bool named = catalog.TryFind(parts[0], out ModelInfo? info);
        if (named && parts.Length == 2)
        {
            return weightsPath is not null ? throw new UsageException($"{spec} names shipped weights already; leave out {weightsPath}, or write {parts[0]}.")
                : info!.Published.FirstOrDefault(w => w.Name == parts[1]) is { } published ? Pulled(info, published, readResource)
                : Shipped(info, parts[1], readResource);
        }

        if (named)
        {
            return weightsPath is null ? Fresh(info!, options ?? info!.Defaults, seed) : WithWeights(info!, weightsPath, options);
        }

        return LooksLikePath(spec) && weightsPath is null ? FromFile(catalog, spec) : throw Unknown(catalog, spec, parts[0]);
    }

    /// <summary>Opens a checkpoint that the zoo made: architecture, classes, labels and preprocessing come from it.</summary>
    /// <exception cref="ZooException">The file cannot be read, is no such checkpoint, or its architecture is not in the catalogue.</exception>
    public static ResolvedModel FromFile(ModelCatalog catalog, string path)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        CheckpointInfo checkpoint = CheckpointJson.Read(file);
        return catalog.TryFind(checkpoint.Architecture, out ModelInfo? info)
            ? Build(info, checkpoint, file)
            : throw new ZooException($"{path}: was made with the architecture '{checkpoint.Architecture}', which this catalogue does not have."
                + NearestName.Hint(checkpoint.Architecture, catalog.Models.Select(m => m.Name)));
    }

    private static ResolvedModel Fresh(ModelInfo info, ModelOptions options, ulong seed)
    {
        random.manual_seed((long)seed);
        return new ResolvedModel
        {
            Model = info.Create(options),
            Info = info,
            Options = options,
            Labels = Numbers(options.NumClasses),
            Preprocessing = Resized(info.Preprocessing, options),
            Trained = false,
        };
    }

    private static ResolvedModel Shipped(ModelInfo info, string weights, Func<string, byte[]> readResource)
    {
        ShippedWeights shipped = info.Weights.FirstOrDefault(w => w.Name == weights) ?? throw NoWeights(info, weights);
        using SafetensorsFile file = SafetensorsFile.Parse(readResource(shipped.Resource), shipped.Resource);
        return Build(info, CheckpointJson.Read(file), file);
    }

    private static ResolvedModel Pulled(ModelInfo info, PublishedWeights published, Func<string, byte[]> readResource)
    {
        string spec = $"{info.Name}:{published.Name}";
        string path = WeightsCache.Find(info.Name, published)
            ?? throw new UsageException($"{spec} is published, but not on this machine yet. Fetch it with `zoo pull {spec}` (a file that you have already: `zoo pull {spec} --from <file>`).");
        ResolvedModel loaded = WithWeights(info, path, options: null);
        if (loaded.Checkpoint is not null)
        {
            return loaded; // a checkpoint of the zoo's own, from a mirror, knows its labels
        }

        IReadOnlyList<string> labels = published.ReadLabels(readResource);
        if (labels.Count != loaded.Options.NumClasses)
        {
            loaded.Dispose();
            throw new ZooException($"{path}: has {loaded.Options.NumClasses} classes, and {spec} has {labels.Count}. Fetch it anew with `zoo pull {spec} --force`.");
        }

        return loaded with { Labels = labels, Preprocessing = Resized(published.Preprocessing, loaded.Options) };
    }

    private static UsageException NoWeights(ModelInfo info, string weights)
    {
        string[] shipped = [.. info.Weights.Select(w => w.Name)], published = [.. info.Published.Select(w => w.Name)];
        return new(shipped.Length + published.Length == 0
            ? $"No weights of {info.Name} are shipped or published. Train it with `zoo train {info.Name}`, or give a file."
            : $"There are no weights '{info.Name}:{weights}'.{NearestName.Hint(weights, shipped.Concat(published))}"
                + (shipped.Length == 0 ? "" : $" Shipped are {Specs(shipped)}.") + (published.Length == 0 ? "" : $" Published are {Specs(published)}."));

        string Specs(string[] names) => string.Join(", ", names.Select(n => $"{info.Name}:{n}"));
    }

    private static ResolvedModel WithWeights(ModelInfo info, string path, ModelOptions? options)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (file.Metadata.ContainsKey(CheckpointJson.Key))
        {
            CheckpointInfo checkpoint = CheckpointJson.Read(file);
            return checkpoint.Architecture == info.Name
                ? Build(info, checkpoint, file)
                : throw new ZooException($"{path}: holds weights of {checkpoint.Architecture}, not of {info.Name}.");
        }

        ResolvedModel fresh = Fresh(info, options ?? info.Defaults, seed: 0);
        if (options is null && ClassesOf(file, fresh.Model.Head) is { } classes && classes != fresh.Options.NumClasses)
        {
            fresh.Dispose();
            fresh = Fresh(info, info.Defaults with { NumClasses = classes }, seed: 0);
        }

        return Loaded(fresh, file);
    }

    private static ResolvedModel Build(ModelInfo info, CheckpointInfo checkpoint, SafetensorsFile file) => Loaded(
        Fresh(info, checkpoint.Options, seed: 0) with { Checkpoint = checkpoint, Labels = checkpoint.Labels, Preprocessing = checkpoint.Preprocessing }, file);

    private static ResolvedModel Loaded(ResolvedModel fresh, SafetensorsFile file)
    {
        try
        {
            Checkpoint.LoadInto(fresh.Model, file);
            return fresh with { Trained = true };
        }
        catch
        {
            fresh.Dispose();
            throw;
        }
    }

    // The rows of the head's weight, where the file has one.
    private static int? ClassesOf(SafetensorsFile file, string head) =>
        file.Contains($"{head}.weight") && file[$"{head}.weight"].Shape is [> 0 and <= int.MaxValue, ..] shape ? (int)shape[0] : null;

    private static Preprocessing Resized(Preprocessing own, ModelOptions options) => own with
    {
        Channels = options.InChannels,
        Height = options.InputHeight,
        Width = options.InputWidth,
        ShorterSide = Scaled(own, options),
        Mean = Spread(own.Mean, options.InChannels),
        Std = Spread(own.Std, options.InChannels),
    };

    // The same part of the image as with the weights' own size.
    private static int Scaled(Preprocessing own, ModelOptions options) => own.ShorterSide == 0
        ? 0
        : Math.Max(1, (int)Math.Round((double)own.ShorterSide * Math.Min(options.InputHeight, options.InputWidth) / Math.Min(own.Height, own.Width)));

    private static float[] Spread(float[] values, int channels) => values.Length == channels ? values : [.. Enumerable.Repeat(values.Average(), channels)];

    private static string[] Numbers(int classes) => [.. Enumerable.Range(0, classes).Select(c => $"{c}")];

    private static bool LooksLikePath(string spec) => spec.Contains('/', StringComparison.Ordinal) || spec.Contains('\\', StringComparison.Ordinal)
        || spec.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) || File.Exists(spec);

    private static UsageException Unknown(ModelCatalog catalog, string spec, string name) => new(
        $"There is no model '{spec}'.{NearestName.Hint(name, catalog.Models.Select(m => m.Name))} `zoo list` shows them all. A checkpoint is given by its path (…/{spec}{Extension}).");
}
