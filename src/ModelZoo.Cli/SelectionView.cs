using ModelZoo.Experiments.Selecting;
using ModelZoo.Plots;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Shows which network suits some pictures: progress, then JSON, or tables that fit 100 columns.</summary>
internal static class SelectionView
{
    private const int Columns = 100;

    // What a narrow terminal can do without.
    private static readonly string[] Unneeded = [">memory", "front", ">fitted", ">alone"];

    /// <summary>Runs it: a moving bar on a terminal; in a pipe the lines that it says.</summary>
    internal static NetworkSelection Run(Session session, SelectionRequest request)
    {
        if (Console.IsErrorRedirected)
        {
            return NetworkSelector.Run(request);
        }

        return session.Log.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = 30 }, new PercentageColumn(),
                new RemainingTimeColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask("looking at networks and pictures");
                task.IsIndeterminate = true;
                return NetworkSelector.Run(request with
                {
                    Progress = (what, done, of) =>
                    {
                        task.IsIndeterminate = false;
                        (task.MaxValue, task.Value) = (of, done);
                        task.Description = Spectre.Console.Markup.Escape(Printable.Text(TrainingView.Fitting(40, what)));
                    },
                });
            });
    }

    internal static void Show(Session session, NetworkSelection selection, string page)
    {
        if (session.Json)
        {
            session.Say($"page: {page}");
        }

        session.Show(selection, console =>
        {
            foreach (TableFigure table in new[] { SelectionTables.Networks(selection, narrow: true), SelectionTables.Pairs(selection, narrow: true) }
                .OfType<TableFigure>())
            {
                console.WriteLine(TextTable.Fold(table.Title, Width(console)));
                console.Write(CompareView.Fitted(table, Unneeded));
            }

            foreach (SelectedNetwork network in selection.Networks.Where(n => n.Curve is not null))
            {
                console.WriteLine(TextTable.Fold($"{network.Name}: {network.Curve!.Sentence()}", Width(console)));
            }

            console.WriteLine(TextTable.Fold(selection.Recommendation.Sentence, Width(console)));
            if (SelectionNotes.Next(selection) is { } command)
            {
                console.WriteLine($"next: {command}");
            }

            console.WriteLine($"page: {page}");
        });
    }

    private static int Width(IAnsiConsole console) => Math.Min(Columns, console.Profile.Width);
}
