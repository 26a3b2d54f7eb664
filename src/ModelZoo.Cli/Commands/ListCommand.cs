using System.CommandLine;
using ModelZoo.Models;
using ModelZoo.Registry;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo list</c>: the catalog.</summary>
internal static class ListCommand
{
    internal static Command Create()
    {
        var command = new Command("list", "Show every model of the zoo.\n\nExample: zoo list --json");
        command.OnRun((parsed, cancel) => Run(Session.Open(parsed, cancel)));
        return command;
    }

    private static int Run(Session session)
    {
        Row[] rows = [.. Session.Catalog.Models.Select(info =>
        {
            ModelCard? card = Catalog.TryCardOf(info);
            return new Row(info.Name, info.Family, card?.Parameters, card?.Macs, [info.Input.Channels, info.Input.Height, info.Input.Width], info.Classes,
                [.. info.Weights.Select(w => $"{info.Name}:{w.Name}")], [.. info.Published.Select(w => $"{info.Name}:{w.Name}")], info.Summary);
        })];
        session.Show(rows, console =>
        {
            var table = Tables.New("model", "?family", ">parameters", ">MACs", "?input", "trained weights", "?what it is");
            foreach (Row r in rows)
            {
                IEnumerable<string> weights = r.Weights.Concat(r.Published.Select(w => $"{w} (pull)"));
                table.Row(r.Name, r.Family, Count(r.Parameters), Count(r.Macs), Tables.Shape(r.Input), string.Join("\n", weights), r.Summary);
            }

            console.Write(table);
        });
        return 0;
    }

    private static string Count(long? n) => n is { } known ? Tables.Count(known) : "–";

    // Parameters and MACs are null where the model's card has not been written yet.
    private sealed record Row(string Name, string Family, long? Parameters, long? Macs, long[] Input, int Classes, string[] Weights, string[] Published,
        string Summary);
}
