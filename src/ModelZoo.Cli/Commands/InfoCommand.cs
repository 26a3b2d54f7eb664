using System.CommandLine;
using System.Globalization;
using ModelZoo.Downloads;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Statistics;
using ModelZoo.Training;
using ModelZoo.Weights;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo info</c>: a model's card, what a checkpoint says of itself, or the tensors of another file.</summary>
internal static class InfoCommand
{
    private const int MaxLabels = 20;

    internal static Command Create()
    {
        var model = new Argument<string>("model")
        {
            Description = "A model of the catalog, a checkpoint, or another file with weights (.pth, .dat, safetensors)"
        };
        var command = new Command("info",
            "Show a model's card (source, measured facts, weights, recipe), or the tensors of a file.\n\nExample: zoo info lenet5") { model };
        command.OnRun((parsed, cancel) => Run(Session.Open(parsed, cancel), parsed.GetRequiredValue(model)));
        return command;
    }

    private static int Run(Session session, string spec)
    {
        if (File.Exists(spec) || (spec.Contains('#', StringComparison.Ordinal) && File.Exists(spec[..spec.LastIndexOf('#')])))
        {
            using WeightsFile file = WeightsFile.Open(spec);
            if (Checkpoint.IsCheckpoint(file))
            {
                ShowCheckpoint(session, Checkpoint.ReadInfo(spec));
            }
            else
            {
                ShowTensors(session, file);
            }

            return 0;
        }

        ModelInfo info = Session.Catalog.Find(spec);
        ModelCard? card = Catalog.TryCardOf(info);
        Recipe? recipe = Catalog.TryRecipeOf(info);
        var published = info.Published.Select(w => new
        {
            model = $"{info.Name}:{w.Name}",
            publishedTop1 = w.Top1,
            publishedTop5 = w.Top5,
            w.Url,
            file = WeightsCache.Find(info.Name, w),
            w.Preprocessing
        }).ToArray();
        session.Show(new { info.Name, info.Family, info.Summary, info.Source, card, info.Preprocessing, recipe, published }, console =>
        {
            var table = Tables.New("fact", "value");
            string noCard = $"– (its card is not written yet: `zoo catalog add {info.Name}`)";
            table.Row("name", $"{info.Name} (family {info.Family})");
            table.Row("what it is", info.Summary);
            table.Row("source", info.Source);
            table.Row("input", $"{info.Input.Channels}×{info.Input.Height}×{info.Input.Width}");
            table.Row("parameters", card is null ? noCard : Tables.Count(card.Parameters));
            table.Row("MACs", card is null ? noCard : $"{Tables.Count(card.Macs)} (convolutions and linear layers only)");
            foreach ((string name, WeightsCard w) in card?.Weights ?? new Dictionary<string, WeightsCard>())
            {
                string measured = w.Accuracy is { } a
                    ? $"{Tables.Percent(a, Interval.OfShare(a, w.Images ?? 0))} of {Tables.Count(w.Images ?? 0)} images of {w.Data}, measured by us; "
                    : "";
                table.Row($"weights {info.Name}:{name}", $"{measured}{Tables.Count(w.Bytes)} bytes, SHA-256 {w.Sha256[..12]}…");
            }

            foreach (PublishedWeights w in info.Published)
            {
                table.Row($"weights {info.Name}:{w.Name}", PublishedView.Describe(info, w));
            }

            table.Row("recipe", recipe is null ? "none of its own" : RecipeText.Lines(recipe));
            console.Write(table);
        });
        return 0;
    }

    private static void ShowCheckpoint(Session session, CheckpointInfo checkpoint) => session.Show(checkpoint, console =>
    {
        var table = Tables.New("fact", "value");
        table.Row("architecture", checkpoint.Architecture);
        table.Row("input", $"{checkpoint.Options.InChannels}×{checkpoint.Options.InputHeight}×{checkpoint.Options.InputWidth}");
        table.Row("labels", checkpoint.Labels.Count <= MaxLabels ? string.Join(", ", checkpoint.Labels)
            : $"{string.Join(", ", checkpoint.Labels.Take(MaxLabels))} … ({Tables.Count(checkpoint.Labels.Count)} in all)");
        if (checkpoint.Task is { } task)
        {
            table.Row("predicts", task.Kind == TaskKind.Regression
                ? string.Create(CultureInfo.InvariantCulture, $"a number: {task.Scale:G6} · output + {task.Offset:G6}")
                : $"several labels, each there from {(task.Thresholds.Count > 0 ? string.Join(", ", task.Thresholds.Select(Tables.Number)) : "0.5")} on");
        }

        if (checkpoint.Quantization is { } bytes)
        {
            table.Row("int8", $"{Tables.Count(bytes.Layers.Count)} layers, {Tables.Count(bytes.Values.Count)} values between them ({bytes.Observer}, measured "
                + $"on {Tables.Count(bytes.Images)} pictures)");
        }

        if (checkpoint.Calibration is { } known)
        {
            table.Row("calibrated", $"on {known.Data}, {Tables.Count(known.Pictures)} pictures: at most {Tables.Percent(known.ErrorRate)} of its answers "
                + $"wrong, from {Tables.Percent(known.LeastProbability)} on{(known.Features is null ? "" : " and like the pictures of its training")}");
        }

        if (checkpoint.ChosenOn is { } chosen)
        {
            table.Row("chosen on", $"{chosen.Name}, {Tables.Count(chosen.Pictures)} pictures");
        }

        table.Row("preprocessing", string.Join('\n', checkpoint.Preprocessing.Describe()));
        foreach ((string key, string value) in checkpoint.Extra)
        {
            table.Row(key, key == "recipe" ? RecipeText.Lines(value) ?? value : value);
        }

        console.Write(table);
    });

    private static void ShowTensors(Session session, WeightsFile file)
    {
        long bytes = file.Entries.Sum(e => e.ByteLength);
        var tensors = file.Entries.Select(e => new { name = e.Name, dtype = e.Type.FormatName(), shape = e.Shape, bytes = e.ByteLength });
        session.Show(new { file = file.Name, format = file.Format, metadata = file.Metadata, bytes, tensors }, console =>
        {
            var table = Tables.New("tensor", "dtype", "shape", ">bytes");
            foreach (WeightsEntry e in file.Entries)
            {
                table.Row(e.Name, e.Type.FormatName(), Tables.Shape(e.Shape), Tables.Count(e.ByteLength));
            }

            console.Write(table);
            string metadata = string.Concat(file.Metadata.Select(m => $", {m.Key} {m.Value}"));
            console.WriteLine($"{file.Name}: {file.Format}, {Tables.Count(file.Entries.Count)} tensors, {Tables.Count(bytes)} bytes{metadata}");
        });
    }
}
