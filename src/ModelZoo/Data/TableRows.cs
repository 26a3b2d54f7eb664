using System.Globalization;

namespace ModelZoo.Data;

/// <summary>The pictures of a table with what is said of each.</summary>
internal sealed class TableRows
{
    private static readonly char[] LabelSeparators = ['|', ';', ',', ' '];

    private readonly TableText table;
    private readonly TableColumns columns;
    private readonly string[][] labels; // of each picture the names of its labels, or the text of its number
    private readonly int[] lines;
    private readonly DataSplit[]? parts;
    private readonly List<string> remarks = [];

    private TableRows(string path, LabelOptions options)
    {
        (Path, Kind) = (path, options.Kind);
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        table = TableText.Read(path, cell => Find(folder, cell) is not null);
        columns = TableColumns.Of(table, Kind, options.Column, cell => Find(folder, cell) is not null);
        (int Line, string[] Cells)[] rows = [.. table.Rows.Skip(columns.Header ? 1 : 0)];
        string separator = Kind == TaskKind.MultiLabel && columns.Labels.Count == 1 ? SeparatorOf(rows) : "";
        (int Line, string[] Cells, string File)[] pictures = Joined([.. rows.Select(row =>
            (row.Line, row.Cells, Find(folder, row.Cells[columns.Path]) ?? Whole(folder, row.Cells[columns.Path])))]);
        Files = [.. pictures.Select(p => p.File)];
        lines = [.. pictures.Select(p => p.Line)];
        labels = [.. pictures.Select(p => Names(p.Line, p.Cells, separator))];
        parts = columns.Split is { } split ? [.. pictures.Select(p => Part(p.Line, p.Cells[split]))] : null;
        Classes = Kind == TaskKind.Regression ? [columns.Header ? columns.Names[columns.Labels[0]] : "value"]
            : columns.Labels.Count > 1 ? [.. columns.Labels.Select(c => columns.Names[c])]
            : [.. Taught().SelectMany(i => labels[i]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        var places = Classes.Index().ToDictionary(c => c.Item, c => c.Index, StringComparer.Ordinal);
        Labels = Kind == TaskKind.Classes ? [.. Enumerable.Range(0, Files.Count).Select(i => places.GetValueOrDefault(labels[i][0], -1))] : [];
        MustKnow(places);
        remarks.Insert(0, Describe(separator));
    }

    public string Path { get; }

    public TaskKind Kind { get; }

    public IReadOnlyList<string> Files { get; }

    /// <summary>Of one class a picture: its place in <see cref="Classes"/>.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <summary>In ordinal order, those of the training part; or the number's name.</summary>
    public IReadOnlyList<string> Classes { get; }

    public IReadOnlyList<string> Remarks => remarks;

    /// <summary>Whether a column says the part of each picture.</summary>
    public bool HasParts => parts is not null;

    /// <summary>The parts that a column names; train alone where none does.</summary>
    public IReadOnlyList<DataSplit> Parts => parts is null ? [DataSplit.Train] : [.. parts.Distinct().Order()];

    public static TableRows Read(string path, LabelOptions options) => new(path, options);

    /// <summary>The pictures of a part.</summary>
    /// <param name="wanted">Which.</param>
    /// <param name="split">How to divide where no column says it.</param>
    /// <param name="orNone">Whether a part that is not there has no pictures; else it is an error.</param>
    public (DataSplit Part, int[] Chosen) Choose(DataSplit wanted, SplitOptions split, bool orNone = false)
    {
        if (parts is null)
        {
            return Share(wanted == DataSplit.Train ? DataSplit.Train : DataSplit.Test, split);
        }

        DataSplit other = wanted switch
        {
            DataSplit.Val => DataSplit.Test,
            DataSplit.Test => DataSplit.Val,
            _ => wanted,
        };
        DataSplit part = parts.Contains(wanted) ? wanted : other;
        return parts.Contains(part) || orNone ? (part, [.. Enumerable.Range(0, Files.Count).Where(i => parts[i] == part)])
            : throw new ZooException($"{Path}: its column '{columns.Names[columns.Split!.Value]}' names no {FolderParts.NameOf(wanted)} part; it has "
                + $"{string.Join(", ", parts.Distinct().Order().Select(FolderParts.NameOf))}.");
    }

    /// <summary>Several labels or numbers as a table; null where each picture has one class.</summary>
    /// <param name="taught">The pictures of the training part, whose numbers give the scale.</param>
    public TargetTable? Targets(int[] taught)
    {
        if (Kind == TaskKind.Classes)
        {
            return null;
        }

        if (Kind == TaskKind.Regression)
        {
            float[] numbers = [.. labels.Select((cells, i) => (float)Number(lines[i], cells[0]))];
            double[] known = [.. (taught.Length > 0 ? taught : Enumerable.Range(0, numbers.Length)).Select(i => (double)numbers[i])];
            double mean = known.Average(), deviation = Math.Sqrt(known.Average(x => (x - mean) * (x - mean)));
            return new(new() { Kind = Kind, Offset = mean, Scale = deviation > 0 ? deviation : 1 }, 1, numbers);
        }

        var places = Classes.Index().ToDictionary(c => c.Item, c => c.Index, StringComparer.Ordinal);
        var values = new float[labels.Length * Classes.Count];
        for (int i = 0; i < labels.Length; i++)
        {
            foreach (string label in labels[i])
            {
                values[i * Classes.Count + places[label]] = 1;
            }
        }

        return new(new() { Kind = Kind }, Classes.Count, values);
    }

    // Each class by itself; of several labels or numbers, all pictures together.
    private (DataSplit Part, int[] Chosen) Share(DataSplit part, SplitOptions split)
    {
        List<int> chosen = [];
        IEnumerable<IGrouping<int, int>> groups = Enumerable.Range(0, Files.Count).GroupBy(i => Kind == TaskKind.Classes ? Labels[i] : 0).OrderBy(g => g.Key);
        foreach (IGrouping<int, int> group in groups)
        {
            int[] own = [.. group];
            int[] order = new SeededRandom(new SeededRandom(split.Seed).NextUInt64() ^ (ulong)group.Key).Permutation(own.Length);
            int kept = split.ValCount(own.Length);
            chosen.AddRange((part == DataSplit.Test ? order[..kept] : order[kept..]).Select(i => own[i]));
        }

        return chosen.Count > 0
            ? (part, [.. chosen.Order()])
            : throw new ZooException($"{Path}: too few pictures to keep some for the test (--val-share). Add a column split with train, val and test.");
    }

    // What the classes are taken from: the training part, or where there is none, all.
    private IEnumerable<int> Taught()
    {
        int[] train = [.. Enumerable.Range(0, Files.Count).Where(i => parts is null || parts[i] == DataSplit.Train)];
        return train.Length > 0 ? train : Enumerable.Range(0, Files.Count);
    }

    private void MustKnow(Dictionary<string, int> places)
    {
        if (Kind == TaskKind.Regression)
        {
            return;
        }

        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i].FirstOrDefault(label => !places.ContainsKey(label)) is { } unknown)
            {
                throw new ZooException($"{Path}: line {lines[i]} has the label '{unknown}', which no picture to train on has: those have "
                    + $"{FolderListing.Enumerate(Classes)}.{NearestName.Hint(unknown, Classes)}");
            }
        }

