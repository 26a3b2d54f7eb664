using System.Diagnostics;
using ModelZoo.Cli.Inputs;
using ModelZoo.Data;
using ModelZoo.Imaging;
using ModelZoo.Inference;
using ModelZoo.Loading;
using ModelZoo.Registry;
using ModelZoo.Statistics;
using ModelZoo.Training;
using ModelZoo.Transfer;
using Spectre.Console;

namespace ModelZoo.Cli;

/// <summary>
/// Transfer against training from scratch: the same network, images, recipe and number of epochs. Times include everything from the images
/// to the last step: fitting them to the input, computing the frozen backbone's features, training; but not the tests after each epoch.
/// </summary>
/// <param name="TargetAccuracy">The accuracy that both reach: the lower of the two best ones.</param>
/// <param name="Transfer">The fine-tuned side.</param>
/// <param name="Scratch">The other.</param>
internal sealed record Comparison(double TargetAccuracy, Comparison.Side Transfer, Comparison.Side Scratch)
{
    /// <summary>One run.</summary>
    internal sealed record Side(double FinalAccuracy, double BestAccuracy, double Seconds, double SecondsToTarget, int EpochsToTarget,
        double AccuracyAfterFirstEpoch)
    {
        /// <summary>Where the final accuracy on all such images lies, with 95 % confidence.</summary>
        public Interval? FinalInterval { get; init; }
    }

    // Of five recipes tried (SGD at 0.01, 0.02 and 0.05, Adam at 0.001 and 0.003) the one that training from scratch does best with.
    internal static Recipe Recipe { get; } = new() { Epochs = 20, BatchSize = 32, Optimizer = "adam", LearningRate = 0.003, Schedule = "cosine" };

    internal static (TrainingResult Training, TimeSpan Preparation) FromScratch(Session session, ResolvedModel like, ImageDataset train, ImageDataset test,
        Recipe recipe)
    {
        var clock = Stopwatch.StartNew();
        ModelOptions options = like.Options with { NumClasses = train.Info.ClassNames.Count };
        using ResolvedModel fresh = ModelArgument.Resolve(session, like.Info.Name, options: options, trained: true);
        Preprocessing preprocessing = TransferLearning.PreprocessingFor(train, like.Preprocessing);
        using ImageTensors trainImages = ImageTensors.From(train, preprocessing, session.Device);
        using ImageTensors testImages = ImageTensors.From(test, preprocessing, session.Device);
        var trainer = new Trainer(fresh.Model, recipe, new TrainerOptions { Seed = (ulong)session.Seed, Device = session.Device });
        TimeSpan preparation = clock.Elapsed;
        return (TrainingView.Show(session, "   from scratch", progress => trainer.Fit(trainImages, testImages, progress, session.Cancel)), preparation);
    }

    internal static Comparison Of((TrainingResult Training, TimeSpan Preparation) transfer, (TrainingResult Training, TimeSpan Preparation) scratch)
    {
        double target = Math.Min(Best(transfer.Training), Best(scratch.Training));
        return new(target, SideOf(transfer.Training, transfer.Preparation, target), SideOf(scratch.Training, scratch.Preparation, target));
    }

    internal void Show(IAnsiConsole console)
    {
        var table = Tables.New("", ">after one epoch", ">final accuracy", ">time", $">time to {Tables.Percent(TargetAccuracy)}");
        foreach ((string name, Side side) in new[] { ("fine-tuned from MNIST", Transfer), ("from scratch", Scratch) })
        {
            table.Row(name, Tables.Percent(side.AccuracyAfterFirstEpoch), Tables.Percent(side.FinalAccuracy), Tables.Seconds(side.Seconds),
                $"{Tables.Seconds(side.SecondsToTarget)} ({side.EpochsToTarget} epoch{(side.EpochsToTarget == 1 ? "" : "s")})");
        }

        console.Write(table);
        if (Transfer.FinalInterval is { } transfer && Scratch.FinalInterval is { } scratch)
        {
            console.WriteLine($"on all such digits, with 95 % confidence: {transfer.Percent()} fine-tuned, {scratch.Percent()} from scratch");
        }
    }

    private static double Best(TrainingResult result) => result.Epochs.Max(e => e.TestAccuracy ?? 0);

    private static Side SideOf(TrainingResult result, TimeSpan preparation, double target)
    {
        double elapsed = preparation.TotalSeconds;
        double total = elapsed + result.Epochs.Sum(e => e.Seconds);
        foreach (EpochResult epoch in result.Epochs)
        {
            elapsed += epoch.Seconds;
            if (epoch.TestAccuracy >= target)
            {
                return new(result.TestAccuracy ?? 0, Best(result), total, elapsed, epoch.Epoch, result.Epochs[0].TestAccuracy ?? 0)
                {
                    FinalInterval = result.TestInterval,
                };
            }
        }

        throw new InvalidOperationException("No epoch reached the best accuracy of all epochs.");
    }
}
