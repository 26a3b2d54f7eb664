using System.Globalization;

namespace ModelZoo.Data;

/// <summary>Which column of a table holds what.</summary>
/// <param name="Header">Whether the first row names the columns.</param>
/// <param name="Path">The column of the files.</param>
/// <param name="Labels">The column of the labels; of several labels there may be one for each.</param>
/// <param name="Split">The column of the parts; null for none.</param>
/// <param name="Names">What the columns are called; their numbers where there is no header.</param>
internal sealed record TableColumns(bool Header, int Path, IReadOnlyList<int> Labels, int? Split, IReadOnlyList<string> Names)
{
    private static readonly string[] PathNames =
        ["path", "file", "filename", "file_name", "filepath", "file_path", "image", "image_path", "img", "picture", "id"];
    private static readonly string[] LabelNames =
        ["label", "labels", "class", "classes", "class_name", "category", "categories", "target", "targets", "tag", "tags", "value", "y"];
    private static readonly string[] SplitNames = ["split", "subset", "partition"];

    /// <summary>Finds the columns: by the header's names, and where those say nothing, by what is in them.</summary>
    /// <param name="table">The cells.</param>
    /// <param name="kind">What the labels are.</param>
    /// <param name="wanted">The label column's name or number, from 1; null to find it.</param>
    /// <param name="isFile">Whether a cell names a file.</param>
    /// <exception cref="ZooException">The label column is unclear, or no file of the table is there.</exception>
    /// <exception cref="UsageException">There is no column of the wanted name.</exception>
    public static TableColumns Of(TableText table, TaskKind kind, string? wanted, Func<string, bool> isFile)
    {
        string[] first = table.Rows[0].Cells;
        int width = first.Length;
        bool header = !first.Any(cell => isFile(cell) || PictureFiles.Endings.Contains(System.IO.Path.GetExtension(cell), StringComparer.OrdinalIgnoreCase))
            && (first.Any(IsKnown) || table.Rows.Skip(1).Take(20).Any(row => row.Cells.Any(isFile)));
        string[][] rows = [.. table.Rows.Skip(header ? 1 : 0).Select(row => row.Cells)];
        if (rows.Length == 0)
        {
            throw new ZooException($"{table.Path}: has a header and nothing below it. Write a line for each picture.");
        }

        string[] names = header ? first : [.. Enumerable.Range(1, width).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        int path = Enumerable.Range(0, width).Select(c => (int?)c).FirstOrDefault(c => rows.Take(20).Any(row => isFile(row[c!.Value])))
            ?? Named(PathNames) ?? 0;
        int? split = Named(SplitNames) is { } named && named != path ? named
            : width > 2 ? Enumerable.Range(0, width).Where(c => c != path && IsOfParts(rows, c)).Select(c => (int?)c).FirstOrDefault()
            : null;
        int[] rest = [.. Enumerable.Range(0, width).Where(c => c != path && c != split)];
        if (rest.Length == 0)
        {
            throw new ZooException($"{table.Path}: has no column of labels beside that of the files. Write one.");
        }

        int[] labels = Chosen();
        if (labels.Select(c => names[c]).GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new ZooException($"{table.Path}: has {twice.Count()} columns called '{TableText.Abbreviate(twice.Key)}'. Give each label a name of its own.");
        }

        return new(header, path, labels, split, names);

        int[] Chosen()
        {
            if (wanted is not null)
            {
                int column = Array.FindIndex(names, name => name.Equals(wanted, StringComparison.OrdinalIgnoreCase));
                column = column < 0 && int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= width
                    ? number - 1
                    : column;
                return column >= 0 && column != path ? [column]
                    : throw new UsageException($"--label-column {wanted}: {table.Path} has the columns {FolderListing.Enumerate(names)}."
                        + NearestName.Hint(wanted, names));
            }

            return rest.Length == 1 ? rest
                : Named(LabelNames) is { } found && rest.Contains(found) ? [found]
                : kind == TaskKind.MultiLabel && header && rest.All(c => rows.All(row => row[c] is "0" or "1" or "0.0" or "1.0")) ? rest
                : throw new ZooException($"{table.Path}: which of its columns {FolderListing.Enumerate([.. rest.Select(c => names[c])])} holds the labels? Say "
                    + "so with --label-column.");
        }

        int? Named(string[] known) => header
            ? known.Select(name => Array.FindIndex(first, cell => Plain(cell) == name)).Where(c => c >= 0).Select(c => (int?)c).FirstOrDefault()
            : null;
    }

    private static bool IsKnown(string cell) => PathNames.Contains(Plain(cell)) || LabelNames.Contains(Plain(cell)) || SplitNames.Contains(Plain(cell));

    private static bool IsOfParts(string[][] rows, int column) => rows.All(row => FolderParts.PartOf(row[column]) is not null);

    private static string Plain(string name) => name.ToLowerInvariant().Replace(' ', '_').Replace('-', '_');
}
