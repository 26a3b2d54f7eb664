using ModelZoo.Data;
using ModelZoo.Inference;
using ModelZoo.Models;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in README.md.</summary>
internal static class ClassifierSample
{
    internal static void Run(string checkpoint, StringWriter console)
    {
        // <classifier>
        using ImageClassifier classifier = ImageClassifier.Load(checkpoint);

        ImageDataset digits = Digits.Load(DataSplit.Test);
        var pixels = new float[8 * 8];
        digits.CopyImage(0, pixels);
        foreach (Prediction p in classifier.Predict(pixels, channels: 1, height: 8, width: 8, top: 3))
        {
            console.WriteLine($"{p.Label}: {p.Probability:P1}");
        }

        // </classifier>
    }
}
