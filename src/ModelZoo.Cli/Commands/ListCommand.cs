using System.CommandLine;
using ModelZoo.Analysis;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo list</c>: the catalogue.</summary>
internal static class ListCommand
{
    internal static Command Create()
    {
        var command = new Command("list", "Show every model of the zoo.\n\nExample: zoo list --json");
        command.SetAction(parsed => Run(Session.Open(parsed)));
        return command;
    }

    private static int Run(Session session)
    {
        var rows = new List<Row>();
        foreach (ModelInfo info in Session.Catalog.Models)
        {
            using ZooModel model = info.Create();
            ModelSummary summary = ModelSummary.Of(model, info.Input.Channels, info.Input.Height, info.Input.Width);
            rows.Add(new(info.Name, info.Family, summary.Parameters, summary.Macs, [info.Input.Channels, info.Input.Height, info.Input.Width],
                info.Classes, [.. info.Weights.Select(w => $"{info.Name}:{w.Name}")], info.Summary));
        }

        session.Show(rows, console =>
        {
            var table = Tables.New("model", "family", ">parameters", ">MACs", "input", "trained weights", "what it is");
            rows.ForEach(r => table.Row(r.Name, r.Family, Tables.Count(r.Parameters), Tables.Count(r.Macs), Tables.Shape(r.Input), string.Join(" ", r.Weights), r.Summary));
            console.Write(table);
        });
        return 0;
    }

    private sealed record Row(string Name, string Family, long Parameters, long Macs, long[] Input, int Classes, string[] Weights, string Summary);
}
