using System.CommandLine;
using System.Globalization;
using System.Text;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Transfer;
using static TorchSharp.torch;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo lr-find</c>: a learning rate for what <c>train</c> or <c>finetune</c> would do.</summary>
internal static class LrFindCommand
{
    internal static Command Create()
    {
        Argument<string> model = ModelArgument.Create();
        var weights = new WeightsArgument();
        var data = new DataArgument();
        var strategy = new StrategyArgument();
        var recipe = new RecipeArgument();
        var architecture = new ArchitectureArgument();
        var range = new RangeTestOptions();
        var from = new Option<double>("--from") { Description = "The first rate", HelpName = "rate", DefaultValueFactory = _ => range.From };
        var to = new Option<double>("--to") { Description = "The last rate", HelpName = "rate", DefaultValueFactory = _ => range.To };
        var steps = new Option<int>("--steps") { Description = "Steps between them", HelpName = "n", DefaultValueFactory = _ => range.Steps };
        var output = new Option<string?>("--output") { Description = "The curve (default: runs/<model>-<data>-rates.svg)", HelpName = "file" };
        var command = new Command("lr-find",
            "Find a learning rate by a range test: a short training whose rate rises with every step. A trained model is fine-tuned in it, any other trained "
            + "by its recipe; nothing is kept of it. `--lr auto` of train and finetune does the same first.\n\nExample: zoo lr-find lenet5 --data "
            + "mnist:data/mnist") { model, from, to, steps, output };
        data.AddTo(command, learns: true);
        recipe.AddTo(command, variants: true);
        architecture.AddTo(command, fromData: true);
        strategy.AddTo(command);
        weights.AddTo(command);
        command.OnRun((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            range = new RangeTestOptions { From = parsed.GetValue(from), To = parsed.GetValue(to), Steps = parsed.GetValue(steps) }.Validate();
            DataChoice choice = data.Read(parsed);
            string spec = parsed.GetRequiredValue(model);
            WeightsChoice chosen = weights.Read(parsed);
            bool fresh = chosen.File is null && Session.Catalog.Models.Any(m => m.Name == spec);
            using ResolvedModel? pretrained = fresh ? null
                : ImportedGraph.WithHead(ModelArgument.Resolve(session, spec, chosen, trained: true), session.Say);
            string name = pretrained?.Info.Name ?? spec;
            string path = parsed.GetValue(output) ?? Path.Combine("runs", $"{name}-{choice.Source.ShortName}-rates.svg");
            OutputFile.MustEndIn(path, ".svg", "a curve");
            OutputFile.MustBeWritable(path);
            LabeledImages train = choice.OpenToTrain(session);
            LearningRateTest test = pretrained is null ? OfTraining() : OfTuning(pretrained);
            AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(test.Draw($"{name} on {train.Name}"))));
            return Show(session, name, train, test, path);

            LearningRateTest OfTraining()
            {
                ModelInfo info = Session.Catalog.Find(spec);
                info.RequireClasses("zoo lr-find");
                Recipe followed = recipe.Read(parsed, variant => Catalog.RecipeOf(info, variant));
                ModelOptions options = architecture.Read(parsed)(info.Defaults with { NumClasses = train.Info.ClassNames.Count });
                manual_seed(session.Seed);
                using ResolvedModel made = ModelArgument.Resolve(session, info.Name, options: options, seed: session.Seed, trained: true);
                Preprocessing preprocessing = TransferLearning.PreprocessingFor(train, made.Preprocessing);
                using IImageBatches images = ImageBatches.Open(train, preprocessing, followed, choice.Loader with { Device = session.Device });
                return TrainingView.Show(session, $"lr-find {name}", progress => LearningRateFinder.Run(made.Model, followed, images, new TrainerOptions
                {
                    Seed = (ulong)session.Seed,
                    MaxMemory = session.MaxMemory,
                }, range, progress, session.Cancel));
            }

            LearningRateTest OfTuning(ResolvedModel given)
            {
                FineTuneOptions options = strategy.Read(parsed, new FineTuneOptions(), train.Count, train.Info.ClassNames.Count, session.Say);
                return TrainingView.Show(session, $"lr-find {name}", progress => FineTuner.FindRate(given, train, options with
                {
                    Recipe = recipe.Read(parsed, () => options.Plan == FreezePlan.HeadOnly ? FineTuneOptions.HeadRecipe : FineTuneOptions.WholeRecipe),
                    Seed = (ulong)session.Seed,
                    Device = session.Device,
                    MaxMemory = session.MaxMemory,
                    Loader = choice.Loader,
                    Remarks = new Remarks(session),
                }, range, progress, session.Cancel));
            }
        });
        return command;
    }

    private static int Show(Session session, string name, LabeledImages train, LearningRateTest test, string path)
    {
        session.Show(new
        {
            model = name,
            data = train.Name,
            suggestion = test.Suggestion,
            rule = LearningRateTest.Rule,
            lowest = test.Lowest,
            steepest = test.Steepest,
            test.Diverged,
            points = test.Points,
            curve = path,
        }, console =>
        {
            var table = Tables.New(">rate", ">smoothed loss");
            foreach (RangeTestPoint p in test.Points.Where((_, i) => i % Math.Max(1, test.Points.Count / 12) == 0))
            {
                table.Row(Tables.Number(p.Rate), p.Smoothed.ToString("G4", CultureInfo.InvariantCulture));
            }

            console.Write(table);
            console.WriteLine($"lowest at {Tables.Number(test.Lowest.Rate)}, falling most steeply at {Tables.Number(test.Steepest.Rate)}"
                + $"{(test.Diverged ? $", grown to several times that at {Tables.Number(test.Points[^1].Rate)}" : "")}");
            console.WriteLine(test.Suggestion is { } rate
                ? $"suggestion: --lr {rate.ToString("G2", CultureInfo.InvariantCulture)} ({LearningRateTest.Rule})"
                : "no suggestion: the loss hardly fell");
            console.WriteLine($"curve: {path}");
        });
        return test.Suggestion is null ? 1 : 0;
    }
}
