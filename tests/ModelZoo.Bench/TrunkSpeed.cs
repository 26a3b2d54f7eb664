using System.Diagnostics;
using System.Globalization;
using ModelZoo.Models;
using ModelZoo.Training;
using ModelZoo.Transfer;
using static TorchSharp.torch;

namespace ModelZoo.Bench;

/// <summary>Features of a frozen trunk at its full size: the plain forward in evaluation against the folded trunk.</summary>
internal static class TrunkSpeed
{
    /// <summary>Prints images a second, the two in turns.</summary>
    internal static void Run(string name, int rounds)
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

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name}, 32 images, {get_num_threads()} threads, best of {rounds}: plain forward {32 / plain.Skip(1).Min():F1} images/s, folded trunk {32 / folded.Skip(1).Min():F1}"));
    }

    private static double Seconds(Action action)
    {
        var clock = Stopwatch.StartNew();
        action();
        return clock.Elapsed.TotalSeconds;
    }
}
