using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Transfer;
using ModelZoo.Trust;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in docs/trust.md.</summary>
internal static class TrustSample
{
    internal static void Run(StringWriter console)
    {
        // <trust>
        ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        ImageDataset heldOut = Digits.Load(DataSplit.Test);
        model = model with { Preprocessing = TransferLearning.PreprocessingFor(heldOut, model.Preprocessing) }; // digits of 8×8 are enlarged
        Calibration calibration = Calibrator.Run(model, heldOut, training: Digits.Load(DataSplit.Train));
        using ImageClassifier classifier = ImageClassifier.FromResolved(model with { Calibration = calibration });

        var random = new Random(1);
        float[] noise = [.. Enumerable.Range(0, 8 * 8).Select(_ => random.NextSingle())];
        Answer answer = classifier.Predict(noise, channels: 1, height: 8, width: 8);
        console.WriteLine(answer.Unknown is { } reason ? $"unknown: {reason}" : answer[0].Label);
        // </trust>
    }
}
