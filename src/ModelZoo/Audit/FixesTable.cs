using System.Globalization;
using System.Text;
using ModelZoo.Data;

namespace ModelZoo.Audit;

/// <summary>
/// The table of suggestions that an audit writes and a person goes through: a line for each finding. What is marked in its first column is done by
/// <see cref="CleanedListing"/>, nothing else.
/// </summary>
public static class FixesTable
{
    private const string Apply = "apply", File = "file", Suggestion = "suggestion", SuggestedLabel = "suggested_label", Problem = "problem";
    private const string Marked = "x";

    private static readonly string[] Columns = [Apply, File, "part", "label", Problem, "score", Suggestion, SuggestedLabel, "other", "why"];
    private static readonly string[] Yes = ["x", "yes", "y", "1", "true"], No = ["", "no", "n", "0", "false"];

    /// <summary>Writes the table; marked are the lines that drop a picture or change a label.</summary>
    /// <param name="path">Where to; written as a whole or not at all.</param>
    /// <param name="report">What was found.</param>
    /// <exception cref="ZooException">The file cannot be written.</exception>
    public static void Write(string path, AuditReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        var text = new StringBuilder(TableCells.Row(Columns));
        foreach (AuditFinding f in report.Findings)
        {
            AuditedPicture picture = report.Data.Pictures[f.Picture];
            text.Append(TableCells.Row(
                f.Suggestion is AuditSuggestion.Drop or AuditSuggestion.Relabel ? Marked : "",
                TableCells.Defused(picture.File),
                picture.PartName,
                TableCells.Defused(picture.Said),
                AuditReport.NameOf(f.Problem),
                f.Score.ToString("F4", CultureInfo.InvariantCulture),
                f.Suggestion.ToString().ToLowerInvariant(),
                TableCells.Defused(f.SuggestedLabel ?? ""),
                TableCells.Defused(f.Other is { } other ? report.Data.Pictures[other].File : ""),
                TableCells.Defused(f.Why)));
        }

        AtomicFile.Write(path, stream => stream.Write(new UTF8Encoding(true).GetPreamble().Concat(Encoding.UTF8.GetBytes(text.ToString())).ToArray()));
    }

    /// <summary>Reads the marked lines that change something.</summary>
    /// <param name="path">The table, perhaps saved by a spreadsheet.</param>
    /// <param name="data">The data that it is of.</param>
    /// <exception cref="ZooException">The file cannot be read, or a line names a file, a label or a suggestion that there is not; the message names the
    /// line.</exception>
    public static IReadOnlyList<Fix> Read(string path, AuditData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        TableText table = TableText.Read(path, static _ => false);
        string[] head = [.. table.Rows[0].Cells.Select(c => c.ToLowerInvariant())];
        int apply = Column(Apply), file = Column(File), suggestion = Column(Suggestion), label = Column(SuggestedLabel), problem = Column(Problem);
        Dictionary<string, int> places = data.Pictures.ToDictionary(p => p.File, p => p.Place, StringComparer.Ordinal);
        List<Fix> fixes = [];
        foreach ((int line, string[] cells) in table.Rows.Skip(1))
        {
            string name = TableCells.Restored(cells[file]);
            int place = places.TryGetValue(name, out int found) ? found
                : throw new ZooException($"{path}: line {line} names {Printable.Name(name)}, which is none of the {data.Pictures.Count} pictures of "
                    + $"{data.Name}." + (data.Pictures.Count <= 20_000 ? NearestName.Hint(name, places.Keys) : ""));
            bool marked = Yes.Contains(cells[apply], StringComparer.OrdinalIgnoreCase) || (No.Contains(cells[apply], StringComparer.OrdinalIgnoreCase) ? false
                : throw new ZooException($"{path}: line {line} has {Printable.Name(cells[apply])} under '{Apply}'; write {Marked} to apply it, or nothing."));
            AuditSuggestion what = Enum.TryParse(cells[suggestion], ignoreCase: true, out AuditSuggestion parsed) && !char.IsAsciiDigit(cells[suggestion][0])
                ? parsed
                : throw new ZooException($"{path}: line {line} suggests {Printable.Name(cells[suggestion])}; it must be keep, look, relabel or drop.");
            string wanted = TableCells.Restored(cells[label]);
            if (marked && what == AuditSuggestion.Relabel)
            {
                MustBeClass(line, wanted);
            }

            if (marked && what is AuditSuggestion.Relabel or AuditSuggestion.Drop)
            {
                fixes.Add(new(line, place, what, what == AuditSuggestion.Relabel ? wanted : "", cells[problem]));
            }
        }

        MustAgree(fixes);
        return fixes;

        int Column(string name) => Array.IndexOf(head, name) is >= 0 and var at ? at
            : throw new ZooException($"{path}: has no column '{name}'; it is no table of `zoo audit`, whose columns are {string.Join(", ", Columns)}.");

        void MustBeClass(int line, string wanted)
        {
            if (data.Kind != TaskKind.Classes)
            {
                throw new ZooException($"{path}: line {line} gives another label, which goes where each picture has one class. Drop the picture, or mend its "
                    + "line in the table of the data.");
            }

            if (!data.ClassNames.Contains(wanted, StringComparer.Ordinal))
            {
                throw new ZooException($"{path}: line {line} gives the label {Printable.Name(wanted)}; the classes of {data.Name} are "
                    + $"{FolderListing.Enumerate(data.ClassNames)}.{NearestName.Hint(wanted, data.ClassNames)}");
            }
        }

        void MustAgree(List<Fix> all)
        {
            foreach (IGrouping<int, Fix> one in all.Where(f => f.What == AuditSuggestion.Relabel).GroupBy(f => f.Place))
            {
                if (one.FirstOrDefault(f => f.Label != one.First().Label) is { } other)
                {
                    throw new ZooException($"{path}: lines {one.First().Line} and {other.Line} give {Printable.Name(data.Pictures[one.Key].File)} two labels, "
                        + $"{Printable.Name(one.First().Label)} and {Printable.Name(other.Label)}. Leave one of them marked.");
                }
            }
        }
    }
}

/// <summary>A line of the table that is to be applied.</summary>
/// <param name="Line">Its number in the file.</param>
/// <param name="Place">The picture's place in the data.</param>
/// <param name="What">Relabel or drop.</param>
/// <param name="Label">The new label; empty for none.</param>
/// <param name="Problem">Why, as the table calls it.</param>
public sealed record Fix(int Line, int Place, AuditSuggestion What, string Label, string Problem);
