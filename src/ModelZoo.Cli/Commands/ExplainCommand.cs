using System.CommandLine;
using System.Globalization;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Explanation;
using ModelZoo.Imaging;
using ModelZoo.Inference;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo explain</c>: where in a picture a trained model sees what it says.</summary>
internal static class ExplainCommand
{
    private const string Ending = ".png";

    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var images = new Argument<string[]>("images")
        {
            Description = $"Pictures ({ImageDecoder.Formats}), or folders of them",
            Arity = ArgumentArity.OneOrMore,
        };
        var weights = new WeightsArgument();
        var output = new Option<string?>("--output", "-o")
        {
            Description = "The picture that is written (.png); of several pictures the folder (default: <name>.explained.png, or the folder explained)",
            HelpName = "path",
        };
        var @class = new Option<string?>("--class") { Description = "The class or label that is looked for, by its name or number; default: the likeliest" };
        var layer = new Option<string?>("--layer")
        {
            Description = "The layer whose maps are looked at (`zoo summary` lists them; default: the last before pooling and classifier)",
        };
        var force = new Option<bool>("--force") { Description = "Replace what is there already" };
        var maxPixels = DecodingArgument.Create();
        var command = new Command("explain",
            "Draw over pictures where a trained model sees its answer, by Grad-CAM.\n\nExample: zoo explain runs/best.safetensors cat.jpg -o cat.png")
        {
            model, images, output, @class, layer, force, maxPixels,
        };
        weights.AddTo(command);
        command.OnRun((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            string[] given = parsed.GetRequiredValue(images);
            (string[] files, FolderSummary[] folders) = PictureArgument.Expand(given);
            string[] targets = Targets(files, parsed.GetValue(output), several: files.Length > 1 || folders.Length > 0);
            MustBeFree(files, targets, parsed.GetValue(force));
            string spec = parsed.GetRequiredValue(model);
            using ResolvedModel resolved = ModelArgument.Resolve(session, spec, weights.Read(parsed));
            resolved.RequirePredictions("zoo explain");
            MustBeTrained(spec, resolved);
            FolderSummaries.Say(session, folders);
            return Run(session, resolved, files, targets, Output(resolved, parsed.GetValue(@class)), parsed.GetValue(layer),
                DecodingArgument.Read(parsed, maxPixels));
        });
        return command;
    }

    private static int Run(Session session, ResolvedModel model, string[] files, string[] targets, int? output, string? layer, DecodeOptions decoding)
    {
        var explainer = new PictureExplainer(model, layer, decoding);
        List<ExplainedFile> rows = [];
        foreach ((string file, string target) in files.Zip(targets))
        {
            session.Cancel.ThrowIfCancellationRequested();
            try
            {
                rows.Add(Explain(explainer, file, target, output, decoding));
            }
            catch (ImageException e) when (files.Length > 1)
            {
                rows.Add(new(file, e));
            }
        }

        session.Show(rows.Select(Json).ToArray(), console =>
        {
            var table = Tables.New("image", "class", model.Task.Kind == TaskKind.Regression ? ">value" : ">probability", "written to");
            foreach (ExplainedFile row in rows)
            {
                table.Row(row.Explained is { } e ? [row.Image, e.Label, Value(model, e), row.Output!] : [row.Image, "unreadable", "", ""]);
            }

            console.Write(table);
            console.WriteLine($"Grad-CAM of {explainer.Layer}: yellow where the picture speaks most for the class, dim what the network does not see");
        });
        foreach (ExplainedFile row in rows)
        {
            if (row.Error is { } error)
            {
                session.Say(error.Message);
            }
            else if (!(row.Explained!.Map.Greatest > 0))
            {
                session.Say($"{row.Image}: nothing in it speaks for '{row.Explained.Label}', so the map is empty.");
            }
        }

        return rows.Exists(r => r.Error is not null) ? 1 : 0;

        object Json(ExplainedFile row) => row.Explained is not { } e ? new { image = row.Image, error = row.Error!.Message } : new
        {
            image = row.Image,
            output = row.Output,
            label = e.Label,
            probability = model.Task.Kind == TaskKind.Regression ? (double?)null : e.Value,
            value = model.Task.Kind == TaskKind.Regression ? e.Value : (double?)null,
            layer = explainer.Layer,
            peak = new { x = row.Peak.X, y = row.Peak.Y },
            greatest = e.Map.Greatest,
            map = e.Map.Values.Chunk(e.Map.Columns.Count),
        };
    }

    private static ExplainedFile Explain(PictureExplainer explainer, string file, string target, int? output, DecodeOptions decoding)
    {
        PixelImage picture = ImageDecoder.Decode(file, decoding);
        PictureExplanation explained = explainer.Explain(picture, output);
        byte[] png = ImageEncoder.Png(explained.Over(picture));
        AtomicFile.Write(target, stream => stream.Write(png));
        return new(file, null) { Explained = explained, Output = target, Peak = explained.PeakIn(picture.Width, picture.Height) };
    }

    private static string Value(ResolvedModel model, PictureExplanation explained) => model.Task.Kind == TaskKind.Regression
        ? explained.Value.ToString("G6", CultureInfo.InvariantCulture)
        : Tables.Percent(explained.Value);

    private static void MustBeTrained(string spec, ResolvedModel model)
    {
        if (!model.Trained || model.HeadUntrained)
        {
            throw new UsageException($"{spec} has {(model.Trained ? "a head that was drawn anew" : "fresh weights")}: it would only guess. Name shipped "
                + "weights (`zoo list`), a checkpoint, or --weights.");
        }
    }

    // A name wins over a number: classes may be called 3.
    private static int? Output(ResolvedModel model, string? wanted)
    {
        if (wanted is null)
        {
            return null;
        }

        int place = model.Labels.Select((label, i) => (label, i)).Where(l => l.label == wanted).Select(l => l.i + 1).FirstOrDefault() - 1;
        return place >= 0 ? place
            : int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < model.Labels.Count ? number
            : throw new UsageException($"--class {wanted}: the model has no such class.{NearestName.Hint(wanted, model.Labels)} It has "
                + $"{Tables.Count(model.Labels.Count)}: {string.Join(", ", model.Labels.Take(10))}{(model.Labels.Count > 10 ? " …" : "")}");
    }

    private static string[] Targets(string[] files, string? output, bool several)
    {
        if (!several)
        {
            string path = output ?? $"{Path.GetFileNameWithoutExtension(files[0])}.explained{Ending}";
            OutputFile.MustEndIn(path, Ending, "a picture");
            return [path];
        }

        string folder = output ?? "explained";
        if (folder.EndsWith(Ending, StringComparison.OrdinalIgnoreCase) || File.Exists(folder))
        {
            throw new UsageException($"--output {folder}: {Tables.Count(files.Length)} pictures go into a folder; give its name.");
        }

        // Pictures of one name, from several folders, stay apart.
        HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase);
        return [.. files.Select(file =>
        {
            string name = Path.GetFileNameWithoutExtension(file);
            return Path.Combine(folder, Enumerable.Range(1, int.MaxValue).Select(n => n == 1 ? $"{name}{Ending}" : $"{name}-{n}{Ending}").First(taken.Add));
        })];
    }

    private static void MustBeFree(string[] files, string[] targets, bool force)
    {
        HashSet<string> inputs = [.. files.Select(Path.GetFullPath)];
        foreach (string target in targets)
        {
            if (inputs.Contains(Path.GetFullPath(target)))
            {
                throw new UsageException($"--output {target} is the picture itself; choose another name.");
            }

            OutputFile.MustBeNew(target, force);
        }
    }

    private sealed record ExplainedFile(string Image, ImageException? Error)
    {
        internal PictureExplanation? Explained { get; init; }

        internal string? Output { get; init; }

        internal (double X, double Y) Peak { get; init; }
    }
}
