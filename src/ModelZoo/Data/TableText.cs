using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace ModelZoo.Data;

/// <summary>The cells of a CSV file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Separator">Between cells.</param>
/// <param name="Rows">Of the same number of cells, without blanks around them; each with its line in the file, from 1.</param>
internal sealed record TableText(string Path, string Separator, IReadOnlyList<(int Line, string[] Cells)> Rows)
{
    private static readonly string[] Separators = [",", ";", "\t", "|"];

    /// <summary>Reads a file; the separator is the first of comma, semicolon, tab and bar by which all rows have as many cells and one is a file.</summary>
    /// <param name="path">UTF-8, or UTF-16 with its mark.</param>
    /// <param name="isFile">Whether a cell names a file.</param>
    /// <param name="header">Its columns, for messages; null: path,label.</param>
    /// <exception cref="ZooException">The file cannot be read, is no such text, or its rows differ in length; the message names the line.</exception>
    public static TableText Read(string path, Func<string, bool> isFile, string? header = null)
    {
        string text = Text(path);
        (string Separator, List<(int Line, string[] Cells)> Rows)[] tries = [.. Separators.Select(s => (s, Cells(text, s)))];
        (string Separator, List<(int Line, string[] Cells)> Rows)[] even =
            [.. tries.Where(t => t.Rows.Count > 0 && t.Rows[0].Cells.Length > 1 && t.Rows.All(r => r.Cells.Length == t.Rows[0].Cells.Length))];
        if (even.Length > 0)
        {
            (string separator, List<(int Line, string[] Cells)> rows) =
                even.Where(t => t.Rows.Take(20).Any(r => r.Cells.Any(isFile))).Append(even[0]).First();
            return new(path, separator, rows);
        }

        (string _, List<(int Line, string[] Cells)> uneven) = tries.MaxBy(t => t.Rows.Count(r => r.Cells.Length > 1));
        if (uneven.Count == 0 || uneven[0].Cells.Length < 2)
        {
            throw new ZooException(uneven.Count == 0
                ? $"{path}: is empty. Write a line for each {(header is null ? "picture: path,label" : $"class: {header}")}."
                : $"{path}: its first line, '{Abbreviate(string.Join(",", uneven[0].Cells))}', has one column; {header ?? "a path and a label"} are needed.");
        }

        (int line, string[] cells) = uneven.First(r => r.Cells.Length != uneven[0].Cells.Length);
        throw new ZooException($"{path}: line {line} has {cells.Length} {(cells.Length == 1 ? "column" : "columns")} and the first one "
            + $"{uneven[0].Cells.Length}. A cell with the separator in it goes into quotes.");
    }

    private static List<(int Line, string[] Cells)> Cells(string text, string separator)
    {
        var rows = new List<(int, string[])>();
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            HasHeaderRecord = false,
            Delimiter = separator,
            TrimOptions = TrimOptions.Trim,
            BadDataFound = null, // a stray quote is text: names of files may hold one
        };
        using var parser = new CsvParser(new StringReader(text), configuration);
        while (parser.Read())
        {
            if (parser.Record is { } record && record.Any(cell => cell.Length > 0))
            {
                rows.Add((parser.RawRow, record));
            }
        }

        return rows;
    }

    private static string Text(string path)
    {
        if (Directory.Exists(path))
        {
            throw new ZooException($"{path}: is a folder. Write folder:{path}, or give the CSV file.");
        }

        byte[] bytes;
        try
        {
            RegularFile.Require(path);
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (FileAccessError.Covers(e))
        {
            throw FileAccessError.Reading(path, e);
        }

        try
        {
            var strict = new UTF8Encoding(false, throwOnInvalidBytes: true);
            using var reader = new StreamReader(new MemoryStream(bytes), strict, detectEncodingFromByteOrderMarks: true);
            string text = reader.ReadToEnd();
            return !text.Contains('\0', StringComparison.Ordinal) ? text : throw new DecoderFallbackException();
        }
        catch (DecoderFallbackException e)
        {
            throw new ZooException($"{path}: is no text in UTF-8{(bytes is [(byte)'P', (byte)'K', ..] ? ", but a spreadsheet or an archive" : "")}. Save "
                + "the table as CSV in UTF-8.", e);
        }
    }

    internal static string Abbreviate(string text) => text.Length <= 60 ? text : text[..57] + "…";
}
