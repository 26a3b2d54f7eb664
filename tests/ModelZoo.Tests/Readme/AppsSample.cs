using ModelZoo.Inference;
using ModelZoo.Models;

namespace ModelZoo.Tests.Readme;

/// <summary>The first code in docs/apps.md.</summary>
internal static class AppsSample
{
    internal static async Task Run(string checkpoint, string picture, string folder, StringWriter console)
    {
        // <apps>
        await using ImageClassifier classifier = ImageClassifier.Load(checkpoint);
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(5));

        Answer answer = await classifier.PredictAsync(picture, top: 3, timeout.Token);
        console.WriteLine(answer.Unknown is { } why ? $"unknown: {why}" : $"{answer[0].Label}: {answer[0].Probability:P1}");

        await foreach ((string path, Prediction[] top) in classifier.PredictManyAsync(Directory.EnumerateFiles(folder), top: 1, timeout.Token))
        {
            console.WriteLine($"{Path.GetFileName(path)}: {top[0].Label}");
        }

        // </apps>
    }
}
