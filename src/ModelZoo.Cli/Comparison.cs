using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Training;
using ModelZoo.Transfer;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>Transfer against training from scratch: the same network, images, recipe and number of epochs.</summary>
/// <param name="TargetAccuracy">The accuracy that both reach: the lower of the two best ones.</param>
/// <param name="Transfer">The fine-tuned side.</param>
/// <param name="Scratch">The other.</param>
internal sealed record Comparison(double TargetAccuracy, Comparison.Side Transfer, Comparison.Side Scratch)
{
    /// <summary>One run.</summary>
    internal sealed record Side(double FinalAccuracy, double BestAccuracy, double Seconds, double SecondsToTarget, int EpochsToTarget, double AccuracyAfterFirstEpoch);

    internal static Recipe Recipe { get; } = new() { Epochs = 20, BatchSize = 32, Optimizer = "sgd", LearningRate = 0.05, Momentum = 0.9, Schedule = "cosine" };

    internal static TrainingResult FromScratch(Session session, ResolvedModel like, ImageDataset train, ImageDataset test, Recipe recipe)
    {
        using ResolvedModel fresh = ModelArgument.Resolve(session, like.Info.Name, options: like.Options with { NumClasses = train.Info.ClassNames.Count });
        Preprocessing preprocessing = TransferLearning.PreprocessingFor(train, like.Preprocessing);
        using ImageTensors trainImages = ImageTensors.From(train, preprocessing, session.Device);
        using ImageTensors testImages = ImageTensors.From(test, preprocessing, session.Device);
        var trainer = new Trainer(fresh.Model, recipe, new TrainerOptions { Seed = (ulong)session.Seed, Device = session.Device });
        return TrainingView.Show(session, "   from scratch", progress => trainer.Fit(trainImages, testImages, progress, session.Cancel));
    }

    internal static Comparison Of(TrainingResult transfer, TrainingResult scratch)
    {
        double target = Math.Min(Best(transfer), Best(scratch));
        return new(target, SideOf(transfer, target), SideOf(scratch, target));
    }

    internal void Show(IAnsiConsole console)
    {
        var table = Tables.New("", ">after one epoch", ">final accuracy", ">time in all", $">time to {Tables.Percent(TargetAccuracy)}");
        foreach ((string name, Side side) in new[] { ("fine-tuned from MNIST", Transfer), ("from scratch", Scratch) })
        {
            table.Row(name, Tables.Percent(side.AccuracyAfterFirstEpoch), Tables.Percent(side.FinalAccuracy), Tables.Seconds(side.Seconds), $"{Tables.Seconds(side.SecondsToTarget)} ({side.EpochsToTarget} epochs)");
        }

        console.Write(table);
    }

    private static double Best(TrainingResult result) => result.Epochs.Max(e => e.TestAccuracy ?? 0);

    private static Side SideOf(TrainingResult result, double target)
    {
        double elapsed = 0;
        foreach (EpochResult epoch in result.Epochs)
        {
            elapsed += epoch.Seconds;
            if (epoch.TestAccuracy >= target)
            {
                return new(result.TestAccuracy ?? 0, Best(result), result.Elapsed.TotalSeconds, elapsed, epoch.Epoch, result.Epochs[0].TestAccuracy ?? 0);
            }
        }

        throw new InvalidOperationException("No epoch reached the best accuracy of all epochs.");
    }
}
