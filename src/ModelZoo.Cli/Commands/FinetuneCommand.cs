using System.CommandLine;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Training;
using ModelZoo.Transfer;

namespace ModelZoo.Cli.Commands;

/// <summary><c>zoo finetune</c>: a trained model, a new head, other data.</summary>
internal static class FinetuneCommand
{
    internal static Command Create()
    {
        var model = ModelArgument.Create();
        var weights = new WeightsArgument();
        var data = DataArgument.Create();
        var limit = new Option<int>("--limit") { Description = "Use only the first n images", HelpName = "n" };
        var all = new Option<bool>("--unfreeze") { Description = "Train every layer, not the new head alone" };
        var output = new Option<string?>("--output") { Description = "The checkpoint to write (default: runs/<model>-<data>-finetuned.safetensors)", HelpName = "file" };
        var recipe = new RecipeArgument();
        var command = new Command("finetune", "Replace a trained model's head, freeze its trunk and train the head on other data.\n\nExample: zoo finetune lenet5:mnist --data digits") { model, data, limit, all, output };
        recipe.AddTo(command);
        weights.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            Session session = Session.Open(parsed, cancel);
            using ResolvedModel pretrained = ModelArgument.Resolve(session, parsed.GetRequiredValue(model), weights.Read(parsed));
            bool frozen = !parsed.GetValue(all);
            Recipe chosen = recipe.Read(parsed, () => frozen ? FineTuneOptions.HeadRecipe : FineTuneOptions.WholeRecipe);
            return Task.FromResult(Run(session, pretrained, chosen, frozen, parsed.GetValue(data)!, parsed.GetValue(limit), parsed.GetValue(output)));
        });
        return command;
    }

    private static int Run(Session session, ResolvedModel pretrained, Recipe recipe, bool frozen, string source, int limit, string? output)
    {
        pretrained.Info.RequireClasses("zoo finetune");
        if (!pretrained.Trained)
        {
            throw new UsageException($"'{pretrained.Info.Name}' alone has fresh weights, and there is nothing to transfer from those. Name shipped weights ({pretrained.Info.Name}:…, see `zoo list`), a checkpoint, or --weights.");
        }

        ImageDataset all = DataArgument.Load(source, DataSplit.Train), train = limit > 0 ? all.Take(limit) : all;
        ImageDataset test = DataArgument.Load(source, DataSplit.Test);
        string path = output ?? Path.Combine("runs", $"{pretrained.Info.Name}-{DataSource.Parse(source).Name}-finetuned.safetensors");
        OutputFile.MustBeWritable(path);
        var options = new FineTuneOptions
        {
            Recipe = recipe,
            Seed = (ulong)session.Seed,
            TrunkFrozen = frozen,
            Device = session.Device,
            CheckpointPath = path,
            Extra = Provenance.Of(session, train, recipe),
        };
        using FineTuneResult result = TrainingView.Show(session, $"finetune {pretrained.Info.Name}", progress => FineTuner.Run(pretrained, train, test, options, progress, session.Cancel));
        return TrainingReport.Show(session, pretrained.Info.Name, train, DataSource.Parse(source), result.Training, path);
    }
}
