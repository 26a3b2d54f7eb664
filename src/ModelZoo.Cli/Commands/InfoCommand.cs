using System.CommandLine;
using ModelZoo.Models;
using ModelZoo.Training;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo info</c>: a model's card, or what a checkpoint says of itself.</summary>
internal static class InfoCommand
{
    internal static Command Create()
    {
        var model = new Argument<string>("model") { Description = "A model of the catalogue, or a checkpoint file" };
        var command = new Command("info", "Show a model's card: source, measured facts, weights, recipe.\n\nExample: zoo info lenet5") { model };
        command.SetAction(parsed => Run(Session.Open(parsed), parsed.GetRequiredValue(model)));
        return command;
    }

    private static int Run(Session session, string spec)
    {
        if (File.Exists(spec))
        {
            CheckpointInfo checkpoint = Checkpoint.ReadInfo(spec);
            session.Show(checkpoint, console =>
            {
                var table = Tables.New("fact", "value");
                table.Row("architecture", checkpoint.Architecture);
                table.Row("input", $"{checkpoint.Options.InChannels}×{checkpoint.Options.InputHeight}×{checkpoint.Options.InputWidth}");
                table.Row("labels", string.Join(" ", checkpoint.Labels));
                foreach ((string key, string value) in checkpoint.Extra)
                {
                    table.Row(key, value);
                }

                console.Write(table);
            });
            return 0;
        }

        ModelInfo info = Session.Catalog.Find(spec);
        ModelCard card = Catalog.CardOf(info);
        Recipe? recipe = info.Task == ModelTask.Classification ? Catalog.RecipeOf(info) : null; // the trainer trains classifiers
        session.Show(new { info.Name, info.Family, info.Summary, info.Source, card, info.Preprocessing, recipe }, console =>
        {
            var table = Tables.New("fact", "value");
            table.Row("name", $"{info.Name} (family {info.Family})");
            table.Row("what it is", info.Summary);
            table.Row("source", info.Source);
            table.Row("input", Tables.Shape(card.Input.Select(i => (long)i)));
            table.Row("parameters", Tables.Count(card.Parameters));
            table.Row("MACs", $"{Tables.Count(card.Macs)} (convolutions and linear layers only)");
            foreach ((string name, WeightsCard w) in card.Weights)
            {
                table.Row($"weights {info.Name}:{name}", $"{(w.Accuracy is { } a ? $"{Tables.Percent(a)} of {Tables.Count(w.Images ?? 0)} images of {w.Data}, measured by us; " : "")}{Tables.Count(w.Bytes)} bytes, SHA-256 {w.Sha256[..12]}…");
            }

            if (recipe is not null)
            {
                table.Row("recipe", recipe.ToJson());
            }

            console.Write(table);
        });
        return 0;
    }
}
