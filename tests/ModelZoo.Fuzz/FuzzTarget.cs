namespace ModelZoo.Fuzz;

/// <summary>A reader of bytes that is fed with damaged inputs: a row of <see cref="Readers"/>.</summary>
/// <param name="Name">On the command line, and the folder of its kept inputs.</param>
/// <param name="Read">Reads them; given a folder for what has to be in a file. It may throw <see cref="ZooException"/>.</param>
/// <param name="Seeds">Whole inputs to begin with.</param>
public sealed record FuzzTarget(string Name, Action<byte[], string> Read, Func<IEnumerable<byte[]>> Seeds)
{
    /// <summary>Makes lengths and sums of a damaged input right again, so that what lies behind them is reached; used for half of the inputs.</summary>
    public Func<byte[], byte[]>? Repair { get; init; }

    /// <summary>Whether half of the changes are to words, numbers and brackets.</summary>
    public bool IsText { get; init; }

    /// <summary>Whether it takes what it cannot read for nothing.</summary>
    public bool NeverRefuses { get; init; }

    /// <summary>Whether it is there to be caught, and no part of a run over all.</summary>
    public bool IsPlanted { get; init; }

    /// <summary>The seeds and the inputs that were found before.</summary>
    public IReadOnlyList<byte[]> AllSeeds()
    {
        string kept = Path.Combine(AppContext.BaseDirectory, "Found", Name);
        return [.. Seeds(), .. Directory.Exists(kept) ? Directory.GetFiles(kept).Order(StringComparer.Ordinal).Select(File.ReadAllBytes) : []];
    }
}
