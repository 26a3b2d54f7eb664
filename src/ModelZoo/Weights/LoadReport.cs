namespace ModelZoo.Weights;

/// <summary>What became of each tensor, by its key in the model.</summary>
public sealed record LoadReport
{
    /// <summary>Taken from the file as they were, their element type converted where it differed.</summary>
    public required IReadOnlyList<string> Loaded { get; init; }

    /// <summary>Wanted by the model and not in the file; the model's values stay.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>In the file and not wanted by the model; left aside.</summary>
    public required IReadOnlyList<string> Unexpected { get; init; }

    /// <summary>In both with different shapes; the model's values stay.</summary>
    public required IReadOnlyList<MisshapedTensor> Misshaped { get; init; }

    /// <summary>The first convolution, where its channels were adapted.</summary>
    public required IReadOnlyList<MisshapedTensor> Adapted { get; init; }

    /// <summary>Drawn anew: heads.</summary>
    public required IReadOnlyList<string> Reinitialized { get; init; }

    /// <summary>In the file for auxiliary classifiers that the model was built without; left aside.</summary>
    public required IReadOnlyList<string> Dropped { get; init; }

    /// <summary>Counters of batches (num_batches_tracked) that old files lack; set to zero.</summary>
    public required IReadOnlyList<string> Tolerated { get; init; }

    /// <summary>In the file and no weights of the model: counters, what lies outside <see cref="LoadOptions.Prefix"/>, a head that was replaced.</summary>
    public IReadOnlyList<string> Aside { get; init; } = [];

    /// <summary>What was done to make the file fit, and what of it was not read, a sentence each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Of a file that brought its own network: nothing can be missing or differ.</summary>
    /// <param name="loaded">The network's keys.</param>
    /// <param name="notes">As <see cref="Notes"/>.</param>
    public static LoadReport Whole(IEnumerable<string> loaded, params IReadOnlyList<string> notes) => new()
    {
        Loaded = [.. loaded],
        Missing = [],
        Unexpected = [],
        Misshaped = [],
        Adapted = [],
        Reinitialized = [],
        Dropped = [],
        Tolerated = [],
        Notes = notes,
    };

    /// <summary>Whether everything came from the file.</summary>
    public bool Complete => Missing.Count == 0 && Misshaped.Count == 0 && Reinitialized.Count == 0;

    /// <summary>What a person should know, one line each; empty where the file fitted.</summary>
    public IReadOnlyList<string> Remarks => [
        .. Notes,
        .. Line("missing from the file, left as they were", Missing),
        .. Line("in the file, unknown to the model", Unexpected),
        .. Line("of another shape, left as they were", Misshaped.Select(m => m.ToString())),
        .. Line("adapted to the model's channels", Adapted.Select(m => m.ToString())),
        .. Line("drawn anew: the model has to be trained before it is used", Reinitialized),
        .. Line("of auxiliary classifiers that the model was built without, left aside", Dropped),
        .. Line("missing from the file, set to zero", Tolerated),
    ];

    private static IEnumerable<string> Line(string what, IEnumerable<string> keys)
    {
        string[] all = [.. keys];
        return all.Length == 0
            ? []
            : [$"{all.Length} {(all.Length == 1 ? "tensor" : "tensors")} {what}: {string.Join(", ", all.Take(4))}{(all.Length > 4 ? ", …" : "")}"];
    }
}

/// <summary>A tensor whose shapes differ.</summary>
/// <param name="Key">Its key in the model.</param>
/// <param name="File">Its shape in the file.</param>
/// <param name="Model">Its shape in the model.</param>
public sealed record MisshapedTensor(string Key, IReadOnlyList<long> File, IReadOnlyList<long> Model)
{
    /// <summary>"fc.weight is [1000,512], not [10,512]".</summary>
    public override string ToString() => $"{Printable.Plain(Key)} is [{string.Join(",", File)}], not [{string.Join(",", Model)}]";
}

/// <summary>What may differ between a file and the model that it is loaded into. By default nothing may.</summary>
public sealed record LoadOptions
{
    /// <summary>
    /// Whether every key must be there, known and of the model's shape. Otherwise what fits is loaded and the rest reported, except that a head never stays
    /// random silently.
    /// </summary>
    public bool Strict { get; init; } = true;

    /// <summary>
    /// What happens to a head (the model's, and those of auxiliary classifiers) whose tensors are missing from the file or have another shape.
    /// </summary>
    public HeadFit Head { get; init; }

    /// <summary>What happens to a first convolution that takes another number of channels than the file's.</summary>
    public StemFit Stem { get; init; }

    /// <summary>Takes only the tensors whose keys begin so ("backbone."), without it; null looks for the prefix that makes the keys fit.</summary>
    public string? Prefix { get; init; }

    /// <summary>
    /// From the file's keys to the model's, where neither a prefix nor one of the model's <see cref="ModelZoo.Registry.ModelInfo.KeySchemes"/> does it.
    /// </summary>
    public Func<string, string>? RenameKey { get; init; }
}

/// <summary>What to do with a head that does not fit.</summary>
public enum HeadFit
{
    /// <summary>Refuse the file.</summary>
    Error,

    /// <summary>Draw its weights anew, with PyTorch's default for its kind of layer.</summary>
    Reinitialize,
}

/// <summary>What to do with a first convolution for other channels.</summary>
public enum StemFit
{
    /// <summary>Refuse the file.</summary>
    Error,

    /// <summary>One channel from several: the sum over the file's channels, as if the gray image were given to each.</summary>
    Sum,

    /// <summary>
    /// The mean over the file's channels for each of the model's, scaled so that an image with the same values in every channel gives the same response.
    /// </summary>
    Average,
}
