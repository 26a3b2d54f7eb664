using ModelZoo.Inference;
using ModelZoo.Models;

namespace ModelZoo.Tests.Readme;

/// <summary>The code in README.md.</summary>
internal static class ClassifierSample
{
    internal static async Task Run(string checkpoint, string picture, StringWriter console)
    {
        // <classifier>
        using ImageClassifier classifier = ImageClassifier.Load(checkpoint);
        Prediction[] top = await classifier.PredictAsync(picture, top: 3);
        console.WriteLine($"{top[0].Label}: {top[0].Probability:P1}");

        // </classifier>
    }
}
