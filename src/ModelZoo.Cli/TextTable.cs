using Spectre.Console;
using Spectre.Console.Rendering;

namespace ModelZoo.Cli;

/// <summary>
/// A table of texts that fits the terminal. Where it is too wide, its widest columns give way first, and their texts break where a reader would break them:
/// between words, after a slash, after a comma; at the dashes, underscores and dots of a name only where the name alone is too long. Before that, columns that
/// are not needed are left out, and named below.
/// </summary>
/// <param name="titles">A title that begins with '?' is of a column that may be left out, one with '>' (after it) of one that is aligned to the right.</param>
internal sealed class TextTable(string[] titles) : Renderable
{
    private const int Narrowest = 8;

    private readonly List<string[]> rows = [];

    /// <summary>The most columns of characters that it takes, however wide the terminal is.</summary>
    internal int MaxWidth { get; init; } = int.MaxValue;

    /// <summary>Adds a row; a text may have several lines.</summary>
    internal void Row(params string[] cells) => rows.Add([.. cells.Select(Printable.Cell)]);

    protected override IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
    {
        Column[] all = [.. titles.Select((title, c) => new Column(Printable.Cell(title), [.. rows.Select(r => r[c])]))], shown = all;
        int most = Math.Min(maxWidth, MaxWidth);
        while (shown.Sum(c => c.Least + 3) + 1 > most && shown.LastOrDefault(c => c.Optional) is { } unneeded)
        {
            shown = [.. shown.Where(c => c != unneeded)];
        }

        Shrink(shown, most - (3 * shown.Length) - 1);
        var table = new Table().Border(TableBorder.Rounded);
        foreach (Column c in shown)
        {
            table.AddColumn(new TableColumn(new Text(Fold(c.Title, c.Width))) { Alignment = c.Right ? Justify.Right : Justify.Left, NoWrap = true });
        }

        for (int row = 0; row < rows.Count; row++)
        {
            table.AddRow([.. shown.Select(c => new Text(Fold(c.Cells[row], c.Width)))]);
        }

        if (shown.Length < all.Length)
        {
            table.Caption(Markup.Escape($"no room for: {string.Join(", ", all.Except(shown).Select(c => c.Title))} (--json has all)"),
                new Style(decoration: Decoration.Dim));
        }

        return ((IRenderable)table).Render(options, maxWidth);
    }

    /// <summary>A text in lines of at most so many columns.</summary>
    internal static string Fold(string text, int width) => string.Join('\n', text.Split('\n').SelectMany(line => Lines(line, width)));

    // The widest gives way first, but no further than its longest word as long as another can, and numbers last.
    private static void Shrink(Column[] columns, int available)
    {
        while (columns.Sum(c => c.Width) > available)
        {
            Column? widest = columns.Where(c => c.Width > c.Least).MaxBy(c => c.Width)
                ?? columns.Where(c => !c.Right && c.Width > Narrowest).MaxBy(c => c.Width)
                ?? columns.Where(c => c.Width > Narrowest).MaxBy(c => c.Width);
            if (widest is null)
            {
                break;
            }

            widest.Width--;
        }
    }

    private static List<string> Lines(string text, int width)
    {
        List<string> lines = [];
        string line = "";
        foreach (string part in Words(text).SelectMany(word => Width(word.TrimEnd()) <= width ? [word] : Parts(word, width)))
        {
            if (line.Length > 0 && Width(line + part.TrimEnd()) > width)
            {
                lines.Add(line.TrimEnd());
                line = "";
            }

            line += part;
        }

        lines.Add(line.TrimEnd());
        return lines;
    }

    // "long/name.jpg, 66.95 %" as "long/", "name.jpg, ", "66.95 %".
    private static IEnumerable<string> Words(string text) => Cut(text, (at, next) =>
        (text[at] is ' ' && next is not '%' and not ' ') || (text[at] is '/' or '\\' && next is not '/' and not ' ')
        || (text[at] is ',' && !char.IsAsciiDigit(next) && next is not ' '));

    // A word that is too long: at what joins its parts, else anywhere.
    private static IEnumerable<string> Parts(string word, int width) => Cut(word, (at, next) => word[at] is '-' or '_' or '.' or '=' or '&' or '?' or ':'
        && next is not ' ').SelectMany(part => Width(part) <= width ? [part] : part.Chunk(Math.Max(1, width)).Select(c => new string(c)));

    private static IEnumerable<string> Cut(string text, Func<int, char, bool> after)
    {
        int from = 0;
        for (int at = 0; at < text.Length - 1; at++)
        {
            if (after(at, text[at + 1]))
            {
                yield return text[from..(at + 1)];
                from = at + 1;
            }
        }

        yield return text[from..];
    }

    private static int Width(string text) => new Segment(text).CellCount();

    private sealed class Column
    {
        public Column(string title, string[] cells)
        {
            (Title, Cells) = (title.TrimStart('?').TrimStart('>'), cells);
            (Optional, Right) = (title.StartsWith('?'), title.TrimStart('?').StartsWith('>'));
            string[] lines = [.. cells.SelectMany(cell => cell.Split('\n'))];
            Width = lines.Append(Title).Max(TextTable.Width);
            Least = (Right ? lines : lines.SelectMany(Words)) // numbers stay with their units
                .Concat(Words(Title)).Max(word => TextTable.Width(word.TrimEnd()));
        }

        public string Title { get; }

        public string[] Cells { get; }

        public bool Optional { get; }

        public bool Right { get; }

        /// <summary>Of its longest word.</summary>
        public int Least { get; }

        public int Width { get; set; }
    }
}
