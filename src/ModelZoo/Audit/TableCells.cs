using System.Buffers;

namespace ModelZoo.Audit;

/// <summary>
/// Cells of tables that people open in a spreadsheet. Names of files and folders come from anybody: one that begins like a formula gets an apostrophe before
/// it, and so does one that begins with an apostrophe, so that reading takes away exactly what writing added.
/// </summary>
internal static class TableCells
{
    private static readonly SearchValues<char> Quotable = SearchValues.Create(",;\t|\"\r\n");

    private const string Formula = "=+-@\t\r\n'";

    /// <summary>A row, ended.</summary>
    public static string Row(params IEnumerable<string> cells) => string.Join(',', cells.Select(Quoted)) + "\n";

    /// <summary>The text as a spreadsheet takes it for text.</summary>
    public static string Defused(string text) => text.Length > 0 && Formula.Contains(text[0], StringComparison.Ordinal) ? "'" + text : text;

    /// <summary>The text that was defused.</summary>
    public static string Restored(string cell) =>
        cell is ['\'', .. var text] && text.Length > 0 && Formula.Contains(text[0], StringComparison.Ordinal) ? text : cell;

    private static string Quoted(string text) => text.Length > 0
        && (text.AsSpan().ContainsAny(Quotable) || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]))
        ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
