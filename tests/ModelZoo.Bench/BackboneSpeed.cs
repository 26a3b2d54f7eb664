using System.Diagnostics;
using ModelZoo.Loading;
using ModelZoo.Models;
using ModelZoo.Registry;
using ModelZoo.Training;
using ModelZoo.Transfer;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>Features of a frozen backbone at its full size: the plain forward in evaluation against the folded backbone.</summary>
internal static class BackboneSpeed
{
    /// <summary>Prints images a second, the two in turns.</summary>
    internal static void Run(Setting setting, string name, int rounds)
    {
        using ZooModel model = Catalog.Models.Find(name).Create();
        (int channels, int height, int width) = Catalog.Models.Find(name).Input;
        using ImageTensors images = ImageTensors.FromTensors(rand(32, channels, height, width), zeros(32, dtype: ScalarType.Int64), ["one"]);
        var (plain, folded) = (new List<double>(), new List<double>());
        for (int round = 0; round <= rounds; round++)
        {
            plain.Add(Seconds(() => Evaluator.Evaluate(model, images, 32)));
            folded.Add(Seconds(() => Features.Before(model, model.Head, images, 32).Dispose()));
        }

        double one = 32 / plain.Skip(1).Min(), other = 32 / folded.Skip(1).Min();
        setting.Output.Say($"{name}, 32 images, {setting.Threads} threads, best of {rounds}: plain forward {one:F1} images/s, folded backbone {other:F1}");
        setting.Output.Add(new
        {
            Benchmark = "backbone",
            Model = name,
            setting.Threads,
            Rounds = rounds,
            PlainImagesPerSecond = one,
            FoldedImagesPerSecond = other
        });
    }

    private static double Seconds(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }
}
