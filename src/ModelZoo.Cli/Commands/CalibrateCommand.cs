using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Transfer;
using ModelZoo.Trust;
using ModelZoo.Weights;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo calibrate</c>: a checkpoint that knows what it does not know.</summary>
internal static class CalibrateCommand
{
    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var weights = new WeightsArgument();
        var data = new DataArgument();
        var split = DataArgument.CreateSplit();
        var output = new Option<string>("--output", "-o") { Description = "The checkpoint to write", HelpName = "x.safetensors", Required = true };
        var force = new Option<bool>("--force") { Description = "Replace a file that is there" };
        var errorRate = new Option<double>("--error-rate")
        {
            Description = "The most errors among its answers; what is less certain is unknown",
            HelpName = "x",
            DefaultValueFactory = _ => new CalibrationOptions().ErrorRate,
        };
        var unlikeRate = new Option<double>("--unlike-rate")
        {
            Description = "How many pictures like the held-out ones may count as unlike those of the training; 0: every picture is like them",
            HelpName = "x",
            DefaultValueFactory = _ => new CalibrationOptions().UnlikeRate,
        };
        var command = new Command("calibrate",
            "Find out on held-out pictures what a model's certainty is worth, and write a checkpoint that says \"unknown\" where it does not know.\n\nExample: "
            + "zoo calibrate runs/mine.safetensors --data folder:photos -o runs/mine-sure.safetensors") { model, split, output, errorRate, unlikeRate, force };
        data.AddTo(command);
        weights.AddTo(command);
        command.OnRun((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            string path = parsed.GetRequiredValue(output);
            OutputFile.MustEndIn(path, OutputFile.Checkpoint, "a checkpoint", advice: OutputFile.OtherFormats);
            OutputFile.MustBeNew(path, parsed.GetValue(force));
            using ResolvedModel resolved = ModelArgument.Resolve(session, parsed.GetRequiredValue(model), weights.Read(parsed));
            return Run(session, resolved, data.Read(parsed), parsed.GetValue(split)!, path, new CalibrationOptions
            {
                ErrorRate = parsed.GetValue(errorRate),
                UnlikeRate = parsed.GetValue(unlikeRate),
                Seed = (ulong)session.Seed,
            });
        });
        return command;
    }

    private static int Run(Session session, ResolvedModel model, DataChoice choice, string part, string output, CalibrationOptions options)
    {
        model.RequirePredictions("zoo calibrate");
        if (!model.Trained || model.HeadUntrained)
        {
            throw new UsageException($"{model.Info.Name} is not trained, so there is nothing that its certainty could be worth. Name a checkpoint.");
        }

        LabeledImages heldOut = DataChoice.Matched(session, choice.OpenPart(session, part), model);
        FolderSummaries.Say(session, heldOut);
        foreach (string warning in JudgedAgain.Warnings(model with { Calibration = null }, heldOut))
        {
            session.Say(warning);
        }

        LabeledImages? training = options.UnlikeRate > 0 ? Training(session, choice) : null;
        LoaderOptions loader = choice.Loader with { Device = session.Device };
        Calibration made = Calibrator.Run(model, heldOut, training, options, loader, session.Cancel);
        if (training is not null && made.Features is null)
        {
            session.Say($"{model.Info.Name}: no one layer is its head, so no picture will be called unlike those of its training");
        }

        Checkpoint.Save(output, model.Model, (model with { Calibration = made }).Describe());
        session.Show(new
        {
            model = model.Info.Name,
            data = heldOut.Name,
            images = made.Pictures,
            output,
            made.ErrorRate,
            made.Temperature,
            made.LeastProbability,
            made.SetProbability,
            unlike = made.Features is { } f ? new { f.Limit, f.Rate, f.Pictures, f.Dimensions, f.Neighbors } : null,
            made.Answered,
            made.Wrong,
            made.CalibrationErrorBefore,
            made.CalibrationErrorAfter,
        }, console =>
        {
            console.WriteLine($"{model.Info.Name} on {heldOut.Name}, {Tables.Count(made.Pictures)} held-out pictures: temperature "
                + $"{Tables.Number(made.Temperature)}, expected calibration error "
                + $"{Tables.Percent(made.CalibrationErrorBefore)} before and {Tables.Percent(made.CalibrationErrorAfter)} after");
            console.WriteLine($"answers from {Tables.Percent(made.LeastProbability)} on: {Tables.Percent(made.Answered)} of the pictures that decided this, "
                + $"{Tables.Percent(made.Wrong)} of the answers wrong");
            console.WriteLine($"promise: of what it answers at most {Tables.Percent(made.ErrorRate)} are wrong, with 95 % confidence, on pictures like these");
            if (made.Features is { } features)
            {
                console.WriteLine($"unlike its training: farther than {Tables.Number(features.Limit)} from {features.Neighbors} of "
                    + $"{Tables.Count(features.Pictures)} training pictures, {Tables.Percent(features.Rate)} of pictures like these");
            }

            console.WriteLine($"checkpoint: {output}");
        });
        return 0;
    }

    private static LabeledImages? Training(Session session, DataChoice choice)
    {
        try
        {
            return choice.OpenTraining();
        }
        catch (ZooException none)
        {
            session.Say($"{none.Message} Without training pictures to compare with, none will be called unlike them.");
            return null;
        }
    }
}
