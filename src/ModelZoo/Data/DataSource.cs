namespace ModelZoo.Data;

/// <summary>Names a dataset as the command line does: <c>digits</c>, <c>mnist:&lt;folder&gt;</c> or <c>fashion-mnist:&lt;folder&gt;</c>.</summary>
public sealed record DataSource
{
    private static readonly Kind[] Kinds =
    [
        new("digits", NeedsFolder: false, (_, split) => Digits.Load(split)),
        new("mnist", NeedsFolder: true, Mnist.LoadDigits),
        new("fashion-mnist", NeedsFolder: true, Mnist.LoadFashion),
    ];

    private readonly Kind kind;

    private DataSource(Kind kind, string folder)
    {
        (this.kind, Folder) = (kind, folder);
    }

    /// <summary>What <see cref="Parse"/> takes, for help texts and errors.</summary>
    public static IReadOnlyList<string> Forms { get; } = [.. Kinds.Select(kind => kind.Form)];

    /// <summary>"digits", "mnist" or "fashion-mnist".</summary>
    public string Name => kind.Name;

    /// <summary>The folder as it was given; empty for data that is built in.</summary>
    public string Folder { get; }

    /// <summary>Reads one of <see cref="Forms"/>. Does not touch the folder: <see cref="Load"/> does.</summary>
    /// <exception cref="UsageException">The name is unknown (the message gives the nearest), or a folder is missing or too much.</exception>
    public static DataSource Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        (string name, string folder) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        Kind kind = Kinds.FirstOrDefault(known => known.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new UsageException($"Unknown data '{text}'.{NearestName.Hint(name, Kinds.Select(known => known.Name))} Use {string.Join(", ", Forms)}.");
        return kind.NeedsFolder == (folder.Trim().Length > 0) && kind.NeedsFolder == (colon >= 0)
            ? new DataSource(kind, folder)
            : throw new UsageException(kind.NeedsFolder
                ? $"Data '{text}' lacks its folder. Write {kind.Form}, with the folder that holds the official files."
                : $"Data '{text}': {kind.Name} is built in and takes no folder. Write {kind.Form}.");
    }

    /// <summary>Loads one part of the data.</summary>
    /// <exception cref="ZooException">The folder or a file in it is missing or damaged.</exception>
    public ImageDataset Load(DataSplit split) => kind.Load(Folder, split);

    public override string ToString() => kind.NeedsFolder ? $"{Name}:{Folder}" : Name;

    private sealed record Kind(string Name, bool NeedsFolder, Func<string, DataSplit, ImageDataset> Load)
    {
        public string Form => NeedsFolder ? $"{Name}:<folder>" : Name;
    }
}
