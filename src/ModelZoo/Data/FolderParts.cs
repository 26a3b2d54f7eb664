namespace ModelZoo.Data;

/// <summary>The folders of a folder that are parts of a data set (train, val, test) and no classes.</summary>
/// <param name="Root">The folder, as it was given.</param>
/// <param name="Folders">The path of each part that is there.</param>
/// <param name="Beside">Folders beside them that are no part.</param>
internal sealed record FolderParts(string Root, IReadOnlyDictionary<DataSplit, string> Folders, IReadOnlyList<string> Beside)
{
    private static readonly (string Name, DataSplit Part)[] Known =
    [
        ("train", DataSplit.Train), ("training", DataSplit.Train),
        ("val", DataSplit.Val), ("valid", DataSplit.Val), ("validation", DataSplit.Val),
        ("test", DataSplit.Test), ("testing", DataSplit.Test),
    ];

    /// <summary>The parts that are there: "train, val".</summary>
    public string Names => string.Join(", ", Folders.OrderBy(f => f.Key).Select(f => Path.GetFileName(f.Value)));

    /// <summary>The part that a name means, whatever its case; null for none.</summary>
    public static DataSplit? PartOf(string name) =>
        Known.Where(known => known.Name.Equals(name.Trim(), StringComparison.OrdinalIgnoreCase)).Select(known => (DataSplit?)known.Part).FirstOrDefault();

    /// <summary>"train", "val" or "test".</summary>
    public static string NameOf(DataSplit part) => Known.First(known => known.Part == part).Name;

    /// <summary>
    /// Looks for parts. A folder named like a part is one if there are folders in it and train has another part beside it; the same name among other classes,
    /// with pictures in it, is a class (bus, car, train). Where no folder has another name, all are parts.
    /// </summary>
    /// <returns>Null where the folders are classes.</returns>
    /// <exception cref="ZooException">Two folders are the same part.</exception>
    public static FolderParts? Of(FolderListing listing)
    {
        int[] named = [.. Enumerable.Range(0, listing.Classes.Count).Where(i => PartOf(listing.Classes[i]) is not null)];
        bool only = named.Length == listing.Classes.Count;
        ILookup<DataSplit, string> found = named.Where(i => only || listing.Inner(i).Count > 0).Select(i => listing.Classes[i])
            .ToLookup(name => PartOf(name)!.Value);
        if (!only && !(found.Contains(DataSplit.Train) && found.Count > 1))
        {
            return null;
        }

        if (found.FirstOrDefault(part => part.Count() > 1) is { } twice)
        {
            throw new ZooException($"{listing.Root}: {string.Join(" and ", twice.Select(name => $"'{name}'"))} are the same part of the data. Join them, or "
                + "rename one.");
        }

        HashSet<string> parts = [.. found.SelectMany(part => part)];
        return new(listing.Root, found.ToDictionary(part => part.Key, part => Path.Combine(listing.Root, part.Single())),
            [.. listing.Classes.Where(name => !parts.Contains(name))]);
    }

    /// <summary>The part that was asked for, or of val and test the other one.</summary>
    /// <exception cref="ZooException">There is none; the message says what there is.</exception>
    public (DataSplit Part, string Path) Choose(DataSplit wanted)
    {
        DataSplit other = wanted switch
        {
            DataSplit.Val => DataSplit.Test,
            DataSplit.Test => DataSplit.Val,
            _ => wanted,
        };
        foreach (DataSplit part in new[] { wanted, other })
        {
            if (Folders.TryGetValue(part, out string? path))
            {
                return (part, path);
            }
        }

        string missing = string.Join(", ", Known.Where(known => known.Part == wanted || known.Part == other).Select(known => known.Name));
        throw new ZooException($"{Root}: holds {Names}, but none of {missing} beside {(Folders.Count == 1 ? "it" : "them")}. Add one, or give "
            + $"{Folders.Values.First()} to divide that.");
    }
}
