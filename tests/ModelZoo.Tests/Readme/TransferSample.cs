using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Transfer;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in docs/transfer.md.</summary>
internal static class TransferSample
{
    internal static double? Run(string checkpoint, StringWriter console)
    {
        // <transfer>
        using ResolvedModel pretrained = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        ImageDataset train = Digits.Load(DataSplit.Train), test = Digits.Load(DataSplit.Test);

        // The backbone is frozen. The weights know these ten classes by name, so that their head goes on; NewHead draws another.
        using FineTuneResult tuned = FineTuner.Run(pretrained, train, test, new FineTuneOptions { CheckpointPath = checkpoint });
        console.WriteLine($"test accuracy {tuned.Training.TestAccuracy:P1}; features in {tuned.FeatureNote}");

        // </transfer>
        return tuned.Training.TestAccuracy;
    }
}
