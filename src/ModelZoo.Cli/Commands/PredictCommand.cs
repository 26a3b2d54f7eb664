using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Transfer;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo predict</c>: what a trained model sees in an image.</summary>
internal static class PredictCommand
{
    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var images = new Argument<string[]>("images")
        {
            Description = $"Pictures ({ImageDecoder.Formats}), folders of them, or .npy arrays ([H,W], [C,H,W] or [N,C,H,W], values 0…1 or 0…255); none: "
                + "pictures of --data",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var weights = new WeightsArgument();
        var data = DataArgument.Create();
        var index = new Option<int[]>("--index")
        {
            Description = "Which test images of --data",
            HelpName = "i",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [0, 1, 2, 3, 4]
        };
        var top = new Option<int>("--top") { Description = "How many classes to show", HelpName = "k", DefaultValueFactory = _ => 3 };
        var maxPixels = DecodingArgument.Create();
        var tta = TtaArgument.Create();
        var program = new ProgramArgument();
        var command = new Command("predict", "Classify images with a trained model.\n\nExample: zoo predict runs/best.safetensors cat.jpg --top 5") { model,
            images, data, index, top, tta, maxPixels };
        weights.AddTo(command);
        program.AddTo(command);
        command.Add(RankRun.Option);
        command.OnRun((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            string[] files = parsed.GetValue(images) ?? [];
            string spec = parsed.GetRequiredValue(model);
            using ResolvedModel resolved = program.Resolve(session, parsed, spec, weights.Read(parsed));
            return Run(session, spec, resolved, files, parsed.GetValue(data)!, parsed.GetValue(index)!, parsed.GetValue(top),
                DecodingArgument.Read(parsed, maxPixels), TtaArgument.Read(parsed, tta));
        });
        return command;
    }

    private static int Run(Session session, string spec, ResolvedModel resolved, string[] files, string source, int[] index, int top, DecodeOptions decoding,
        TestViews? views)
    {
        resolved.RequirePredictions("zoo predict");
        if (!resolved.Trained)
        {
            throw new UsageException($"{spec} has fresh weights: it would only guess. Name shipped weights "
                + $"({string.Join(" ", Session.Catalog.Models.SelectMany(m => m.Weights.Select(w => $"{m.Name}:{w.Name}")))}), a checkpoint, or --weights.");
        }

        if (resolved.HeadUntrained)
        {
            throw new UsageException($"{spec}: its head was drawn anew (--reinit-head): it would only guess. Train it first with `zoo finetune`.");
        }

        if (top < 1)
        {
            throw new UsageException($"--top {top}: at least one class is shown.");
        }

        if (files.Length > 0 && !files.All(PictureArgument.IsArray))
        {
            (string[] pictures, FolderSummary[] folders) = PictureArgument.Expand(files);
            using var ofPictures = ImageClassifier.FromResolved(resolved, views, decoding);
            return PicturePredictions.Run(session, ofPictures, pictures, folders, top, views);
        }

        LabeledImages? all = files.Length > 0 ? null : DataChoice.OpenToShow(source, resolved.Task);
        if (all is LabeledFiles folder)
        {
            MustExist(folder, index);
            using var ofFolder = ImageClassifier.FromResolved(resolved, views, decoding);
            return PicturePredictions.Run(session, ofFolder, [.. index.Select(i => folder.Files[i])], FolderSummaries.Of(folder) ?? [], top, views);
        }

        (ImageDataset data, string[] names) = all is ImageDataset dataset ? Chosen(dataset, index) : ImageFiles.Read(files, resolved);
        using var classifier = ImageClassifier.FromResolved(resolved with { Preprocessing = TransferLearning.PreprocessingFor(data, resolved.Preprocessing) },
            views);
        IReadOnlyList<Answer> predictions = classifier.Predict(data, top);
        var rows = names.Select((name, i) => new { image = name, predictions = predictions[i] }).ToArray();
        session.Show(rows.Select(row => PicturePredictions.Json(row.image, row.predictions, views)).ToArray(), console =>
        {
            if (classifier.Task.Kind == TaskKind.Classes && data.Shape is { Channels: 1, Width: <= 32 } && names.Length <= 8)
            {
                string[] captions = [.. rows.Select(r => r.predictions.Unknown is null
                    ? $"{r.predictions[0].Label} ({Tables.Percent(r.predictions[0].Probability)})"
                    : "unknown")];
                foreach (string line in ImageDrawing.Of(data, captions, console.Profile.Width))
                {
                    console.WriteLine(line);
                }
            }

            console.Write(PicturePredictions.Table(classifier, rows.Select(row => (row.image, (Answer?)row.predictions))));
        });
        return 0;
    }

    private static (ImageDataset Data, string[] Names) Chosen(ImageDataset all, int[] index)
    {
        MustExist(all, index);
        return (all.Subset(index), [.. index.Select(i => $"{all.Name}[{i}], labeled {all.Info.ClassNames[all.Labels[i]]}")]);
    }

    private static void MustExist(LabeledImages all, int[] index)
    {
        foreach (int i in index)
        {
            if (i < 0 || i >= all.Count)
            {
                throw new UsageException($"--index {i}: {all.Name} has images 0 … {all.Count - 1}.");
            }
        }
    }
}
