using System.Globalization;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Small helpers for tables.</summary>
internal static class Tables
{
    /// <summary>An empty table; a column whose title starts with '>' is aligned to the right.</summary>
    internal static Table New(params string[] columns)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (string column in columns)
        {
            bool right = column.StartsWith('>');
            table.AddColumn(new TableColumn(Markup.Escape(right ? column[1..] : column)) { Alignment = right ? Justify.Right : Justify.Left, NoWrap = right });
        }

        return table;
    }

    internal static void Row(this Table table, params string[] cells) => table.AddRow([.. cells.Select(c => new Text(c))]);

    internal static string Count(long n) => n.ToString("N0", CultureInfo.InvariantCulture);

    internal static string Percent(double fraction) => (100 * fraction).ToString("F2", CultureInfo.InvariantCulture) + " %";

    internal static string Seconds(double seconds) => seconds.ToString(seconds < 10 ? "F2" : "F1", CultureInfo.InvariantCulture) + " s";

    internal static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);

    internal static string Shape(IEnumerable<long> shape) => string.Join("×", shape);
}
