using System.Globalization;
using System.Text;
using ModelZoo.Data;

namespace ModelZoo.Audit;

/// <summary>
/// A table of the pictures as they should be, for <c>csv:</c> data. No picture is moved, changed or deleted: the data stay what they were, and the table beside
/// it names each picture that is left out or has another label.
/// </summary>
public static class CleanedListing
{
    /// <summary>Writes the listing and the table of changes.</summary>
    /// <param name="path">Where the listing goes: a .csv, written as a whole or not at all. The changes go to <see cref="ChangesOf"/>.</param>
    /// <param name="data">The audited data.</param>
    /// <param name="fixes">What is to be done. Of a picture that is to be dropped and to get another label, the former is done.</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="ZooException">The data are no files, nothing is left, or the listing could not be read again as it was meant.</exception>
    public static ListingResult Write(string path, AuditData data, IReadOnlyList<Fix> fixes)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(fixes);
        if (!data.InFiles)
        {
            throw new UsageException($"{data.Name}: its pictures are in memory, not in files, so there is nothing to list. Export them, or audit a folder.");
        }

        Dictionary<int, Fix> changes = fixes.GroupBy(f => f.Place).ToDictionary(g => g.Key, g => g.OrderByDescending(f => f.What).ThenBy(f => f.Line).First());
        AuditedPicture[] kept = [.. data.Pictures.Where(p => changes.GetValueOrDefault(p.Place)?.What != AuditSuggestion.Drop)];
        if (kept.Length == 0)
        {
            throw new ZooException($"{data.Name}: every picture would be left out. Leave some lines unmarked.");
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        bool parts = data.Parts.Count > 1 || data.Pictures[0].Part != DataSplit.Train;
        string temporary = Path.Combine(folder, $".{Path.GetFileNameWithoutExtension(path)}.{Guid.NewGuid():N}.csv");
        try
        {
            AtomicFile.Write(temporary, stream => stream.Write(Encoding.UTF8.GetBytes(Text(data, kept, changes, folder, parts))));
            MustReadAs(temporary, data, kept, changes);
            AtomicFile.Write(ChangesOf(path), stream => stream.Write(Encoding.UTF8.GetBytes(Changes(data, changes))));
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileAccessError.Writing(path, e);
        }
        finally
        {
            File.Delete(temporary);
        }

        string[] gone = [.. data.ClassNames.Where(name => data.Kind == TaskKind.Classes && data.Pictures.Any(p => p.Said == name)
            && !kept.Any(p => LabelOf(p, changes) == name))];
        string[] renamed = [.. data.ClassNames.Where(name => TableCells.Defused(name) != name)];
        return new(kept.Length, changes.Count(c => c.Value.What == AuditSuggestion.Drop), changes.Count(c => c.Value.What == AuditSuggestion.Relabel),
            ChangesOf(path),
            [
                .. gone.Select(name => $"no picture of '{name}' is left"),
                .. renamed.Select(name => $"the class '{name}' begins like a formula of a spreadsheet; the listing calls it '{TableCells.Defused(name)}'"),
            ]);
    }

    /// <summary>Where the changes of a listing are: "cleaned.csv" and "cleaned.changes.csv".</summary>
    public static string ChangesOf(string path) =>
        Path.Combine(Path.GetDirectoryName(path) ?? "", $"{Path.GetFileNameWithoutExtension(path)}.changes{Path.GetExtension(path)}");

    private static string Text(AuditData data, IReadOnlyList<AuditedPicture> kept, Dictionary<int, Fix> changes, string folder, bool parts)
    {
        bool several = data.Kind == TaskKind.MultiLabel;
        string[] labels = several ? [.. data.ClassNames.Select(TableCells.Defused)] : [data.Kind == TaskKind.Regression ? "value" : "label"];
        var text = new StringBuilder(TableCells.Row(["path", .. labels, .. parts ? new[] { "split" } : []]));
        foreach (AuditedPicture picture in kept)
        {
            IEnumerable<string> said = several ? Row(data, picture.Place).Select(v => v > 0 ? "1" : "0") : [TableCells.Defused(LabelOf(picture, changes))];
            if (data.Kind == TaskKind.Regression)
            {
                said = [LabelOf(picture, changes)]; // a number, perhaps below 0
            }

            text.Append(TableCells.Row([NameIn(folder, data.PathOf(picture.Place)), .. said, .. parts ? new[] { picture.PartName } : []]));
        }

        return text.ToString();
    }

    // "./=a.jpg" is the same file as "=a.jpg", and no formula.
    private static string NameIn(string folder, string file)
    {
        string below = Path.GetRelativePath(folder, file);
        string name = below.StartsWith("..", StringComparison.Ordinal) ? file : below;
        return TableCells.Defused(name) == name ? name : "./" + name;
    }

    private static string LabelOf(AuditedPicture picture, Dictionary<int, Fix> changes) =>
        changes.GetValueOrDefault(picture.Place) is { What: AuditSuggestion.Relabel } fix ? fix.Label : picture.Said;

    private static float[] Row(AuditData data, int place)
    {
        (LabeledImages part, int index) = data.Find(place);
        return part.Targets!.Row(part.Labels[index]).ToArray();
    }

    private static string Changes(AuditData data, Dictionary<int, Fix> changes)
    {
        var text = new StringBuilder(TableCells.Row("file", "part", "change", "label_before", "label_now", "problem", "line"));
        foreach (Fix fix in changes.Values.OrderBy(f => f.Place))
        {
            AuditedPicture picture = data.Pictures[fix.Place];
            string change = fix.What == AuditSuggestion.Drop ? "left out" : "other label";
            text.Append(TableCells.Row(TableCells.Defused(data.PathOf(fix.Place)), picture.PartName, change,
                TableCells.Defused(picture.Said), TableCells.Defused(fix.Label), TableCells.Defused(fix.Problem),
                fix.Line.ToString(CultureInfo.InvariantCulture)));
        }

        return text.ToString();
    }

    // What nobody can read again is not written: a class of a part that the training part has lost, a name with a bar in it.
    private static void MustReadAs(string path, AuditData data, IReadOnlyList<AuditedPicture> kept, Dictionary<int, Fix> changes)
    {
        AuditData again;
        try
        {
            again = AuditData.Open(DataSource.Parse($"csv:{path}"), new LabelOptions { Kind = data.Kind });
        }
        catch (ZooException e)
        {
            throw new ZooException($"the cleaned listing could not be read: {e.Message}", e);
        }

        ILookup<string, AuditedPicture> found = again.Pictures.ToLookup(p => again.PathOf(p.Place), StringComparer.Ordinal);
        foreach (AuditedPicture picture in kept)
        {
            AuditedPicture? there = found[data.PathOf(picture.Place)].FirstOrDefault();
            bool same = there is not null && there.Part == picture.Part && (data.Kind == TaskKind.MultiLabel
                ? Row(again, there.Place).SequenceEqual(Row(data, picture.Place))
                : there.Said == (data.Kind == TaskKind.Classes ? TableCells.Defused(LabelOf(picture, changes)) : picture.Said));
            if (!same)
            {
                throw new ZooException($"{picture.File}: a listing cannot say its name or its label, so none was written. Rename it.");
            }
        }
    }
}

/// <summary>What came of a listing.</summary>
/// <param name="Pictures">In it.</param>
/// <param name="Dropped">Left out.</param>
/// <param name="Relabeled">With another label.</param>
/// <param name="Changes">The table that names both.</param>
/// <param name="Remarks">What else to know.</param>
public sealed record ListingResult(int Pictures, int Dropped, int Relabeled, string Changes, IReadOnlyList<string> Remarks);
