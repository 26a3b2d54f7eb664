using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Training;
using ModelZoo.Transfer;
using Spectre.Console;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo finetune</c>: a trained model, a new head, other data.</summary>
internal static class FinetuneCommand
{
    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var weights = new WeightsArgument();
        var data = DataArgument.Create();
        var limit = DataArgument.Limit();
        var strategy = new StrategyArgument();
        var output = new Option<string?>("--output") { Description = "The checkpoint to write (default: runs/<model>-<data>-finetuned.safetensors)", HelpName = "file" };
        var cache = new Option<string?>("--feature-cache") { Description = "Keep the features of a frozen trunk in this folder, for the next run on the same images", HelpName = "folder" };
        var precision = GlobalOptions.Choice("--feature-precision", "How the features of a frozen trunk are computed; auto takes bfloat16 where it is fast and changes no prediction", "auto", "auto", "float32");
        var recipe = new RecipeArgument();
        var command = new Command("finetune", "Replace a trained model's head, freeze its trunk and train the head on other data; or train more of it.\n\nExample: zoo finetune lenet5:mnist --data digits")
        {
            model, data, limit, output, cache, precision,
        };
        strategy.AddTo(command);
        recipe.AddTo(command);
        weights.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            using ResolvedModel pretrained = ModelArgument.Resolve(session, parsed.GetRequiredValue(model), weights.Read(parsed));
            Check(pretrained);
            string source = parsed.GetValue(data)!;
            ImageDataset train = DataArgument.Load(source, DataSplit.Train, parsed.GetValue(limit));
            ImageDataset test = DataArgument.Load(source, DataSplit.Test);
            string path = parsed.GetValue(output) ?? Path.Combine("runs", $"{pretrained.Info.Name}-{DataSource.Parse(source).Name}-finetuned.safetensors");
            OutputFile.MustBeWritable(path);
            FineTuneOptions options = strategy.Read(parsed, new FineTuneOptions(), train.Count, train.Info.ClassNames.Count, session.Say);
            Recipe chosen = recipe.Read(parsed, () => options.Plan == FreezePlan.HeadOnly ? FineTuneOptions.HeadRecipe : FineTuneOptions.WholeRecipe);
            return Task.FromResult(Run(session, pretrained, train, test, options with
            {
                Recipe = chosen,
                Seed = (ulong)session.Seed,
                Device = session.Device,
                CheckpointPath = path,
                FeatureCache = parsed.GetValue(cache),
                Precision = parsed.GetValue(precision) == "float32" ? FeaturePrecision.Float32 : FeaturePrecision.Auto,
                Remarks = new Remarks(session),
                Extra = Provenance.Of(session, train, chosen),
            }));
        });
        return command;
    }

    private static void Check(ResolvedModel pretrained)
    {
        pretrained.Info.RequireClasses("zoo finetune");
        if (!pretrained.Trained)
        {
            throw new UsageException($"'{pretrained.Info.Name}' alone has fresh weights, and there is nothing to transfer from those. Name shipped weights ({pretrained.Info.Name}:…, see `zoo list`), a checkpoint, or --weights.");
        }
    }

    private static int Run(Session session, ResolvedModel pretrained, ImageDataset train, ImageDataset test, FineTuneOptions options)
    {
        using FineTuneResult result = TrainingView.Show(session, $"finetune {pretrained.Info.Name}", progress => FineTuner.Run(pretrained, train, test, options, progress, session.Cancel));
        if (result.FeatureNote is { } note)
        {
            session.Say($"features: {note}; ready after {Tables.Seconds(result.Preparation.TotalSeconds)}");
        }

        return TrainingReport.Show(session, pretrained.Info.Name, train, result.Training, options.CheckpointPath!);
    }

    // On the thread that works, so that lines keep their order.
    private sealed class Remarks(Session session) : IProgress<string>
    {
        public void Report(string value) => session.Log.WriteLine(value);
    }
}
