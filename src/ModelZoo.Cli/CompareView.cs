using ModelZoo.Experiments.Comparing;
using ModelZoo.Plots;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Shows a comparison: JSON, or tables that fit 100 columns.</summary>
internal static class CompareView
{
    private const int Columns = 100;
    private const string SizeNotes = "MACs: convolutions and linear layers only. depth: those on the longest path. field: pixels seen at the last convolution. "
        + "outputs: of all layers for one image; at once: the most needed together.";

    // What a narrow terminal can do without.
    private static readonly string[] Unneeded = [">depth", ">field", ">outputs", ">least – greatest"];

    internal static void Show(Session session, ModelComparison comparison, string page)
    {
        if (session.Json)
        {
            session.Say($"page: {page}");
        }

        session.Show(comparison, console => Render(console, comparison, page));
    }

    private static void Render(IAnsiConsole console, ModelComparison comparison, string page)
    {
        TableFigure?[] tables = [ComparisonTables.Size(comparison, narrow: true), ComparisonTables.Time(comparison, narrow: true),
            ComparisonTables.Accuracies(comparison, narrow: true), ComparisonTables.Training(comparison, narrow: true)];
        foreach (TableFigure table in tables.OfType<TableFigure>())
        {
            console.WriteLine(table.Title);
            console.Write(Fitted(table, Unneeded));
            if (table == tables[0])
            {
                console.WriteLine(TextTable.Fold(SizeNotes, Math.Min(Columns, console.Profile.Width)));
            }
            else if (comparison.Timing is not null && table == tables[1])
            {
                console.WriteLine($"median (least – greatest) of {comparison.Timing!.Rounds} interleaved rounds, threads: {comparison.Timing.Threads};");
                console.WriteLine("memory: the most that a batch needed, weights included");
            }
        }

        console.WriteLine($"page: {page}");
    }

    /// <summary>A table for a terminal.</summary>
    /// <param name="figure">The table.</param>
    /// <param name="unneeded">The columns that a narrow terminal can do without.</param>
    internal static TextTable Fitted(TableFigure figure, string[] unneeded)
    {
        var table = new TextTable([.. figure.Columns.Select(c => unneeded.Contains(c) ? "?" + c : c)]) { MaxWidth = Columns };
        foreach (IReadOnlyList<string> row in figure.Rows)
        {
            table.Row([.. row]);
        }

        return table;
    }
}