        if (Kind == TaskKind.Classes && Classes.All(c => double.TryParse(c, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
            && Classes.Any(c => c.Contains('.', StringComparison.Ordinal)))
        {
            throw new ZooException($"{Path}: the labels are numbers ({FolderListing.Enumerate(Classes)}). --task regression learns to predict numbers.");
        }
    }

    // A picture in several rows has all their labels, where it may have several; else the rows must say the same.
    private (int Line, string[] Cells, string File)[] Joined((int Line, string[] Cells, string File)[] rows)
    {
        if (!rows.Any(row => File.Exists(row.File)))
        {
            throw new ZooException($"{Path}: none of its pictures is there. Line {rows[0].Line} names {rows[0].Cells[columns.Path]}, looked for as "
                + $"{rows[0].File}; paths are relative to the CSV file's folder.");
        }

        string[] missing = [.. rows.Where(row => !File.Exists(row.File)).Select(row => $"line {row.Line}, {row.Cells[columns.Path]}")];
        if (missing.Length > 0)
        {
            remarks.Add($"{Path}: {missing.Length} of {rows.Length} pictures {(missing.Length == 1 ? "is" : "are")} not there (the first: {missing[0]}).");
        }

        int repeated = 0;
        List<(int Line, string[] Cells, string File)> pictures = [];
        foreach (IGrouping<string, (int Line, string[] Cells, string File)> same in rows.GroupBy(row => row.File, StringComparer.Ordinal))
        {
            (int Line, string[] Cells, string File)[] all = [.. same];
            (int line, string[] cells, string file) = all[0];
            foreach ((int Line, string[] Cells, string File) again in all.Skip(1))
            {
                if (columns.Split is { } split && again.Cells[split] != cells[split])
                {
                    throw new ZooException($"{Path}: lines {line} and {again.Line} put {cells[columns.Path]} into two parts, '{cells[split]}' and "
                        + $"'{again.Cells[split]}'. What is measured must not be what was learned.");
                }

                bool equal = columns.Labels.All(c => again.Cells[c] == cells[c]);
                repeated += equal ? 1 : 0;
                if (!equal && (Kind != TaskKind.MultiLabel || columns.Labels.Count > 1))
                {
                    throw new ZooException($"{Path}: lines {line} and {again.Line} say different things of {cells[columns.Path]}: "
                        + $"'{cells[columns.Labels[0]]}' and '{again.Cells[columns.Labels[0]]}'."
                        + (Kind == TaskKind.Classes ? " --task multi-label learns several labels for a picture." : ""));
                }
            }

            pictures.Add((line, Kind == TaskKind.MultiLabel && all.Length > 1 ? Together(all) : cells, file));
        }

        if (repeated > 0)
        {
            remarks.Add($"{Path}: {repeated} {(repeated == 1 ? "line repeats" : "lines repeat")} another and {(repeated == 1 ? "was" : "were")} left out.");
        }

        return [.. pictures];
    }

    private string[] Together((int Line, string[] Cells, string File)[] rows)
    {
        var cells = (string[])rows[0].Cells.Clone();
        int column = columns.Labels[0];
        cells[column] = string.Join('\n', rows.Select(row => row.Cells[column]));
        return cells;
    }

    private string[] Names(int line, string[] cells, string separator)
    {
        if (columns.Labels.Count > 1)
        {
            return [.. columns.Labels.Where(c => cells[c].StartsWith('1')).Select(c => columns.Names[c])];
        }

        string cell = cells[columns.Labels[0]];
        if (Kind == TaskKind.MultiLabel)
        {
            char[] between = separator.Length > 0 ? [separator[0], '\n'] : ['\n'];
            return [.. cell.Split(between, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal)];
        }

        if (cell.Length == 0)
        {
            throw new ZooException($"{Path}: line {line} has no label. Write one, or take the line out.");
        }

        return Kind == TaskKind.Classes && cell.AsSpan().ContainsAny('|', ';')
            ? throw new ZooException($"{Path}: line {line} has several labels, '{TableText.Abbreviate(cell)}'. --task multi-label learns several labels for a "
                + "picture.")
            : [cell];
    }

    private string SeparatorOf((int Line, string[] Cells)[] rows)
    {
        int column = columns.Labels[0];
        return LabelSeparators.Where(c => rows.Any(row => row.Cells[column].Contains(c, StringComparison.Ordinal))).Select(c => c.ToString())
            .FirstOrDefault() ?? "";
    }

    private double Number(int line, string cell)
    {
        string text = table.Separator != "," && !cell.Contains('.', StringComparison.Ordinal) ? cell.Replace(',', '.') : cell;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && float.IsFinite((float)value) ? value
            : throw new ZooException($"{Path}: line {line} has '{TableText.Abbreviate(cell)}', which is no number. "
                + "--task regression needs one for every picture.");
    }

    private DataSplit Part(int line, string cell) => FolderParts.PartOf(cell)
        ?? throw new ZooException($"{Path}: line {line} names the part '{TableText.Abbreviate(cell)}'; it must be train, val or test.");

    private string Describe(string separator)
    {
        string between = separator.Length == 0 ? "" : $" (separated by '{separator}')";
        string what = columns.Labels.Count > 1 ? $"a label in each of the {columns.Labels.Count} columns {FolderListing.Enumerate(Classes)}"
            : $"{(Kind == TaskKind.Regression ? "the number" : Kind == TaskKind.MultiLabel ? "the labels" : "the label")} in column "
                + $"'{columns.Names[columns.Labels[0]]}'{between}";
        return $"{Path}: {Files.Count} pictures; {(columns.Header ? "" : "no header; ")}the path in column '{columns.Names[columns.Path]}', {what}"
            + (columns.Split is { } split ? $", the part in column '{columns.Names[split]}'." : ".");
    }

    private static string Whole(string folder, string cell) => System.IO.Path.GetFullPath(System.IO.Path.Combine(folder, cell.Length > 0 ? cell : "?"));

    // As it is written, with a file's ending where it has none, and with slashes where it was written on Windows.
    private static string? Find(string folder, string cell)
    {
        if (cell.Length == 0 || cell.Contains('\0', StringComparison.Ordinal))
        {
            return null;
        }

        foreach (string written in cell.Contains('\\', StringComparison.Ordinal) ? new[] { cell, cell.Replace('\\', '/') } : [cell])
        {
            string path = Whole(folder, written);
            if (File.Exists(path))
            {
                return path;
            }

            if (PictureFiles.Endings.FirstOrDefault(e => File.Exists(path + e)) is { } extension)
            {
                return path + extension;
            }
        }

        return null;
    }
}
