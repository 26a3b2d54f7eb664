using System.CommandLine;
using System.Globalization;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Reports;
using ModelZoo.Training;
using ModelZoo.Training.Runs;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo report</c>: what is to be known of a trained model, as a page.</summary>
internal static class ReportCommand
{
    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var weights = new WeightsArgument();
        var data = new DataArgument();
        var split = DataArgument.CreateSplit();
        var output = new Option<string>("--output", "-o")
        {
            Description = "The page that is written (.html); with --json the numbers go to standard output as well",
            HelpName = "file",
            DefaultValueFactory = _ => "report.html",
        };
        var pictures = new Option<int>("--pictures")
        {
            Description = "How many pictures it shows of each kind: most wrong about, least sure of, most sure of",
            HelpName = "n",
            DefaultValueFactory = _ => 8,
        };
        var layer = new Option<string?>("--layer")
        {
            Description = "The layer whose maps Grad-CAM looks at (`zoo summary` lists them; default: the last before pooling and classifier)",
        };
        var command = new Command("report",
            "Measure a trained model and write a page: figures with error bars, confusion, calibration, and pictures with what the model sees in them.\n\n"
            + "Example: zoo report runs/best.safetensors --data folder:photos -o report.html") { model, split, output, pictures, layer };
        data.AddTo(command);
        weights.AddTo(command);
        command.OnRun((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            string page = parsed.GetValue(output)!;
            OutputFile.MustEndIn(page, ".html", "a page");
            int shown = parsed.GetValue(pictures) is >= 0 and <= 100 and var n ? n
                : throw new UsageException($"--pictures {parsed.GetValue(pictures)}: it must be 0 … 100.");
            OutputFile.MustBeWritable(page);
            string spec = parsed.GetRequiredValue(model);
            WeightsChoice choice = weights.Read(parsed);
            using ResolvedModel resolved = ModelArgument.Resolve(session, spec, choice);
            resolved.RequirePredictions("zoo report");
            if (!resolved.Trained || resolved.HeadUntrained)
            {
                throw new UsageException($"{spec} has {(resolved.Trained ? "a head that was drawn anew" : "fresh weights")}: there is nothing to report of it. "
                    + "Name shipped weights (`zoo list`), a checkpoint, or --weights.");
            }

            DataChoice source = data.Read(parsed);
            source = source with { Labels = source.Labels with { Kind = resolved.Task.Kind } };
            LabeledImages measured = DataChoice.Matched(session, source.OpenPart(session, parsed.GetValue(split)!), resolved);
            FolderSummaries.Say(session, measured);
            string[] warnings = [.. JudgedAgain.Warnings(resolved, measured)];
            Array.ForEach(warnings, session.Say);
            ModelReport report = Reporter.Measure(resolved, measured, new()
            {
                Source = choice.File ?? spec,
                Training = TrainingOf(choice.File ?? spec, resolved.Task),
                MeasuredEpoch = EpochOf(choice.File ?? spec, resolved),
                Warnings = warnings,
                Command = CommandLineText.Of(parsed.Tokens.Select(t => t.Value)),
                Loader = source.Loader with { Device = session.Device },
                Pictures = shown,
                Layer = parsed.GetValue(layer),
                Seed = (ulong)session.Seed,
            }, session.Cancel);
            ReportPage.Save(report, page, null);
            Show(session, report, page);
            return 0;
        });
        return command;
    }

    // Of a checkpoint in the folder of its run: what the log says.
    private static TrainingResult? TrainingOf(string file, PredictionTask task)
    {
        if (!IsOfRun(file, out RunFolder folder))
        {
            return null;
        }

        IReadOnlyList<EpochResult> epochs = folder.ReadEpochs();
        return new()
        {
            Task = task,
            Epochs = epochs,
            Steps = 0,
            Elapsed = TimeSpan.FromSeconds(epochs.Sum(e => e.Seconds)),
            Canceled = false,
            BestEpoch = epochs.Where(e => e.TestAccuracy is not null).MaxBy(e => e.TestAccuracy)?.Epoch,
        };
    }

    private static int? EpochOf(string file, ResolvedModel model) => IsOfRun(file, out _)
        && int.TryParse(model.Checkpoint?.Extra.GetValueOrDefault("epochs"), NumberStyles.None, CultureInfo.InvariantCulture, out int epoch) ? epoch : null;

    private static bool IsOfRun(string file, out RunFolder folder)
    {
        folder = new(Path.GetDirectoryName(Path.GetFullPath(file)) ?? ".");
        return File.Exists(folder.Description) && new[] { folder.Last, folder.Best }.Contains(Path.GetFullPath(file));
    }

    private static void Show(Session session, ModelReport report, string page)
    {
        foreach (string unreadable in report.Parts.SelectMany(p => p.Unreadable).Take(10))
        {
            session.Say($"left out: {unreadable}");
        }

        session.Show(report, console =>
        {
            string figure = report switch
            {
                { Classes: { } c } => $"accuracy {Tables.Percent(c.Accuracy, c.AccuracyInterval)}, mean F1 {Tables.Percent(c.MeanF1)}, expected "
                    + "calibration error " + Tables.Percent(c.CalibrationError),
                { Labels: { } l } => $"mean average precision {Tables.Percent(l.MeanAveragePrecision)}, all labels right "
                    + Tables.Percent(l.ExactMatch, l.ExactMatchInterval),
                { Number: { } n } => $"R² {Tables.Number(n.R2)}, mean absolute error {Tables.Number(n.MeanAbsoluteError)}",
                _ => "",
            };
            console.WriteLine($"{report.Source} on {report.Data} ({Tables.Images(report.Images)}): {figure}");
            console.WriteLine($"report: {page} ({Tables.Seconds(report.Seconds)})");
        });
    }
}
