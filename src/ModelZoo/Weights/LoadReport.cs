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
    public required IReadOnlyList<string> Reinitialised { get; init; }

    /// <summary>In the file for auxiliary classifiers that the model was built without; left aside.</summary>
    public required IReadOnlyList<string> Dropped { get; init; }

    /// <summary>Counters of batches (num_batches_tracked) that old files lack; set to zero.</summary>
    public required IReadOnlyList<string> Tolerated { get; init; }

    /// <summary>Whether everything came from the file.</summary>
    public bool Complete => Missing.Count == 0 && Misshaped.Count == 0 && Reinitialised.Count == 0;

    /// <summary>What a person should know, one line each; empty where the file fitted.</summary>
    public IReadOnlyList<string> Remarks =>
    [
        .. Line("missing from the file, left as they were", Missing),
        .. Line("in the file, unknown to the model", Unexpected),
        .. Line("of another shape, left as they were", Misshaped.Select(m => m.ToString())),
        .. Line("adapted to the model's channels", Adapted.Select(m => m.ToString())),
        .. Line("drawn anew: the model has to be trained before it is used", Reinitialised),
        .. Line("of auxiliary classifiers that the model was built without, left aside", Dropped),
        .. Line("missing from the file, set to zero", Tolerated),
    ];

    private static IEnumerable<string> Line(string what, IEnumerable<string> keys)
    {
        string[] all = [.. keys];
        return all.Length == 0 ? [] : [$"{all.Length} {(all.Length == 1 ? "tensor" : "tensors")} {what}: {string.Join(", ", all.Take(4))}{(all.Length > 4 ? ", …" : "")}"];
    }
}

/// <summary>A tensor whose shapes differ.</summary>
/// <param name="Key">Its key in the model.</param>
/// <param name="File">Its shape in the file.</param>
/// <param name="Model">Its shape in the model.</param>
public sealed record MisshapedTensor(string Key, IReadOnlyList<long> File, IReadOnlyList<long> Model)
{
    /// <summary>"fc.weight is [1000,512], not [10,512]".</summary>
    public override string ToString() => $"{Shown.Plain(Key)} is [{string.Join(",", File)}], not [{string.Join(",", Model)}]";
}
