using ModelZoo.Downloads;
using ModelZoo.Imaging;
using ModelZoo.Layers;
using ModelZoo.Onnx;
using ModelZoo.Registry;
using ModelZoo.Weights;
using static TorchSharp.torch;

namespace ModelZoo.Inference;

/// <summary>Turns what people write (<c>lenet5</c>, <c>lenet5:mnist</c>, <c>run/best.safetensors</c>) into a model.</summary>
public static class ModelResolver
{
    private static readonly string[] Extensions = [".safetensors", ".pth", ".pt", ".dat", ".ckpt", ".bin", ".index.json", ".onnx"];

    /// <summary>Builds the model and loads its weights.</summary>
    /// <param name="catalog">The known models.</param>
    /// <param name="spec">
    /// A model's name (fresh weights), a name with shipped weights or published and pulled ones (<see cref="WeightsPull"/>) after a colon, or the path of a
    /// checkpoint that the zoo made, or of an ONNX model.
    /// </param>
    /// <param name="readResource">Reads shipped weights: ModelZoo.Models' Catalog.ReadResource.</param>
    /// <param name="weightsPath">With a model's name: a file to load (any that <see cref="WeightsFile"/> reads); if the zoo made it, its classes, labels and
    /// preprocessing come with it.</param>
    /// <param name="options">With a model's name: other sizes than the architecture's own.</param>
    /// <param name="seed">Decides fresh weights.</param>
    /// <param name="load">How far the weights may differ from the model; null for not at all.</param>
    /// <param name="change">Changes the sizes that the name, the checkpoint or the file's head give: other classes, other channels. Labels and preprocessing
    /// follow.</param>
    /// <param name="maxMemory">The most bytes that the network may take for one image, by an estimate made before it is built: a file may claim any size.
    /// Null: <see cref="MemoryNeed.DefaultLimit"/>.</param>
    /// <exception cref="ZooException">Name, weights or file are unknown, unreadable, do not fit or ask for too much; the message says which
    /// and why.</exception>
    public static ResolvedModel Resolve(
        ModelCatalog catalog, string spec, Func<string, byte[]> readResource, string? weightsPath = null, ModelOptions? options = null, ulong seed = 0,
        LoadOptions? load = null, Func<ModelOptions, ModelOptions>? change = null, long? maxMemory = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(readResource);
        ArgumentException.ThrowIfNullOrWhiteSpace(spec);
        string[] parts = spec.Split(':', 2);
        var request = new ResolveRequest(load ?? new LoadOptions(), change ?? (static o => o), seed, maxMemory ?? MemoryNeed.DefaultLimit);
        bool named = catalog.TryFind(parts[0], out ModelInfo? info);
        if (named && parts.Length == 2)
        {
            return weightsPath is not null ? throw new UsageException($"{spec} names its weights already; leave out {weightsPath}, or write {parts[0]}.")
                : info!.Published.FirstOrDefault(w => w.Name == parts[1]) is { } published ? Pulled(info, published, readResource, request)
                : Shipped(info, parts[1], readResource, request);
        }

        if (named)
        {
            return weightsPath is null ? Fresh(info!, request.Change(options ?? info!.Defaults), request)
                : options is null && info!.Published.FirstOrDefault(w => w.File == Path.GetFileName(weightsPath)) is { } file
                    ? AsPublished(info, file, weightsPath, readResource, request)
                : WithWeights(info!, weightsPath, options, request);
        }

        if (weightsPath is null && ImportedGraph.IsOne(spec))
        {
            return ImportedGraph.Open(catalog, spec, readResource, request.Load, request.Change, request.MaxMemory);
        }

        return LooksLikePath(spec) && weightsPath is null ? FromFile(catalog, spec, request) : throw Unknown(catalog, spec, parts[0]);
    }

