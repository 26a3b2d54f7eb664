using ModelZoo.Inference;
using ModelZoo.Models;
using ModelZoo.Tests.Data;
using ModelZoo.Tests.Imaging;
using ModelZoo.Weights;

namespace ModelZoo.AspNetCore.Tests;

/// <summary>Small checkpoints and pictures.</summary>
internal static class Checkpoints
{
    /// <summary>LeNet-5 as trained on MNIST, whose classes are called by a word and the digit: put in its place at once.</summary>
    public static void Write(string path, string word)
    {
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5:mnist", Catalog.ReadResource);
        Save(path, word, model, PredictionTask.Classes);
    }

    /// <summary>A LeNet-5 with fresh weights for another task: ten labels, or a number.</summary>
    public static void Write(string path, string word, PredictionTask task)
    {
        ModelZoo.Registry.ModelOptions options = Catalog.Models.Find("lenet5").Defaults with { NumClasses = task.Kind == TaskKind.Regression ? 1 : 10 };
        using ResolvedModel model = ModelResolver.Resolve(Catalog.Models, "lenet5", Catalog.ReadResource, options: options, seed: 3);
        Save(path, word, model, task);
    }

    private static void Save(string path, string word, ResolvedModel model, PredictionTask task) => Checkpoint.Save(path, model.Model, model.Describe() with
    {
        Labels = [.. Enumerable.Range(0, model.Options.NumClasses).Select(i => $"{word}{i}")],
        Task = task.Kind == TaskKind.Classes ? null : task,
    });

    /// <summary>A picture of its own for each seed, as a PNG file.</summary>
    public static string Picture(string path, ulong seed = 1)
    {
        ModelZoo.Imaging.PixelImage picture = Pictures.Smooth(40, 36, seed);
        File.WriteAllBytes(path, PngFile.Rgb(picture.Width, picture.Height, picture.Rgb));
        return path;
    }
}
