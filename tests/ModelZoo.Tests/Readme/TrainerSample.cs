using ModelZoo.Inference;
using ModelZoo.Models;

namespace ModelZoo.Tests.Readme;

/// <summary>The third code in docs/apps.md.</summary>
internal static class TrainerSample
{
    internal static async Task Run(string photos, string checkpoint, StringWriter console)
    {
        // <trainer>
        var options = new ImageClassifierTrainerOptions { Model = "resnet20:cifar10" }; // comes along; null: a ResNet-18 for photographs, out of a package
        var progress = new Progress<ImageClassifierTrainerProgress>(done => { /* a bar: done.Text, done.Step?.Loss */ });

        ImageClassifierTraining made = await ImageClassifierTrainer.TrainAsync(photos, checkpoint, options, progress);
        console.WriteLine($"{made.Labels.Count} classes, {made.Accuracy:P0} of {made.TestImages} pictures right");

        using ImageClassifier classifier = ImageClassifier.Load(made.Checkpoint);
        // </trainer>
    }
}
