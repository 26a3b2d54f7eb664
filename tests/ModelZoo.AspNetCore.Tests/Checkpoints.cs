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
        Checkpoint.Save(path, model.Model, model.Describe() with { Labels = [.. Enumerable.Range(0, 10).Select(digit => $"{word}{digit}")] });
    }

    /// <summary>A picture of its own for each seed, as a PNG file.</summary>
    public static string Picture(string path, ulong seed = 1)
    {
        ModelZoo.Imaging.PixelImage picture = Pictures.Smooth(40, 36, seed);
        File.WriteAllBytes(path, PngFile.Rgb(picture.Width, picture.Height, picture.Rgb));
        return path;
    }
}