    /// <summary>Opens a checkpoint that the zoo made: architecture, classes, labels and preprocessing come from it.</summary>
    /// <exception cref="ZooException">The file cannot be read, is no such checkpoint, or its architecture is not in the catalog.</exception>
    public static ResolvedModel FromFile(ModelCatalog catalog, string path)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return FromFile(catalog, path, new ResolveRequest(new LoadOptions(), static o => o, 0, MemoryNeed.DefaultLimit));
    }

    private static ResolvedModel FromFile(ModelCatalog catalog, string path, ResolveRequest request)
    {
        using WeightsFile file = WeightsFile.Open(path);
        CheckpointInfo checkpoint = CheckpointJson.Read(file);
        if (checkpoint.Graph is not null)
        {
            return Build(OnnxModel.InfoOf(checkpoint, file), checkpoint, file, request);
        }

        return catalog.TryFind(checkpoint.Architecture, out ModelInfo? info)
            ? Build(info, checkpoint, file, request)
            : throw new ZooException($"{path}: was made with the architecture '{checkpoint.Architecture}', which this catalog does not have."
                + NearestName.Hint(checkpoint.Architecture, catalog.Models.Select(m => m.Name)));
    }

    private static ResolvedModel Fresh(ModelInfo info, ModelOptions options, ResolveRequest request, WeightsFile? file = null)
    {
        SizeCheck.Require(info, options, request.MaxMemory, file, request.Load);
        random.manual_seed((long)request.Seed);
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

    private static ResolvedModel Shipped(ModelInfo info, string weights, Func<string, byte[]> readResource, ResolveRequest request)
    {
        ShippedWeights shipped = info.Weights.FirstOrDefault(w => w.Name == weights) ?? throw NoWeights(info, weights);
        using WeightsFile file = WeightsFile.Parse(readResource(shipped.Resource), shipped.Resource);
        return Build(info, CheckpointJson.Read(file), file, request);
    }

    private static ResolvedModel Pulled(ModelInfo info, PublishedWeights published, Func<string, byte[]> readResource, ResolveRequest request)
    {
        string spec = $"{info.Name}:{published.Name}";
        string path = WeightsCache.Find(info.Name, published)
            ?? throw new UsageException($"{spec} is published, but not on this machine yet. Fetch it with `zoo pull {spec}` (a file that you have already: "
                + $"`zoo pull {spec} --from <file>`).");
        return AsPublished(info, published, path, readResource, request);
    }

    // Labels, transforms and what else the network needs for these weights come along.
    private static ResolvedModel AsPublished(ModelInfo info, PublishedWeights published, string path, Func<string, byte[]> readResource, ResolveRequest request)
    {
        if (!published.HasHead)
        {
            ResolvedModel features = WithWeights(info, path, info.Defaults, request with { Load = request.Load with { Head = HeadFit.Reinitialize } });
            return features with
            {
                Preprocessing = Resized(published.Preprocessing, features.Options),
                Headless = true,
                Loading = features.Loading! with { Reinitialized = [] }, // nobody asked for a new head, and there is none yet
            };
        }

        IReadOnlyList<string> labels = published.ReadLabels(readResource);
        ModelOptions own = info.Defaults with { NumClasses = labels.Count };
        ResolvedModel loaded = WithWeights(info, path, info.PublishedOptions?.Invoke(own) ?? own, request);
        return loaded.Checkpoint is not null
            ? loaded // a checkpoint of the zoo's own, from a mirror, knows its labels
            : loaded with
            {
                Labels = loaded.Options.NumClasses == labels.Count ? labels : loaded.Labels,
                Preprocessing = Resized(published.Preprocessing, loaded.Options),
            };
    }

    /// <summary>Whether a file holds published weights, as far as that can be told without taking them in: its format, keys and shapes.</summary>
    /// <exception cref="ZooException">It does not.</exception>
    internal static void MustHold(ModelInfo info, PublishedWeights published, string path, Func<string, byte[]> readResource)
    {
        using WeightsFile file = WeightsFile.Open(path);
        CheckpointInfo? described = DescriptionIn(file, info, path);
        if (!published.HasHead)
        {
            using ResolvedModel backbone = Unfilled(info, info.Defaults, new(new LoadOptions(), static o => o, 0, MemoryNeed.DefaultLimit), file);
            Checkpoint.MustFit(backbone.Model, file, new LoadOptions { Head = HeadFit.Reinitialize });
            return;
        }

        ModelOptions own = info.Defaults with { NumClasses = published.ReadLabels(readResource).Count };
        var request = new ResolveRequest(new LoadOptions(), static o => o, 0, MemoryNeed.DefaultLimit);
        ModelOptions options = described?.Options ?? info.PublishedOptions?.Invoke(own) ?? own;
        ResolvedModel fresh = Unfilled(info, options, request, file);
        if (LacksAuxiliary(fresh.Model, file))
        {
            fresh.Dispose();
            fresh = Unfilled(info, options with { OmitAuxiliary = true }, request, file);
        }

        using (fresh)
        {
            Checkpoint.MustFit(fresh.Model, file, request.Load);
        }
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

    private static ResolvedModel WithWeights(ModelInfo info, string path, ModelOptions? options, ResolveRequest request)
    {
        using WeightsFile file = WeightsFile.Open(path);
        if (DescriptionIn(file, info, path) is { } checkpoint)
        {
            return Build(info, checkpoint, file, request);
        }

        ModelOptions own = options ?? (ClassesOf(info, file, request) is { } classes ? info.Defaults with { NumClasses = classes } : info.Defaults);
        ModelOptions chosen = request.Change(own);
        ResolvedModel fresh = Unfilled(info, chosen, request, file);
        if (!LacksAuxiliary(fresh.Model, file))
        {
            return Loaded(fresh, file, request);
        }

        fresh.Dispose();
        return Loaded(Unfilled(info, chosen with { OmitAuxiliary = true }, request, file), file, request,
            "the file has no auxiliary classifiers, which serve training alone: the model is built without them");
    }

    // Null where the zoo did not make the file.
    private static CheckpointInfo? DescriptionIn(WeightsFile file, ModelInfo info, string path) =>
        !Checkpoint.IsCheckpoint(file) ? null
        : CheckpointJson.Read(file) is var checkpoint && checkpoint.Architecture == info.Name ? checkpoint
        : throw new ZooException($"{path}: holds weights of {checkpoint.Architecture}, not of {info.Name}.");

    private static ResolvedModel Build(ModelInfo info, CheckpointInfo checkpoint, WeightsFile file, ResolveRequest request)
    {
        ModelOptions options = request.Change(checkpoint.Options);
        ResolvedModel fresh = Unfilled(info, options, request, file);
        return Loaded(fresh with
        {
            // Another head or stem is not the one that was quantized.
            Checkpoint = (options.NumClasses, options.InChannels) == (checkpoint.Options.NumClasses, checkpoint.Options.InChannels) && request.Load.Strict
                ? checkpoint : checkpoint with { Quantization = null },
            Labels = options.NumClasses == checkpoint.Labels.Count ? checkpoint.Labels : fresh.Labels,
            Task = options.NumClasses == checkpoint.Labels.Count && checkpoint.Task is { } task ? task : fresh.Task,
            Preprocessing = Resized(checkpoint.Preprocessing, options),
            Calibration = options == checkpoint.Options && request.Load.Strict ? checkpoint.Calibration : null,
        }, file, request);
    }

    // Drawing weights takes most of the time of building a large network. In strict loading each is replaced from the file, and a new head is drawn by the
    // loading itself.
    private static ResolvedModel Unfilled(ModelInfo info, ModelOptions options, ResolveRequest request, WeightsFile? file)
    {
        using IDisposable? skipped = request.Load.Strict ? WeightInit.Skip() : null;
        return Fresh(info, options, request, file);
    }

    private static ResolvedModel Loaded(ResolvedModel fresh, WeightsFile file, ResolveRequest request, string? note = null)
    {
        try
        {
            fresh.Quantization?.MustFit(fresh.Model, file.Name);
            LoadReport report = Checkpoint.Load(fresh.Model, file, request.Load);
            return fresh with { Trained = true, Loading = note is null ? report : report with { Notes = [.. report.Notes, note] } };
        }
        catch
        {
            fresh.Dispose();
            throw;
        }
    }

    // The rows of the head's weight, where the file has one: under the model's name for it, or under another that loading finds.
    private static int? ClassesOf(ModelInfo info, WeightsFile file, ResolveRequest request)
    {
        string key = $"{info.Head}.weight";
        if (file.Contains(key))
        {
            return Rows(file[key]);
        }

        using ResolvedModel probe = Unfilled(info, info.Defaults, request, file: null);
        return Rows(Checkpoint.Match(probe.Model, file, request.Load).GetValueOrDefault(key));

        static int? Rows(WeightsEntry? entry) => entry?.Shape is [> 0 and <= int.MaxValue, ..] shape ? (int)shape[0] : null;
    }

    private static bool LacksAuxiliary(ZooModel model, WeightsFile file) => model is IAuxiliaryHeads { Auxiliary: [var first, ..] }
        && !file.Entries.Any(e => $".{e.Name}".Contains($".{first.Split('.')[0]}.", StringComparison.Ordinal));

    internal static Preprocessing Resized(Preprocessing own, ModelOptions options) => own with
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
        || Extensions.Any(e => spec.EndsWith(e, StringComparison.OrdinalIgnoreCase)) || File.Exists(spec);

    private static UsageException Unknown(ModelCatalog catalog, string spec, string name) => new(
        $"There is no model '{spec}'.{NearestName.Hint(name, catalog.Models.Select(m => m.Name))} `zoo list` shows them all. A checkpoint is given by its path "
            + $"(…/{spec}{Extensions[0]}).");

    private sealed record ResolveRequest(LoadOptions Load, Func<ModelOptions, ModelOptions> Change, ulong Seed, long MaxMemory);
}
